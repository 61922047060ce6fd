// The two clocks of a page.

import { lookUp, method } from "./capture.ts";
import { attempt, dateValue, max, OriginalDate, wallNow } from "./intrinsics.ts";

const performanceObject = /* @__PURE__ */ lookUp<Performance>("performance");
const performanceNow = /* @__PURE__ */ method<Performance, "now">("Performance", "now");
let last = 0;

/**
 * The monotonic time in ms, derived from the wall clock if there is no monotonic one. It stands still if the
 * underlying clock, or one that the page put in its place, goes back.
 */
export function monotonic(): number {
  const reading = attempt(() => performanceNow(performanceObject()!));
  last = max(last, isTime(reading) ? reading : wall());
  return last;
}

/** The wall time in ms since the epoch; 0 if the page has broken both ways to read it. */
export function wall(): number {
  let now = attempt(wallNow);
  if (!isTime(now)) now = attempt(() => dateValue(new OriginalDate()));
  return isTime(now) ? now : 0;
}

/**
 * Whether a value is a usable time in ms: at least 0 and less than about 30,000 years. A larger number has too few
 * digits for what is added to it, so that a wait would never end.
 */
export const isTime = (value: unknown): value is number => typeof value === "number" && value >= 0 && value < 1e15;
