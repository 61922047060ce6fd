import type { isPlain } from "./arguments.ts";
import type { Calls, complete } from "./calls.ts";
import type { snapshot, toJson } from "./details.ts";
import type { EarlyCalls } from "./early.ts";
import type { CoreConfig } from "./generated/contract.ts";
import type { CheckedSettings } from "./settings.ts";

/** One tracker, as its host knows it. */
export interface Tracking {
  readonly settings: CheckedSettings;
  readonly config: CoreConfig;
  /** Where batches go; empty where there is no source. */
  readonly url: string;
  /** Names this page among the tabs: several trackers of a page are one tab. */
  readonly tab: string;
  /** Four random numbers of 32 bits. */
  readonly seed: ArrayLike<number>;
  readonly early: EarlyCalls;
  readonly calls: Calls;
  /** What stands in place of an answer, where that is known: see `causeOf`. */
  obstacle?: number | undefined;
  /** What is done with plain data: handed over rather than loaded twice. */
  readonly plain: {
    readonly complete: typeof complete;
    readonly isPlain: typeof isPlain;
    readonly snapshot: typeof snapshot;
    readonly toJson: typeof toJson;
  };
}
