// What all trackers of a test file recorded, and the problems they reported.

import { Calls, type OnError } from "../calls.ts";
import { silenceRepetition } from "../prepare.ts";
import type { Problem, TrackedEvent } from "../types.ts";
import { explain } from "../words.ts";
import type { Missing } from "./identity.ts";
import type { Memory } from "./memory.ts";

/** An event on its way, and which ids were unknown when it was recorded. */
export interface Draft {
  readonly event: TrackedEvent;
  readonly missing: Missing;
}

/** What all trackers of a test file recorded. */
export const made = {
  /** Events that would have been sent. */
  events: [] as TrackedEvent[],
  /** Events that wait for the ids, or for consent. */
  held: new Map<Memory, Draft[]>(),
  problems: [] as Problem[],
  count: 0,
};

/** Also keeps the problems that it reports. */
export class RecordedCalls extends Calls {
  constructor(isOff: boolean, onError?: OnError) {
    super(isOff, undefined, onError);
    this.explain = explain;
    silenceRepetition(this);
    const tell = this.report;
    this.report = (code, message, dropped) => {
      if (code) made.problems.push({ code, message, dropped });
      tell(code, message, dropped);
    };
  }
}
