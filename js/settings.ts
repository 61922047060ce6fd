// Settings: checked, with their defaults.

import { describe, isPlain, toId } from "./arguments.ts";
import { attempt } from "./browser/storage.ts";
import type { Settings } from "./types.ts";

/** What a value has to be, and how to say so. */
type Check = readonly [fits: (value: unknown) => boolean, expected: string];

const FLAG: Check = [(value) => typeof value === "boolean", "true or false"];
// 10^15 ms are 30,000 years; the bound shuts out infinity.
const POSITIVE: Check = [(value) => typeof value === "number" && value > 0 && value < 1e15, "a number above 0"];
const ID: Check = [(value) => toId(value) !== undefined, "a string of 1 to 256 characters"];
const ADDRESS: Check = [(value) => typeof value === "string" && /^https?:\/\//.test(value) && attempt(() => new URL(value)), "an http: or https: URL"];
// Nothing that could break out of a cookie, and no name of a lock begins with a hyphen.
const TOKEN: Check = [(value) => typeof value === "string" && /^[\w.][\w.-]*$/.test(value), "a string of letters, digits, '.', '-' and '_'"];
const HOOK: Check = [(value) => typeof value === "function", "a function"];
const PERSISTENCE: Check = [(value) => value === "storage" || value === "memory", '"storage" or "memory"'];
const CONSENT: Check = [
  (value) => value === "granted" || value === "pending" || value === "denied",
  '"granted", "pending" or "denied"',
];

const CHECKS = {
  trackUnload: FLAG,
  trackPageViews: FLAG,
  disableEventSend: FLAG,
  debug: FLAG,
  respectGpc: FLAG,
  respectDnt: FLAG,
  compress: FLAG,
  sessionTimeout: POSITIVE,
  idleTimeout: POSITIVE,
  sessionSyncInterval: POSITIVE,
  flushInterval: POSITIVE,
  batchSize: POSITIVE,
  maxQueueBytes: POSITIVE,
  accountId: ID,
  userId: ID,
  endpoint: ADDRESS,
  debugUrl: ADDRESS,
  cookieDomain: TOKEN,
  cookiePrefix: TOKEN,
  persistence: PERSISTENCE,
  consent: CONSENT,
  beforeSend: HOOK,
  onError: HOOK,
} satisfies Record<keyof Settings, Check>;

const DEFAULTS = {
  trackUnload: true,
  trackPageViews: true,
  compress: true,
  sessionTimeout: 1_800_000,
  idleTimeout: 60_000,
  sessionSyncInterval: 60_000,
  flushInterval: 5_000,
  batchSize: 50,
  maxQueueBytes: 1_048_576,
  endpoint: "https://events.natero.com",
  cookiePrefix: "na_",
} as const satisfies Settings;

/** Settings that can be relied on. */
export type Checked = Settings & { [Name in keyof typeof DEFAULTS]: NonNullable<Settings[Name]> };

/** Takes what fits; tells `refuse` of the rest, for which the defaults stand. */
export function check(settings: unknown, refuse: (problem: string) => void): Checked {
  const checked: Checked = { ...DEFAULTS };
  if (settings === undefined || settings === null) return checked;
  let given: Record<string, unknown> = {};
  let got = describe(settings);
  try {
    if (isPlain(settings)) given = { ...settings };
  } catch {
    got = "an object that throws";
  }
  if (got !== "an object") refuse(`settings must be a plain object; got ${got}. The defaults are used.`);
  for (const [name, value] of Object.entries(given)) {
    const check: Check | undefined = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof Settings] : undefined;
    if (!check) refuse(`there is no setting called ${name}. It was ignored: see the list of settings.`);
    else if (value === undefined || value === null) continue;
    else if (check[0](value)) Object.assign(checked, { [name]: value });
    else refuse(`${name} must be ${check[1]}; got ${describe(value)}. The default is used.`);
  }
  return checked;
}

/** Whether the browser asks not to be tracked, in a way that is to be respected. */
function refused(settings: Settings): boolean {
  // Not asked for without need: the first use of it takes a while.
  const signals = (): { globalPrivacyControl?: boolean; doNotTrack?: string | null } => globalThis.navigator ?? {};
  return Boolean(
    (settings.respectGpc && signals().globalPrivacyControl) || (settings.respectDnt && signals().doNotTrack === "1"),
  );
}

/** The settings as the engine takes them: `src/settings.rs` says what each means. */
export function encode(settings: Checked): [flags: number, numbers: number[], text: string] {
  const flags = [
    settings.trackUnload,
    settings.trackPageViews,
    settings.disableEventSend,
    settings.debug,
    settings.beforeSend,
    settings.persistence === "memory",
    settings.consent === "pending",
    settings.consent === "denied" || refused(settings),
  ].reduce<number>((flags, on, at) => flags | (on ? 1 << at : 0), 0);
  const numbers = [
    settings.sessionTimeout,
    settings.idleTimeout,
    settings.sessionSyncInterval,
    settings.flushInterval,
    settings.batchSize,
    settings.maxQueueBytes,
  ];
  return [flags, numbers, `${toId(settings.accountId) ?? ""}\0${toId(settings.userId) ?? ""}`];
}
