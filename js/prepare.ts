// What the host provides before the wasm has loaded: checked settings, the messages of refusals, and reports that do
// not repeat themselves.

import type { Calls } from "./calls.ts";
import { monotonic } from "./clock.ts";
import { hasUser, print } from "./environment.ts";
import { MAX_REMEMBERED_MESSAGES, MAX_REPORTED_MESSAGES, MESSAGE_SILENCE_MS } from "./generated/contract.ts";
import { inspect } from "./inspect.ts";
import { apply, find, keys, replaceAll } from "./intrinsics.ts";
import { brokenPart } from "./language.ts";
import { isAddress, later } from "./page/browser.ts";
import { checkSettings, coreConfig, refuseSettings, unreadSettings } from "./settings.ts";
import type { Construction, Tracking } from "./tracking.ts";
import { removeStored } from "./web-storage.ts";
import { explain } from "./words.ts";

// One of the two keys, which end the address of a source, is `.` or `..`.
const DOTS = /\/\.\.?\/[^/]+$/;
const LAST_DOTS = /\/\.\.?$/;

/** Checks the settings of a tracker, once, and reports what was wrong so far. The result is what the host needs. */
export type Prepare = (construction: Construction & Partial<Tracking>) => Tracking;

export const prepare: Prepare = (construction) => {
  if (construction.calls.explain !== explain) {
    const { calls, early, givenSettings, passedSettings, url } = construction;
    calls.explain = explain;
    calls.showInspector = (open) => inspect(calls, open);
    // With a broken language, the entry has refused arguments for the wrong reason, if for any.
    const broken = calls.isOff && brokenPart();
    if (broken) {
      calls.report("failed", `The tracker is off: ${broken}.`, 0);
      return construction as Tracking;
    }
    // Needs a language that works.
    silenceRepetition(calls);
    const refuse = refuseSettings(calls);
    const unread = url && unreadSettings(passedSettings, givenSettings);
    const isAddressed = !url || isAddress(url);
    const dots = find(LAST_DOTS, url) ? "apiKey" : find(DOTS, url) ? "authKey" : undefined;
    if (!isAddressed) calls.refuse("new na", { about: "endpoint", got: givenSettings.endpoint });
    // Browsers resolve such path segments, so the events would go to another address.
    else if (dots) calls.refuse("new na", { about: dots, got: "." });
    const isWrong = !isAddressed || dots;
    if (unread) refuse(`settings inherit or hide${unread}, and only fields of their own are read. The tracker is off.`);
    if (isWrong || unread) {
      // Nothing of this tracker remains.
      calls.stop();
      if (early.key) removeStored(early.key);
    }
    calls.reportRefusals(explain);
    const settings = checkSettings(givenSettings, unread ? () => {} : refuse);
    if (settings.debug && !hasUser()) print("log", "there is no page here, nor a worker: the tracker is off.");
    construction.config = coreConfig(settings);
    construction.settings = settings;
  }
  return construction as Tracking;
};

// All trackers count their messages together.
let countedFrom = -MESSAGE_SILENCE_MS;
let reportCount = 0;

/** A message: when it was reported, and what has not been reported since. */
interface ReportedMessage {
  at: number;
  /** How many lost events. */
  dropped: number;
  /** A timer will report them. */
  isDue: boolean;
}

const COUNT = /\d+/;

/**
 * From now on reports the same message at most once a second. Losses that were not reported for that follow when the
 * second is over.
 */
export function silenceRepetition(calls: Calls): void {
  const original = calls.report;
  let reported: Record<string, ReportedMessage> = { __proto__: null } as never;
  calls.report = (code, message, dropped) => {
    if (keys(reported).length > MAX_REMEMBERED_MESSAGES) reported = { __proto__: null } as never;
    // A message that differs only in a number counts as the same.
    const name = replaceAll(message, COUNT, () => "");
    reported[name] ??= { at: -MESSAGE_SILENCE_MS, dropped: 0, isDue: false };
    const same = reported[name]!;
    same.dropped += dropped;
    const report = (): void => {
      const now = monotonic();
      if (now - countedFrom >= MESSAGE_SILENCE_MS) {
        countedFrom = now;
        reportCount = 0;
      }
      const isFull = reportCount >= MAX_REPORTED_MESSAGES;
      if (now - same.at < MESSAGE_SILENCE_MS || isFull) {
        const end = (isFull ? countedFrom : same.at) + MESSAGE_SILENCE_MS;
        // The page may cause no further message that could report these losses.
        if (same.dropped && !same.isDue) same.isDue = !!later(reportRest, end - now);
        return;
      }
      reportCount += 1;
      const lost = same.dropped;
      same.at = now;
      same.dropped = 0;
      // A replaced console may cause the same message again.
      apply(original, calls, [code, message, lost]);
    };
    const reportRest = (): void => {
      same.isDue = false;
      if (same.dropped) report();
    };
    report();
  };
}
