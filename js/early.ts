// Calls that wait for the wasm, in localStorage: a page may be left before its
// wasm was there, or never get it. The next page that has one makes them.

import type { Call, StickyIds } from "./calls.ts";
import { lookUp } from "./capture.ts";
import { wall } from "./clock.ts";
import { toJson, writeDetails } from "./details.ts";
import { atTaskEnd, deferred, isPrerendering, lock, page } from "./environment.ts";
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
  readonly accountId: string | undefined;
  readonly userId: string | undefined;
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

// The names of calls end with their time.
const AFTER_DOT = /[^.]*$/;

const addListener = /* @__PURE__ */ lookUp<typeof addEventListener>("addEventListener");
const removeListener = /* @__PURE__ */ lookUp<typeof removeEventListener>("removeEventListener");

/** What pages have stored of a source. */
interface Stored {
  bytes: number;
  /** How many other pages left calls. */
  pages: number;
  /** The oldest of these calls: their name, and when they were made. */
  oldest: string;
  oldestAt: number;
}

/** The stored calls of one page. */
export class EarlyCalls {
  /** How many calls are stored. */
  count = 0;
  /** The name under which they are, if any are. */
  key = "";
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
  readonly #known: StickyIds;
  readonly #seed: ArrayLike<number>;
  #release: (() => void) | undefined;
  #isDue = false;

  /** `known` are the ids of the settings; `source` names the source among others in a few letters. */
  constructor(given: Given, known: StickyIds, seed: ArrayLike<number>, source: string) {
    const { consent, cookiePrefix, disableEventSend, maxStoredBytes, persistence } = given;
    this.isAllowed =
      (consent ?? DEFAULT_CONSENT) === "granted" &&
      (persistence ?? DEFAULT_PERSISTENCE) === "storage" &&
      !disableEventSend &&
      !refusesTracking(given);
    this.maxBytes = isFiniteNumber(maxStoredBytes) ? (maxStoredBytes as number) : DEFAULT_MAX_STORED_BYTES;
    this.#known = known;
    this.#seed = seed;
    const prefix = isToken(cookiePrefix) ? cookiePrefix : DEFAULT_COOKIE_PREFIX;
    this.callPrefix = `${prefix}${CALLS}${source}.`;
    this.eventPrefix = `${prefix}${EVENTS}${source}.`;
  }

  /** Stores all calls so far when the current task ends: what a page does meanwhile does not wait for that. */
  store(calls: readonly Call[]): void {
    if (this.#isDue) return;
    this.#isDue = true;
    atTaskEnd(() => {
      this.#isDue = false;
      this.write(calls);
    });
  }

  /** Stores all calls so far, if there is room; tells how many are stored. */
  write(calls: readonly Call[]): number {
    attempt(() => {
      // A page may clear the storage, as when its user signs out, and be left then.
      const isCurrent = calls.length === (storageObject()![this.key] ? this.count : 0);
      // A page that is only prepared may never be seen, and holds no lock.
      if (this.isDone || isCurrent || !page() || !this.isAllowed || isPrerendering()) return;
      for (let at = this.count; at < calls.length; at += 1) writeDetails(calls[at]!);
      const { accountId, userId } = this.#known;
      const json = toJson({ accountId, userId, seed: this.#seed, calls } satisfies Left);
      if (!this.key) {
        this.key = `${this.callPrefix}${this.#seed[0]}-${this.#seed[1]}.${wall()}`;
        // Others see by the lock that this page lives.
        const { promise, settle } = deferred();
        const again = () => this.write(calls);
        this.#release = () => {
          settle();
          removeListener()!("pagehide", again);
        };
        lock(this.key, false, () => promise);
        attempt(() => addListener()!("pagehide", again));
      }
      if (this.#makeRoom(byteLength(json)) && store(this.key, json)) this.count = calls.length;
    });
    return this.count;
  }

  /** What all pages have stored of this source, but for this page's calls. Throws where storage is blocked. */
  used(): Stored {
    const used: Stored = { bytes: 0, pages: 0, oldest: "", oldestAt: Infinity };
    const storage = storageObject()!;
    const names = keys(storage);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at]!;
      const isCalls = startsWith(name, this.callPrefix);
      if (name === this.key || !(isCalls || startsWith(name, this.eventPrefix))) continue;
      used.bytes += byteLength(storage[name]);
      if (!isCalls) continue;
      used.pages += 1;
      const oldestAt = toNumber(find(AFTER_DOT, name));
      if (oldestAt >= used.oldestAt) continue;
      used.oldest = name;
      used.oldestAt = oldestAt;
    }
    return used;
  }

  /** Removes calls that pages left too long ago, and the oldest for as long as there is no room; tells whether there is. */
  #makeRoom(bytes: number): boolean {
    for (let removed = ""; ; unstore(removed)) {
      const { bytes: others, oldest, pages, oldestAt } = this.used();
      if (others + bytes <= this.maxBytes && pages < MAX_PAGES && !(oldestAt < wall() - MAX_AGE_MS)) return true;
      if (!oldest || oldest === removed) return false;
      removed = oldest;
    }
  }

  /** Leaves the calls to whoever has the wasm. */
  close(): void {
    this.isDone = true;
    attempt(this.#release!);
  }
}
