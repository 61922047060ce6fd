// Checks settings against the table generated from Rust, which contains the defaults.

import { toId } from "./arguments.ts";
import type { Calls } from "./calls.ts";
import {
  type CoreConfig,
  EXPECTED_ADDRESS,
  EXPECTED_FLAG,
  EXPECTED_FUNCTION,
  EXPECTED_ID,
  EXPECTED_POSITIVE,
  EXPECTED_TOKEN,
  type Kind,
  SETTINGS,
} from "./generated/contract.ts";
import { type GivenSettings, refusesTracking, tokenOf } from "./given-settings.ts";
import { attempt, find, keys, stringify } from "./intrinsics.ts";
import { isAddress } from "./page/browser.ts";
import type { Settings } from "./types.ts";
import { describeMismatch, wrong } from "./words.ts";

type Table = typeof SETTINGS;

/** Checked settings. They have no prototype, so that additions to `Object.prototype` do not count as settings. */
export type CheckedSettings = Settings & {
  [Name in keyof Table as Table[Name] extends readonly [unknown, unknown] ? Name : never]: NonNullable<Settings[Name]>;
};

/** Counts and reports a refused setting. */
export const refuseSettings =
  (calls: Calls) =>
  (problem: string): void => {
    calls.refused += 1;
    calls.report("invalid_argument", `new na: ${problem}`, 0);
  };

/**
 * Takes the valid settings. Calls `refuse` for the others, which get their defaults. The endpoint is checked
 * elsewhere.
 */
export function checkSettings(
  givenSettings: GivenSettings & Record<string, unknown>,
  refuse: (problem: string) => void,
): CheckedSettings {
  const checked = { __proto__: null } as unknown as CheckedSettings & Record<string, unknown>;
  const names = keys(SETTINGS);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] as keyof Settings;
    // A list inherits what the page may have added to all lists.
    checked[name] = (SETTINGS[name].length > 1 ? SETTINGS[name][1] : undefined) as never;
  }
  const givenNames = keys(givenSettings);
  for (let at = 0; at < givenNames.length; at += 1) {
    const name = givenNames[at]!;
    const value = givenSettings[name];
    if (!(name in checked)) {
      refuse(`there is no setting called ${name}. It was ignored.`);
    } else if (value !== undefined && value !== null) {
      const expected = mismatch(SETTINGS[name as keyof Settings][0], value);
      if (expected) refuse(`${wrong(name, expected, describeMismatch(expected, value))} The default is used.`);
      else checked[name] = value;
    }
  }
  return checked;
}

/**
 * The names of settings that an object inherits, for example from its class, or hides. These were not read.
 * Properties that all objects have do not count.
 */
export function unreadSettings(settings: unknown, givenSettings: GivenSettings): string {
  let unread = "";
  const names = keys(SETTINGS);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!;
    // Throws for values that are not objects; these have no settings.
    if (attempt(() => name in (settings as object)) && !(name in givenSettings) && !(name in {})) unread += ` ${name}`;
  }
  return unread;
}

const HTTP = /^https?:\/\/.*/is;

/** For each kind: whether a value is valid, and how to describe a valid value. */
const KINDS: Record<
  Exclude<Extract<Kind, string>, "endpoint">,
  readonly [fits: (value: unknown) => boolean, expected: string]
> = {
  id: [(value) => toId(value) !== undefined, EXPECTED_ID],
  flag: [(value) => typeof value === "boolean", EXPECTED_FLAG],
  // 10^15 ms are 30,000 years; the limit excludes infinity.
  positive: [(value) => typeof value === "number" && value > 0 && value < 1e15, EXPECTED_POSITIVE],
  hook: [(value) => typeof value === "function", EXPECTED_FUNCTION],
  address: [(value) => typeof value === "string" && isAddress(find(HTTP, value)), EXPECTED_ADDRESS],
  token: [(value) => !!tokenOf(value), EXPECTED_TOKEN],
};

/** Describes a valid value, if this one is not valid. */
function mismatch(kind: Kind, value: unknown): string | undefined {
  if (kind === "endpoint") return undefined;
  if (typeof kind === "string") return KINDS[kind][0](value) ? undefined : KINDS[kind][1];
  let words = "";
  for (let at = 0; at < kind.length; at += 1) {
    if (kind[at] === value) return undefined;
    words += (at ? " or " : "") + stringify(kind[at]);
  }
  return words;
}

/** The settings that the engine needs. */
export function coreConfig(settings: CheckedSettings): CoreConfig {
  // The engine ignores settings that it does not know.
  return {
    __proto__: null,
    ...settings,
    accountId: toId(settings.accountId),
    userId: toId(settings.userId),
    trackPageViews: !!settings.trackPageViews,
    filter: !!settings.beforeSend,
    consent: refusesTracking(settings) ? "denied" : settings.consent,
  } as CoreConfig;
}
