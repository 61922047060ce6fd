// Settings: checked against the table that the engine's side has written, with
// its defaults.

import { describe, ID, PLAIN, plainCopy, THROWING, toId, wrong } from "./arguments.ts";
import { browser, isAddress, pageOrigin } from "./environment.ts";
import { type CoreConfig, type Kind, SETTINGS } from "./generated/contract.ts";
import { attempt, create, find, hasOwn, keys, stringify } from "./intrinsics.ts";
import type { Settings } from "./types.ts";

type Table = typeof SETTINGS;

/** Settings that can be relied on. They have no prototype: what the page puts on that is no setting. */
export type CheckedSettings = Settings & {
  [Name in keyof Table as Table[Name] extends readonly [unknown, unknown] ? Name : never]: NonNullable<Settings[Name]>;
};

/** Takes what fits; tells `refuse` of the rest, for which the defaults stand. */
export function checkSettings(settings: unknown, refuse: (problem: string) => void): CheckedSettings {
  const checked = create(null) as CheckedSettings & Record<string, unknown>;
  const names = keys(SETTINGS);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] as keyof Settings;
    checked[name] = SETTINGS[name][1] as never;
  }
  const given = plainCopy(settings ?? {});
  if (typeof given === "string") {
    // What throws may name an endpoint, and nothing may go to another one.
    const isUnread = given === THROWING;
    if (isUnread) checked.endpoint = "";
    refuse(`${wrong("settings", PLAIN, given)} ${isUnread ? OFF : "The defaults are used"}.`);
    return checked;
  }
  const givenNames = keys(given);
  for (let at = 0; at < givenNames.length; at += 1) {
    const name = givenNames[at]!;
    const value = given[name];
    if (!hasOwn(SETTINGS, name)) {
      refuse(`there is no setting called ${name}. It was ignored.`);
    } else if ((value !== undefined && value !== null) || name === "endpoint") {
      const kind = SETTINGS[name as keyof Settings][0];
      const expected = mismatch(kind, value);
      if (!expected) {
        checked[name] = value;
        continue;
      }
      // Keys and usage must not go to somebody else.
      if (kind === "endpoint") checked.endpoint = "";
      refuse(`${wrong(name, expected, describe(value))} ${kind === "endpoint" ? OFF : "The default is used"}.`);
    }
  }
  return checked;
}

const OFF = "The tracker is off";

// Nothing that could break out of a cookie, and no name of a lock begins with a hyphen.
const TOKEN = /^[\w.][\w.-]*$/;
const HTTP = /^https?:\/\//i;
// What a path can be appended to. A user name in it, browsers refuse.
const ENDPOINT = /^https?:\/\/[^\s/?#\\@]+(?:\/[^\s?#\\]*)?$/i;
// Two slashes begin the name of a host.
const PATH = /^\/(?:[^\s/?#\\][^\s?#\\]*)?$/;

/** Whether a value is of a kind, and how to say what that is. */
const KINDS: Record<Extract<Kind, string>, readonly [fits: (value: unknown) => boolean, expected: string]> = {
  id: [(value) => toId(value) !== undefined, ID],
  flag: [(value) => typeof value === "boolean", "true or false"],
  // 10^15 ms are 30,000 years; the bound shuts out infinity.
  positive: [(value) => typeof value === "number" && value > 0 && value < 1e15, "a number above 0"],
  hook: [(value) => typeof value === "function", "a function"],
  endpoint: [
    (value) =>
      typeof value === "string" && isAddress(find(PATH, value) ? find(ENDPOINT, pageOrigin()) : find(ENDPOINT, value)),
    "an http: or https: URL, or a path of this origin",
  ],
  address: [(value) => typeof value === "string" && !!find(HTTP, value) && isAddress(value), "an http: or https: URL"],
  token: [
    (value) => typeof value === "string" && !!find(TOKEN, value),
    "a string of letters, digits, '.', '-' and '_'",
  ],
};

/** What a value has to be, if it is something else. */
function mismatch(kind: Kind, value: unknown): string | undefined {
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
  const denied =
    (settings.respectGpc && attempt(() => browser()!.globalPrivacyControl)) ||
    (settings.respectDnt && attempt(() => browser()!.doNotTrack) === "1");
  // The engine reads what it knows and ignores the rest.
  return {
    __proto__: null,
    ...settings,
    accountId: toId(settings.accountId),
    userId: toId(settings.userId),
    trackPageViews: !!settings.trackPageViews,
    filter: !!settings.beforeSend,
    consent: denied ? "denied" : settings.consent,
  } as CoreConfig;
}
