import type { Calls } from "./calls.ts";
import type { EarlyCalls } from "./early.ts";
import type { CoreConfig } from "./generated/contract.ts";
import type { GivenSettings } from "./given-settings.ts";
import type { CheckedSettings } from "./settings.ts";

/** One tracker, as the entry makes it. */
export interface Construction {
  /** The settings as they were passed. */
  readonly passedSettings: unknown;
  /** A copy of them. */
  readonly givenSettings: GivenSettings;
  /** The address for batches; empty if there is no valid source. */
  readonly url: string;
  /** The id of this page among the tabs. Several trackers of a page are one tab. */
  readonly tab: string;
  /** Four random numbers of 32 bits. */
  readonly seed: ArrayLike<number>;
  readonly early: EarlyCalls;
  readonly calls: Calls;
  /** A code in place of an answer's status, if the cause of a failure is known: see `causeOf`. */
  obstacle?: number | undefined;
}

/** The same, once the host has loaded. */
export interface Tracking extends Construction {
  settings: CheckedSettings;
  config: CoreConfig;
}
