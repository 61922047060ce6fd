// What a test asks.

import type { Problem, TrackedEvent } from "../types.ts";
import { made } from "./made.ts";
import { type ExpectedEvent, expectation, failed, listed, matches } from "./match.ts";

/** The events so far that would have been sent, in order. */
export function events(): TrackedEvent[] {
  settle();
  return [...made.events];
}

/** Events that wait: the account or the user is not known, or consent is pending. */
export function heldEvents(): TrackedEvent[] {
  settle();
  return [...made.held.values()].flatMap((drafts) => drafts.map(({ event }) => event));
}

/** Who looks is not within a sign-in, whose second call the trackers would wait for. */
function settle(): void {
  for (const memory of [...made.held.keys()]) memory.settle();
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
 * @returns The first of them; nothing where `times` is 0.
 */
export function expectEvent(expected: ExpectedEvent, options?: { times?: number }): TrackedEvent {
  const found = events().filter((event) => matches(expected, event));
  const times = options?.times;
  // Of none there is no first: whoever expects none reads none.
  if (times === undefined ? found.length : found.length === times) return found[0]!;
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
  const found = events().filter((event) => matches(expected, event));
  if (!found.length) return;
  throw failed(`expectNoEvent: expected no event with ${expectation(expected)}. ${listed(found)}`, expectNoEvent);
}
