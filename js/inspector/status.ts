// The status line: what the tracker does now, or what it waits for.

import type { InspectedTracker } from "./inspected.ts";

/** The kind of status. */
export type Tone = "good" | "busy" | "waiting" | "bad" | "off";

/** The status line. */
export interface Status {
  readonly tone: Tone;
  readonly text: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A time span for people to read. */
export function span(ms: number): string {
  if (ms < 10 * SECOND) return `${(Math.max(ms, 0) / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
}

/** A number of events. */
export const events = (count: number): string => `${count} event${count === 1 ? "" : "s"}`;

/** The status line at a monotonic time. */
export function statusOf(inspected: InspectedTracker, mono: number): Status {
  const { calls } = inspected;
  if (calls.isOff) return { tone: "off", text: "The tracker is off. The problems say why." };
  const { inspection, stats } = inspected;
  if (!inspection || !stats) {
    return calls.isSuspended
      ? {
          tone: "bad",
          text: `The tracker could not be loaded so far, and is tried again. Calls that wait: ${calls.count}.`,
        }
      : { tone: "busy", text: `The tracker is being loaded. Calls that wait: ${calls.count}.` };
  }
  if (inspected.isSilenced)
    return { tone: "off", text: "disableEventSend is on: everything runs, and nothing is sent." };
  const { consent, waitsFor, waitsUntil, failures } = inspection;
  const pending = events(stats.pending);
  const left = span((waitsUntil ?? mono) - mono);
  switch (waitsFor) {
    case "nothing":
      return stats.delivered
        ? { tone: "good", text: `Nothing waits. The collector has confirmed ${events(stats.delivered)}.` }
        : { tone: "good", text: "Nothing waits. No event was sent so far." };
    case "consent":
      return consent === "pending"
        ? { tone: "waiting", text: `Consent is pending: ${pending} in memory until optIn() or optOut() is called.` }
        : { tone: "off", text: "Consent is denied: events are dropped until optIn() is called." };
    case "ids":
      return { tone: "waiting", text: `${pending} without an identity: ${missing(inspected)}.` };
    case "answer":
      return { tone: "busy", text: `A request is under way with ${pending}, and is given up in ${left}.` };
    case "retryAfter":
      return { tone: "bad", text: `The collector asked to wait (Retry-After): the next request is made in ${left}.` };
    case "backoff":
      return {
        tone: "bad",
        text: `The collector has taken nothing ${failures === 1 ? "at the last try" : `at ${failures} tries`}: ${inspected.cause ?? "why is being looked into"}. The next try comes in ${left}.`,
      };
    case "batch":
      return { tone: "busy", text: `${pending}: the next batch goes in ${left}.` };
    case "nextPage":
      return { tone: "off", text: `The tracker was shut down: the next page sends what is left (${pending}).` };
    default:
      // Fails to compile if a reason for waiting is not handled.
      return waitsFor satisfies never;
  }
}

function missing({ ids }: InspectedTracker): string {
  if (!ids?.accountId && !ids?.userId) return "setAccountId and setUserId have not been called";
  return ids.accountId ? "setUserId has not been called" : "setAccountId has not been called";
}
