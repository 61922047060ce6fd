import type { Calls } from "./calls.ts";
import type { EarlyCalls } from "./early.ts";
import type { CoreConfig } from "./generated/contract.ts";
import type { Given } from "./given.ts";
import type { CheckedSettings } from "./settings.ts";

/** One tracker, as the entry makes it. */
export interface Construction {
  /** What was passed as settings. */
  readonly passed: unknown;
  /** A copy of that. */
  readonly given: Given;
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
}

/** The same once its host is there. */
export interface Tracking extends Construction {
  settings: CheckedSettings;
  config: CoreConfig;
}
