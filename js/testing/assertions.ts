// What a test can ask.

import type { Problem, TrackedEvent } from "../types.ts";
import { type ExpectedEvent, expectation, failed, listed, matches } from "./match.ts";
import { recorded } from "./recorded.ts";

/** The events so far that would have been sent, in order. */
export function events(): TrackedEvent[] {
  settle();
  return [...recorded.events];
}

/** Events that wait because the account or the user is unknown, or consent is pending. */
export function heldEvents(): TrackedEvent[] {
  settle();
  return [...recorded.waiting.values()].flatMap((drafts) => drafts.map(({ event }) => event));
}

/** A test that looks at events does not expect the second call of a sign-in any more. */
function settle(): void {
  for (const engine of [...recorded.waiting.keys()]) engine.settle();
}

/** What `onError` was called with, or would have been: refused calls and lost events. */
export function problems(): Problem[] {
  return [...recorded.problems];
}

/**
 * Finds an event with these fields. If there is none, fails and lists the existing events.
 *
 * @param expected What the event must have: `{ action: "feature", feature: "export" }`.
 * @param options `times`: exactly how many events must match. Default: one or more.
 * @returns The first matching event; `undefined` if `times` is 0.
 */
export function expectEvent(expected: ExpectedEvent, options?: { times?: number }): TrackedEvent {
  const found = events().filter((event) => matches(expected, event));
  const times = options?.times;
  // With `times: 0` there is no first one, and the caller does not read it.
  if (times === undefined ? found.length : found.length === times) return found[0]!;
  const wanted = times === undefined ? "an event" : `${times} events`;
  const held = heldEvents();
  const why = held.length
    ? `\nHeld, since accountId and userId are not both set or consent is pending: ${held.length}. ${listed(held)}`
    : "";
  throw failed(
    `expectEvent: expected ${wanted} with ${expectation(expected)}, and ${found.length} had that. ${listed(recorded.events)}${why}`,
    expectEvent,
  );
}

/** Fails if there is an event with these fields. */
export function expectNoEvent(expected: ExpectedEvent): void {
  const found = events().filter((event) => matches(expected, event));
  if (!found.length) return;
  throw failed(`expectNoEvent: expected no event with ${expectation(expected)}. ${listed(found)}`, expectNoEvent);
}
