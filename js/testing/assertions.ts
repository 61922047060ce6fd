// What a test asks.

import type { Problem, TrackedEvent } from "../types.ts";
import { type ExpectedEvent, expectation, failed, listed, matches } from "./match.ts";
import { made } from "./memory.ts";

/** The events so far that would have been sent, in order. */
export function events(): TrackedEvent[] {
  return [...made.events];
}

/** Events that wait: the account or the user is not known, or consent is pending. */
export function heldEvents(): TrackedEvent[] {
  return [...made.held.values()].flat();
}

/** What `onError` was, or would have been, told: refused calls and lost events. */
export function problems(): Problem[] {
  return [...made.problems];
}

/**
 * Finds an event with these fields, or fails and lists the events that there are.
 *
 * @param expected What the event is to have: `{ action: "feature", feature: "export" }`.
 * @param options `times`: how many events are to have it, exactly. Default: one or more.
 * @returns The first of them.
 */
export function expectEvent(expected: ExpectedEvent, options?: { times?: number }): TrackedEvent {
  const found = made.events.filter((event) => matches(expected, event));
  const times = options?.times;
  const [first] = found;
  if (first && (times === undefined || found.length === times)) return first;
  const wanted = times === undefined ? "an event" : `${times} events`;
  const held = heldEvents();
  const why = held.length
    ? `\nHeld, since accountId and userId are not both set or consent is pending: ${held.length}. ${listed(held)}`
    : "";
  throw failed(
    `expectEvent: expected ${wanted} with ${expectation(expected)}, and ${found.length} had that. ${listed(made.events)}${why}`,
    expectEvent,
  );
}

/** Fails if there is an event with these fields. */
export function expectNoEvent(expected: ExpectedEvent): void {
  const found = made.events.filter((event) => matches(expected, event));
  if (!found.length) return;
  throw failed(`expectNoEvent: expected no event with ${expectation(expected)}. ${listed(found)}`, expectNoEvent);
}
