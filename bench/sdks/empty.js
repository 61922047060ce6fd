// The baseline: what a page costs that tracks nothing.
import { details } from "../details.js";

let written = 0;

export function start() {}

export function feature() {}

export function featureWithDetails() {}

/** The least that a tracker does with details before it returns: it copies them. */
export function stringifyDetails() {
  written += JSON.stringify(details()).length;
}
