// Settings: checked against the table that the engine's side has written, with
// its defaults.

import { toId } from "./arguments.ts";
import type { Calls } from "./calls.ts";
import { type CoreConfig, type Kind, SETTINGS } from "./generated/contract.ts";
import { type Given, isToken, refusesTracking } from "./given.ts";
import { attempt, find, keys, stringify } from "./intrinsics.ts";
import { isAddress } from "./page/browser.ts";
import type { Settings } from "./types.ts";
import { describeMismatch, ID, wrong } from "./words.ts";

type Table = typeof SETTINGS;

/** Settings that can be relied on. They have no prototype: what the page puts on that is no setting. */
export type CheckedSettings = Settings & {
  [Name in keyof Table as Table[Name] extends readonly [unknown, unknown] ? Name : never]: NonNullable<Settings[Name]>;
};

/** Counts a setting that is refused, and tells of it. */
export const refuseSettings =
  (calls: Calls) =>
  (problem: string): void => {
    calls.refused += 1;
    calls.report("invalid_argument", `new na: ${problem}`, 0);
  };

/** Takes what fits of the copy of settings; tells `refuse` of the rest, for which the defaults stand. The endpoint was looked at before. */
export function checkSettings(
  given: Given & Record<string, unknown>,
  refuse: (problem: string) => void,
): CheckedSettings {
  const checked = { __proto__: null } as unknown as CheckedSettings & Record<string, unknown>;
  const names = keys(SETTINGS);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] as keyof Settings;
    checked[name] = SETTINGS[name][1] as never;
  }
  const givenNames = keys(given);
  for (let at = 0; at < givenNames.length; at += 1) {
    const name = givenNames[at]!;
    const value = given[name];
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

/** The names of settings that an object inherits, as from its class, or hides: they were not read. What the page gives to all objects is none. */
export function unreadSettings(settings: unknown, given: Given): string {
  let unread = "";
  const names = keys(SETTINGS);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!;
    // What is no object has none.
    if (attempt(() => name in (settings as object)) && !(name in given) && !(name in {})) unread += ` ${name}`;
  }
  return unread;
}

const HTTP = /^https?:\/\/.*/is;

/** Whether a value is of a kind, and how to say what that is. */
const KINDS: Record<
  Exclude<Extract<Kind, string>, "endpoint">,
  readonly [fits: (value: unknown) => boolean, expected: string]
> = {
  id: [(value) => toId(value) !== undefined, ID],
  flag: [(value) => typeof value === "boolean", "true or false"],
  // 10^15 ms are 30,000 years; the bound shuts out infinity.
  positive: [(value) => typeof value === "number" && value > 0 && value < 1e15, "a number above 0"],
  hook: [(value) => typeof value === "function", "a function"],
  address: [(value) => typeof value === "string" && isAddress(find(HTTP, value)), "an http: or https: URL"],
  token: [isToken, "a string of letters, digits, '.', '-' and '_'"],
};

/** What a value has to be, if it is something else. */
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

/** The settings by which the engine decides. */
export function coreConfig(settings: CheckedSettings): CoreConfig {
  // The engine reads what it knows and ignores the rest.
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
