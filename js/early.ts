// Calls that wait for the wasm, in localStorage: a page may be left before its
// wasm was there, or never get it. The next page that has one makes them.

import type { Call } from "./calls.ts";
import { lookUp } from "./capture.ts";
import { wall } from "./clock.ts";
import { snapshot, writeDetails } from "./details.ts";
import { atTaskEnd, deferred, isPrerendering, lock, page, startTimer } from "./environment.ts";
import {
  DEFAULT_CONSENT,
  DEFAULT_COOKIE_PREFIX,
  DEFAULT_MAX_STORED_BYTES,
  DEFAULT_PERSISTENCE,
} from "./generated/contract.ts";
import { type Given, isToken, refusesTracking } from "./given.ts";
import { attempt, find, isFiniteNumber, keys, startsWith, toNumber } from "./intrinsics.ts";
import { byteLength, storageObject, store, unstore } from "./web-storage.ts";

/** What one page left. The seed makes the events: whoever makes the calls makes the same. */
export interface Left {
  readonly accountId?: string | undefined;
  readonly userId?: string | undefined;
  readonly seed: ArrayLike<number>;
  readonly calls: readonly Call[];
}

/** What stored calls begin with, and stored events. The digits are versions: other versions are left alone. */
const CALLS = "c3.";
const EVENTS = "q1.";

// Where wasm cannot run, no page makes the calls of those before it: what so many
// pages left is enough to tell, and nobody waits longer than 30 days for it.
const MAX_PAGES = 50;
const MAX_AGE_MS = 30 * 86_400_000;

// Storing takes about 1 ms for each thousand of calls that wait. In a task it is not
// felt for so few; more are stored so seldom that it takes about a tenth of the time.
const FEW_CALLS = 500;
const CALLS_PER_MS = 50;

// The names of calls end with their time.
const AFTER_DOT = /[^.]*$/;

const addListener = /* @__PURE__ */ lookUp<typeof addEventListener>("addEventListener");
const removeListener = /* @__PURE__ */ lookUp<typeof removeEventListener>("removeEventListener");

/** What pages have stored of a source. */
interface Stored {
  bytes: number;
  /** Those of them that are no calls: of events. */
  staying: number;
  /** How many other pages left calls. */
  pages: number;
  /** The oldest of these calls: their name, and when they were made. */
  oldest?: string;
  oldestAt: number;
}

/** The stored calls of one page. */
export class EarlyCalls {
  /** How many calls are stored. */
  count = 0;
  /** The name under which they are, if any are. */
  key = "";
  /** What of the calls of other pages went for those of this one. */
  removed = "";
  /** Nothing more is stored. */
  isDone = false;
  /** What the names of all stored calls of this source begin with. */
  declare readonly callPrefix: string;
  /** What the names of all stored events of this source begin with. */
  declare readonly eventPrefix: string;
  /** Whether anything may be kept: not where sending is disabled, in memory mode, or without consent. */
  declare isAllowed: boolean;
  /** The bound of what is kept of this source, in bytes. */
  declare maxBytes: number;
  readonly #begin: Omit<Left, "calls">;
  #release: (() => void) | undefined;
  #isDue = false;

  /** `begin` is what the calls begin with; `source` names the source among others in a few letters. */
  constructor(given: Given, begin: Omit<Left, "calls">, source: string) {
    const { consent, cookiePrefix, disableEventSend, maxStoredBytes, persistence } = given;
    this.isAllowed =
      (consent ?? DEFAULT_CONSENT) === "granted" &&
      (persistence ?? DEFAULT_PERSISTENCE) === "storage" &&
      !disableEventSend &&
      !refusesTracking(given);
    this.maxBytes = isFiniteNumber(maxStoredBytes) ? (maxStoredBytes as number) : DEFAULT_MAX_STORED_BYTES;
    this.#begin = begin;
    const prefix = isToken(cookiePrefix) ? cookiePrefix : DEFAULT_COOKIE_PREFIX;
    this.callPrefix = `${prefix}${CALLS}${source}.`;
    this.eventPrefix = `${prefix}${EVENTS}${source}.`;
  }

  /** Stores all calls so far when the current task ends: what a page does meanwhile does not wait for that. Where they are many, which takes a while, they are stored now and then. */
  store(calls: readonly Call[]): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const write = () => {
      this.#isDue = false;
      this.write(calls);
    };
    if (calls.length < FEW_CALLS || !startTimer(write, calls.length / CALLS_PER_MS)) atTaskEnd(write);
  }

  /** Stores all calls so far, or as many as there is room for; tells how many are stored. */
  write(calls: readonly Call[]): number {
    attempt(() => {
      // A page may clear the storage, as when its user signs out, and be left then.
      if (!storageObject()![this.key]) this.count = 0;
      // A page that is only prepared may never be seen, and holds no lock.
      if (this.isDone || !page() || !this.isAllowed || isPrerendering()) return;
      for (let end = calls.length; end > this.count; end = (this.count + end) >> 1) {
        const some: Call[] = [];
        for (let at = 0; at < end; at += 1) {
          writeDetails(calls[at]!);
          some[at] = calls[at]!;
        }
        if (!this.key) {
          const { seed } = this.#begin;
          this.key = `${this.callPrefix}${seed[0]}-${seed[1]}.${wall()}`;
          // Others see by the lock that this page lives.
          const { promise, settle } = deferred();
          const again = () => this.write(calls);
          this.#release = () => {
            settle();
            removeListener()!("pagehide", again);
          };
          lock(this.key, () => promise);
          addListener()!("pagehide", again);
        }
        const json = snapshot({ ...this.#begin, calls: some } satisfies Left, Infinity) as string;
        if (this.#makeRoom(byteLength(json)) && store(this.key, json)) this.count = end;
      }
    });
    return this.count;
  }

  /** What all pages have stored of this source, but for this page's calls. Throws where storage is blocked. */
  used(): Stored {
    const used: Stored = { bytes: 0, staying: 0, pages: 0, oldestAt: Infinity };
    this.eachName((name, isCalls) => {
      if (name === this.key) return;
      const bytes = byteLength(storageObject()![name]);
      const oldestAt = toNumber(find(AFTER_DOT, name));
      used.bytes += bytes;
      if (!isCalls) used.staying += bytes;
      else {
        used.pages += 1;
        if (oldestAt < used.oldestAt) {
          used.oldest = name;
          used.oldestAt = oldestAt;
        }
      }
    });
    return used;
  }

  /** Goes through the names of everything that is stored of this source. Throws where storage is blocked. */
  eachName(visit: (name: string, isCalls: boolean) => void): void {
    const names = keys(storageObject()!);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at]!;
      const isCalls = startsWith(name, this.callPrefix);
      if (isCalls || startsWith(name, this.eventPrefix)) visit(name, isCalls);
    }
  }

  /** The visitor refused: nothing stays stored, and nothing is until the wasm is there. */
  erase(): void {
    this.isAllowed = false;
    attempt(() => this.eachName(unstore));
  }

  /** Removes calls that pages left too long ago, and the oldest for as long as there is no room, where that makes enough of it; tells whether there is. */
  #makeRoom(bytes: number): boolean {
    for (let last = ""; ; unstore(last)) {
      const { bytes: others, staying, oldest, pages, oldestAt } = this.used();
      if (others + bytes <= this.maxBytes && pages < MAX_PAGES && !(oldestAt < wall() - MAX_AGE_MS)) return true;
      if (!oldest || oldest === last || staying + bytes > this.maxBytes) return false;
      last = oldest;
      this.removed += storageObject()![last];
    }
  }

  /** Leaves the calls to whoever has the wasm. */
  close(): void {
    this.isDone = true;
    attempt(this.#release!);
  }
}
