// The way from the buffer into the engine, once that is there. What the browser
// tells waits behind the calls that wait, so that the engine sees everything in
// order.

import { type Arguments, type Calls, MAX_WAITING_CALLS, type Method } from "./calls.ts";
import { monotonic, wall } from "./clock.ts";
import { writeDetails } from "./details.ts";
import { atTaskEnd } from "./environment.ts";
import { PLAIN_ID, type Stats } from "./generated/contract.ts";
import type { Core, Ids, Reason } from "./generated/core.d.ts";
import { endpointOf, type Given } from "./given.ts";
import type { Host } from "./host.ts";
import { attempt, find, keys, min, replaceAll } from "./intrinsics.ts";
import { isVisible, later } from "./page/browser.ts";
import { checkSettings, refuseSettings } from "./settings.ts";
import type { Tracking } from "./tracking.ts";
import { unstore } from "./web-storage.ts";

/** Tells the engine what happened just now. */
export type Tell = <Name extends Method>(method: Name, ...more: Arguments<Name>) => void;

/** Tells the engine where the page was led, and when. */
export type TellArrival = (mono: number, wall: number, url: string, title: string) => void;

// How long calls are made at a stretch while somebody looks at the page, in ms:
// the page's own task before that, and storing and sending after it, fit into the
// 50 ms that people begin to notice.
const SLICE_MS = 10;

// How often calls are made at once, before they wait for a task of their own, where
// the page's code runs for each event.
const TURNS_OF_PAGE_CODE = 32;

// Calls that are made between two looks at the clock.
const CALLS_PER_LOOK = 16;

// What each stored call begins with. Within texts the quotes are escaped.
const CALL = /"method":/;

/** Makes a host that tells of what the browser does by the functions that it is handed. */
export type MakeHost = (tell: Tell, tellArrival: TellArrival) => Host;

/** Calls wait that are not made. */
const hasMore = ({ made, pendingCalls }: Calls): boolean => made < pendingCalls.length;

/** Takes calls into the engine of one tracker. */
export class Crossing {
  /** What it tracks, for the host and for who looks into it. */
  readonly tracking: Tracking;
  readonly #calls: Calls;
  readonly #host: Host;
  readonly #begin: readonly [mono: number, wall: number];
  #stopSlice: (() => void) | undefined;
  #isWarned = false;
  #turns = 0;
  #isPutOff = false;
  /** How many calls of earlier pages were dropped. */
  #lost = 0;
  /** The early calls are made. */
  #isForgotten = false;

  /** At the given times. */
  constructor(tracking: Tracking, makeHost: MakeHost, mono: number, now: number) {
    this.tracking = tracking;
    this.#calls = tracking.calls;
    this.#begin = [mono, now];
    this.#host = makeHost(
      (method, ...more) => this.#tell(method, more, monotonic(), wall()),
      (mono, now, url, title) => this.#tell("navigated", [url, title], mono, now),
    );
  }

  /** Begins to track, and makes what waited; tells whether it goes on. */
  begin(): boolean {
    const calls = this.#calls;
    // What of the early calls is to be stored yet is stored now, and no more: later ones may not
    // have their time yet.
    const { early } = this.tracking;
    early.write(calls.pendingCalls);
    early.isDone = true;
    calls.crossing = this;
    calls.isStranded = false;
    const { config } = this.tracking;
    // Where the page's code runs for each event, what that calls has to be looked at.
    if (!config.filter && !config.debug && !calls.isClosed) {
      // The common call on its shortest way, all of it in one function: compiling more of them is what a page would feel.
      calls.quick = (feature) => {
        if (typeof feature !== "string" || !find(PLAIN_ID, feature)) return false;
        const { pendingCalls } = calls;
        const count = pendingCalls.length;
        pendingCalls[count] = { method: "sendFeatureEvent", mono: monotonic(), wall: undefined, more: [feature] };
        if (count % MAX_WAITING_CALLS === 0) this.#wake();
        return true;
      };
    }
    this.#tellLost();
    this.#guard(() => this.#host.begin(this.#begin[0], this.#begin[1]));
    this.#makeSlice();
    this.compare();
    return !calls.isOff;
  }

  /** Counts the calls that earlier pages had left and that had to go for those of this one. */
  #tellLost(): void {
    replaceAll(this.tracking.early.removed, CALL, () => {
      this.#lost += 1;
      return "";
    });
    const lost = this.#lost;
    if (!lost) return;
    this.#calls.report(
      "overflow",
      `${lost} calls of earlier pages were dropped: more wait than maxStoredBytes allows.`,
      lost,
    );
  }

  /** Warns, once, where another construction for this source has other settings than those that stand. */
  compare(): void {
    const { calls, settings } = this.tracking;
    // The ids were set by now, and refused where they are wrong.
    const others = { ...calls.others, __proto__: null, accountId: undefined, userId: undefined } as Given;
    calls.others = undefined;
    const checked = checkSettings(others, refuseSettings(calls));
    let differing = "";
    const names = keys(others);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] as keyof typeof settings;
      const meantBy = (of: Given): unknown => (name === "endpoint" ? endpointOf(of[name]) : of[name]);
      // What is wrong was told. Functions are the same if they read the same: components make them anew.
      if (
        others[name] != null &&
        others[name] === checked[name] &&
        attempt(() => `${meantBy(others)}` !== `${meantBy(settings)}`)
      )
        differing += ` ${name}`;
    }
    if (!differing || this.#isWarned) return;
    this.#isWarned = true;
    calls.report("", `the tracker of this source has other settings already, which stand:${differing}.`, 0);
  }

  /** Leaves no listener, timer or lock behind. */
  end(): void {
    this.#stopSlice?.();
    this.#host.detach();
  }

  /** The page has added a call. */
  take(method: Method): void {
    if (method !== "sendFeatureEvent" && !this.#host.isPerforming && !this.#putsOff()) this.#makeSlice();
    else if (this.#calls.pendingCalls.length % MAX_WAITING_CALLS === 1) this.#wake();
  }

  /** Makes calls that wait when the task ends, or at once if they are many: for whoever adds the first of so many. */
  #wake(): void {
    if (this.#calls.pendingCalls.length !== 1) this.#make(Infinity);
    else if (!this.#putsOff()) atTaskEnd(() => this.#makeSlice());
  }

  /** Where the page's code runs for each event, it may make the next one, which would never let the page go on: now and then calls wait for a task of their own. Tells whether they do. */
  #putsOff(): boolean {
    if (this.#calls.quick) return false;
    this.#turns += 1;
    if (this.#turns % TURNS_OF_PAGE_CODE) return false;
    this.#isPutOff = true;
    this.#stopSlice ??= later(() => this.#makeSlice(), 0);
    return true;
  }

  /** The counters. */
  stats(): Stats | undefined {
    const counted = this.ask((core) => core.stats());
    if (!counted) return undefined;
    const dropped = { ...counted.dropped, overflow: counted.dropped.overflow + this.#lost };
    const reasons = keys(dropped) as Reason[];
    let total = 0;
    for (let at = 0; at < reasons.length; at += 1) total += dropped[reasons[at]!];
    return { ...counted, dropped: { total, invalid: this.#calls.refused, ...dropped } };
  }

  /** The ids that are known. */
  ids(): Ids | undefined {
    return this.ask((core) => core.ids());
  }

  /** Asks the engine, which knows of all calls then. */
  ask<Answer>(question: (core: Core) => Answer): Answer | undefined {
    this.#make(Infinity);
    return this.#guard(() => question(this.#host.core));
  }

  /** What the browser, the server or `beforeSend` tells. */
  #tell<Name extends Method>(method: Name, more: Arguments<Name>, mono: number, now: number): void {
    const calls = this.#calls;
    const host = this.#host;
    if (calls.isOff) return;
    if (host.isPerforming || (this.#isPutOff && method === "taskEnded")) {
      // An answer to what is performed: it is taken in at once, and what follows is performed in turn.
      this.#guard(() => {
        host.handle(method, mono, now, more);
        host.perform();
      });
      return;
    }
    // Once the page is hidden, it may be gone at any time; and what closed pages
    // left is removed when it is adopted.
    if (method === "hidden" || method === "adopted") this.#make(Infinity);
    calls.appendCall(method, mono, now, more);
    this.#makeSlice();
  }

  /** Makes what waits as far as the page does not feel it, and the rest later. Nobody feels it on a page that is not in sight. */
  #makeSlice(): void {
    this.#stopSlice?.();
    this.#stopSlice = undefined;
    this.#isPutOff = false;
    this.#make(isVisible() ? SLICE_MS : Infinity);
    if (!hasMore(this.#calls) || this.#host.isPerforming) return;
    this.#stopSlice = later(() => this.#makeSlice(), 0);
    // Without timers there is no later.
    if (!this.#stopSlice) this.#make(Infinity);
  }

  /** Makes what waits, for so many ms at most. */
  #make(ms: number): void {
    const calls = this.#calls;
    const host = this.#host;
    if (host.isPerforming || !hasMore(calls)) return;
    this.#guard(() => {
      const end = monotonic() + ms;
      const latest = wall();
      const ahead = latest - monotonic();
      for (let looked = 1; hasMore(calls); looked += 1) {
        const call = calls.pendingCalls[calls.made]!;
        // What follows from features can wait for the last of them.
        if (looked > 1 && call.method !== "sendFeatureEvent") host.perform();
        writeDetails(call);
        // Browsers blur both clocks, each by itself: what was is not later than now.
        host.handle(call.method, call.mono, call.wall ?? min(call.mono + ahead, latest), call.more);
        calls.made += 1;
        if (looked % CALLS_PER_LOOK === 0 && monotonic() > end) break;
      }
      const isAllMade = !hasMore(calls);
      if (isAllMade) calls.forgetCalls();
      host.perform();
      if (isAllMade) this.#forgetEarlyCalls();
    });
  }

  /** The early calls are made, and what they made is stored when the task ends: then they go. */
  #forgetEarlyCalls(): void {
    const { early } = this.tracking;
    if (this.#isForgotten) return;
    this.#isForgotten = true;
    // Behind what stores their events.
    atTaskEnd(() => {
      early.count = 0;
      if (early.key) unstore(early.key);
      early.close();
    });
  }

  /** Does something with the engine. After a trap its state cannot be trusted. */
  #guard<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      const calls = this.#calls;
      calls.count = calls.pendingCalls.length - calls.made;
      calls.turnOff("failed", "The tracker failed and is off", error);
      return undefined;
    }
  }
}
