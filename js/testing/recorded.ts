// What all trackers of a test file recorded, and the problems they reported.

import { Calls, type OnError } from "../calls.ts";
import { silenceRepetition } from "../prepare.ts";
import type { Problem, TrackedEvent } from "../types.ts";
import { explain } from "../words.ts";
import type { Missing } from "./identity.ts";
import type { MemoryEngine } from "./memory-engine.ts";

/** An event on its way, and which ids were unknown when it was recorded. */
export interface Draft {
  readonly event: TrackedEvent;
  readonly missing: Missing;
}

/** What all trackers of a test file recorded. */
export const recorded = {
  /** Events that would have been sent. */
  events: [] as TrackedEvent[],
  /** Events that wait for the ids, or for consent. */
  waiting: new Map<MemoryEngine, Draft[]>(),
  problems: [] as Problem[],
  count: 0,
};

/** Also keeps the problems that it reports. */
export class RecordedCalls extends Calls {
  constructor(isOff: boolean, onError?: OnError) {
    super(isOff, undefined, onError);
    this.explain = explain;
    silenceRepetition(this);
    const original = this.report;
    this.report = (code, message, dropped) => {
      if (code) recorded.problems.push({ code, message, dropped });
      original(code, message, dropped);
    };
  }
}
