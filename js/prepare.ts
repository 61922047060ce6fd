// What the host provides before the wasm has loaded: checked settings, the messages of refusals, and reports that do
// not repeat themselves.

import type { Calls } from "./calls.ts";
import { monotonic } from "./clock.ts";
import { hasUser, print } from "./environment.ts";
import { inspect } from "./inspect.ts";
import { apply, find, keys, replaceAll } from "./intrinsics.ts";
import { isAddress } from "./page/browser.ts";
import { checkSettings, coreConfig, refuseSettings, unreadSettings } from "./settings.ts";
import type { Construction, Tracking } from "./tracking.ts";
import { unstore } from "./web-storage.ts";
import { explain } from "./words.ts";

// One of the two keys, which end the address of a source, is `.` or `..`.
const DOTS = /\/\.\.?\/[^/]+$/;
const LAST_DOTS = /\/\.\.?$/;

/** Checks the settings of a tracker, once, and reports what was wrong so far. The result is what the host needs. */
export type Prepare = (construction: Construction & Partial<Tracking>) => Tracking;

export const prepare: Prepare = (construction) => {
  if (construction.calls.explain !== explain) {
    const { calls, early, given, passed, url } = construction;
    silenceRepetition(calls);
    calls.explain = explain;
    calls.showInspector = (open) => inspect(calls, open);
    const refuse = refuseSettings(calls);
    const unread = url && unreadSettings(passed, given);
    const isAddressed = !url || isAddress(url);
    const dots = find(LAST_DOTS, url) ? "apiKey" : find(DOTS, url) ? "authKey" : undefined;
    if (!isAddressed) calls.refuse("new na", { about: "endpoint", got: given.endpoint });
    // Browsers resolve such path segments, so the events would go to another address.
    else if (dots) calls.refuse("new na", { about: dots, got: "." });
    const isWrong = !isAddressed || dots;
    if (unread) refuse(`settings inherit or hide${unread}, and only fields of their own are read. The tracker is off.`);
    if (isWrong || unread) {
      // Nothing of this tracker remains.
      calls.stop();
      if (early.key) unstore(early.key);
    }
    calls.tellRefusals(explain);
    const settings = checkSettings(given, unread ? () => {} : refuse);
    if (settings.debug && !hasUser()) print("log", "there is no page here, nor a worker: the tracker is off.");
    construction.config = coreConfig(settings);
    construction.settings = settings;
  }
  return construction as Tracking;
};

// How long the same message is not repeated, in ms, and for how many messages that is remembered. The page's reaction
// to a message may cause the next one.
const SILENCE_MS = 1000;
const MAX_NOTED = 100;

// How many messages are reported in that time by all trackers together. The page's reaction may be to make another
// tracker, which reports the same.
const MAX_TOLD = 250;
let toldFrom = -SILENCE_MS;
let told = 0;

/** A message: when it was reported, and how many lost events have not been reported since. */
interface Said {
  at: number;
  dropped: number;
}

const COUNT = /\d+/;

/** From now on reports the same message at most once a second. */
export function silenceRepetition(calls: Calls): void {
  const tell = calls.report;
  let noted: Record<string, Said> = { __proto__: null } as never;
  calls.report = (code, message, dropped) => {
    if (keys(noted).length > MAX_NOTED) noted = { __proto__: null } as never;
    // A message that differs only in a number counts as the same.
    const name = replaceAll(message, COUNT, () => "");
    noted[name] ??= { at: -SILENCE_MS, dropped: 0 };
    const said = noted[name]!;
    said.dropped += dropped;
    const now = monotonic();
    if (now - toldFrom >= SILENCE_MS) {
      toldFrom = now;
      told = 0;
    }
    if (now - said.at < SILENCE_MS || told >= MAX_TOLD) return;
    told += 1;
    const lost = said.dropped;
    said.at = now;
    said.dropped = 0;
    // A replaced console may cause the same message again.
    apply(tell, calls, [code, message, lost]);
  };
}
