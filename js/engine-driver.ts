// The way from the buffer into the engine, once it has loaded. Reports of the browser wait behind waiting calls, so
// that the engine sees everything in order.

import { type Arguments, type Calls, MAX_WAITING_CALLS, type Method } from "./calls.ts";
import { monotonic, wall } from "./clock.ts";
import { writeDetails } from "./details.ts";
import { atTaskEnd, page } from "./environment.ts";
import { PLAIN_ID, type Stats } from "./generated/contract.ts";
import type { Core, Ids, Reason } from "./generated/core.d.ts";
import { endpointOf, type GivenSettings } from "./given-settings.ts";
import type { Host } from "./host.ts";
import { attempt, find, keys, min, replaceAll } from "./intrinsics.ts";
import { isVisible, later } from "./page/browser.ts";
import { checkSettings, refuseSettings } from "./settings.ts";
import type { Tracking } from "./tracking.ts";
import { removeStored } from "./web-storage.ts";

/** Reports to the engine what happened just now. */
export type SendInput = <Name extends Method>(method: Name, ...more: Arguments<Name>) => void;

/** Reports to the engine where the page navigated, and when. */
export type SendNavigation = (mono: number, wall: number, url: string, title: string) => void;

// How long calls are executed at a stretch while the page is visible, in ms. Together with the page's own task before
// that, and storing and sending after it, this stays below the 50 ms that people begin to notice.
const SLICE_MS = 10;

// How many calls are executed at once before further ones wait for a task of their own, on pages whose code runs for
// each event.
const MAX_PAGE_CODE_TURNS = 32;

// A page that took at least this long to load, in ms, first learns from the other tabs what they have counted
// meanwhile. Its calls wait that long for the answers. Anything shorter is within the tolerance of the sums.
const LATE_MS = 1000;
const ANSWER_MS = 100;

// Calls executed between two readings of the clock.
const CALLS_PER_CLOCK_CHECK = 16;

// The beginning of each stored call. Within texts its quotes are escaped.
const CALL = /"method":/;

/** Makes a host that reports what the browser does with the given functions. */
export type MakeHost = (sendInput: SendInput, sendNavigation: SendNavigation) => Host;

/** Whether calls are waiting. */
const hasMore = ({ processed, pendingCalls }: Calls): boolean => processed < pendingCalls.length;

/** Feeds calls into the engine of one tracker. */
export class EngineDriver {
  /** The tracker, for the host and for the inspector. */
  readonly tracking: Tracking;
  readonly #calls: Calls;
  readonly #host: Host;
  readonly #begin: readonly [mono: number, wall: number];
  #stopSlice: (() => void) | undefined;
  #isWarned = false;
  #pageCodeTurns = 0;
  #isDeferred = false;
  /** Set while calls wait for the answers of other tabs. */
  #stopAwaiting: (() => void) | undefined;
  /** How many calls of earlier pages were dropped. */
  #lost = 0;
  /** The early calls have been executed and are being removed from storage. */
  #areEarlyCallsRemoved = false;

  /** Takes the times at which tracking begins. */
  constructor(tracking: Tracking, makeHost: MakeHost, mono: number, now: number) {
    this.tracking = tracking;
    this.#calls = tracking.calls;
    this.#begin = [mono, now];
    this.#host = makeHost(
      (method, ...more) => this.#takeInput(method, more, monotonic(), wall()),
      (mono, now, url, title) => this.#takeInput("navigated", [url, title], mono, now),
    );
  }

  /** Begins to track, and executes waiting calls. Returns whether the tracker is still on. */
  begin(): boolean {
    const calls = this.#calls;
    // Early calls that are not stored yet are stored now. Later ones are not: they may lack their wall time.
    const { early } = this.tracking;
    early.write(calls.pendingCalls);
    early.isDone = true;
    calls.driver = this;
    calls.isSuspended = false;
    const { config } = this.tracking;
    // Where the page's code runs for each event, the calls it makes have to be checked.
    if (!config.filter && !config.debug && !calls.isClosed) {
      // The shortest path for the most common call. It is one function, because compiling several is what a page
      // would feel.
      calls.quickSend = (feature) => {
        if (typeof feature !== "string" || !find(PLAIN_ID, feature)) return false;
        const { pendingCalls } = calls;
        const count = pendingCalls.length;
        pendingCalls[count] = { method: "sendFeatureEvent", mono: monotonic(), wall: undefined, more: [feature] };
        if (count % MAX_WAITING_CALLS === 0) this.#schedule();
        return true;
      };
    }
    this.#reportLost();
    const { 0: mono, 1: now } = this.#begin;
    this.#guard(() => this.#host.begin(mono, now));
    if (page() && monotonic() - mono > LATE_MS)
      this.#stopAwaiting = later(() => {
        this.#endAwaiting();
        this.#executeSlice();
      }, ANSWER_MS);
    this.#executeSlice();
    this.compare();
    return !calls.isOff;
  }

  /** Counts the calls of earlier pages that were dropped to make room for this page's calls. */
  #reportLost(): void {
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

  /** Warns, once, if other constructions for this source have settings that differ from the current ones. */
  compare(): void {
    const { calls } = this.tracking;
    const { others } = calls;
    calls.others = [];
    for (let at = 0; at < others.length; at += 1) this.#compareTo(others[at]!);
  }

  #compareTo(other: GivenSettings): void {
    const { calls, settings } = this.tracking;
    // The ids are set already, or were refused if wrong.
    const later = { ...other, __proto__: null, accountId: undefined, userId: undefined } as GivenSettings;
    const checked = checkSettings(later, refuseSettings(calls));
    let differing = "";
    const names = keys(later);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] as keyof typeof settings;
      const comparable = (settings: GivenSettings): unknown =>
        name === "endpoint" ? endpointOf(settings[name]) : settings[name];
      // Wrong settings were reported. Functions with the same source text count as equal, because components create
      // them anew.
      if (
        later[name] != null &&
        later[name] === checked[name] &&
        attempt(() => `${comparable(later)}` !== `${comparable(settings)}`)
      )
        differing += ` ${name}`;
    }
    if (!differing || this.#isWarned) return;
    this.#isWarned = true;
    calls.report("", `the tracker of this source has other settings already, which stand:${differing}.`, 0);
  }

  /** Removes all listeners, timers and locks. */
  end(): void {
    this.#stopSlice?.();
    this.#endAwaiting();
    this.#host.detach();
  }

  #endAwaiting(): void {
    this.#stopAwaiting?.();
    this.#stopAwaiting = undefined;
  }

  /** The page has added a call. */
  take(method: Method): void {
    if (method !== "sendFeatureEvent" && !this.#host.isPerforming && !this.#deferIfBusy()) this.#executeSlice();
    else if (this.#calls.pendingCalls.length % MAX_WAITING_CALLS === 1) this.#schedule();
  }

  /**
   * Schedules waiting calls for the end of the task, or executes them at once if there are many. Called for the first
   * waiting call, and then once per `MAX_WAITING_CALLS`.
   */
  #schedule(): void {
    if (this.#calls.pendingCalls.length !== 1) this.#execute(Infinity);
    else if (!this.#deferIfBusy()) atTaskEnd(() => this.#executeSlice());
  }

  /**
   * Where the page's code runs for each event, it may record the next event, so that the page would never go on. Now
   * and then calls therefore wait for a task of their own. Returns whether they do.
   */
  #deferIfBusy(): boolean {
    if (this.#calls.quickSend) return false;
    this.#pageCodeTurns += 1;
    if (this.#pageCodeTurns % MAX_PAGE_CODE_TURNS) return false;
    this.#isDeferred = true;
    this.#stopSlice ??= later(() => this.#executeSlice(), 0);
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

  /** Asks the engine, after executing all waiting calls. */
  ask<Answer>(question: (core: Core) => Answer): Answer | undefined {
    this.#execute(Infinity);
    return this.#guard(() => question(this.#host.core));
  }

  /** Takes in a report of the browser, the server or `beforeSend`. */
  #takeInput<Name extends Method>(method: Name, more: Arguments<Name>, mono: number, now: number): void {
    const calls = this.#calls;
    const host = this.#host;
    if (calls.isOff) return;
    const isAwaiting = !!this.#stopAwaiting;
    // What the page's beginning recorded is stored before the waiting calls are executed, which keep their times.
    if (isAwaiting && method === "taskEnded") [mono, now] = this.#begin;
    if (
      host.isPerforming ||
      ((this.#isDeferred || isAwaiting) && method === "taskEnded") ||
      (isAwaiting && (more[0] as number) < 0)
    ) {
      // This answers an effect that is being performed, or comes before the calls that wait. The engine takes it in at
      // once, and performs what follows in turn.
      this.#guard(() => {
        host.handle(method, mono, now, more);
        host.perform();
      });
      return;
    }
    // A hidden page may be gone at any time. And adopting segments removes what closed pages left.
    if (method === "hidden") this.#endAwaiting();
    if (method === "hidden" || method === "adopted") this.#execute(Infinity);
    calls.appendCall(method, mono, now, more);
    this.#executeSlice();
  }

  /**
   * Executes waiting calls for as long as the page does not feel it, and the rest later. On a hidden page nobody
   * feels it.
   */
  #executeSlice(): void {
    this.#stopSlice?.();
    this.#stopSlice = undefined;
    this.#isDeferred = false;
    if (this.#stopAwaiting) return;
    this.#execute(isVisible() ? SLICE_MS : Infinity);
    if (!hasMore(this.#calls) || this.#host.isPerforming) return;
    this.#stopSlice = later(() => this.#executeSlice(), 0);
    // Without timers there is no later.
    if (!this.#stopSlice) this.#execute(Infinity);
  }

  /** Executes waiting calls for at most so many ms. */
  #execute(ms: number): void {
    const calls = this.#calls;
    const host = this.#host;
    if (host.isPerforming || !hasMore(calls)) return;
    this.#guard(() => {
      const end = monotonic() + ms;
      const latest = wall();
      const ahead = latest - monotonic();
      for (let count = 1; hasMore(calls); count += 1) {
        const call = calls.pendingCalls[calls.processed]!;
        // The effects of consecutive feature events can be performed together.
        if (count > 1 && call.method !== "sendFeatureEvent") host.perform();
        writeDetails(call);
        // Browsers blur both clocks independently. A past time must not become later than now.
        host.handle(call.method, call.mono, call.wall ?? min(call.mono + ahead, latest), call.more);
        calls.processed += 1;
        if (count % CALLS_PER_CLOCK_CHECK === 0 && monotonic() > end) break;
      }
      const isAllExecuted = !hasMore(calls);
      if (isAllExecuted) calls.forgetCalls();
      host.perform();
      if (isAllExecuted) this.#removeEarlyCalls();
    });
  }

  /** The early calls have been executed. They are removed once their events are stored, when the task ends. */
  #removeEarlyCalls(): void {
    const { early } = this.tracking;
    if (this.#areEarlyCallsRemoved) return;
    this.#areEarlyCallsRemoved = true;
    // Runs after the task that stores their events.
    atTaskEnd(() => {
      early.count = 0;
      if (early.key) removeStored(early.key);
      early.close();
    });
  }

  /** Does something with the engine. After a trap its state cannot be trusted, so the tracker turns off. */
  #guard<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      const calls = this.#calls;
      calls.count = calls.pendingCalls.length - calls.processed;
      calls.turnOff("failed", "The tracker failed and is off", error);
      return undefined;
    }
  }
}
