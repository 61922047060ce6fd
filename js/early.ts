// Keeps calls that wait for the wasm in localStorage, because a page may be left before its wasm has loaded, or may
// never get it. The next page with a working wasm executes them.

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
  STORED_CALLS,
  STORED_EVENTS,
} from "./generated/contract.ts";
import { type GivenSettings, refusesTracking, tokenOf } from "./given-settings.ts";
import { attempt, find, isFiniteNumber, keys, startsWith } from "./intrinsics.ts";
import { byteLength, removeStored, storageObject, store } from "./web-storage.ts";

/** What one page left. Because the seed is stored too, whoever executes the calls records the same events. */
export interface StoredCalls {
  readonly accountId?: string | undefined;
  readonly userId?: string | undefined;
  readonly seed: ArrayLike<number>;
  readonly calls: readonly Call[];
}

// Where wasm cannot run, no page executes the calls of earlier ones. The calls of this many pages are enough to keep,
// and none are kept longer than 30 days.
const MAX_PAGES = 50;
const MAX_AGE_MS = 30 * 86_400_000;

// Storing takes about 1 ms per thousand waiting calls. Below this number that is not felt within a task. More calls
// are stored less often, so that storing takes about a tenth of the time.
const FEW_CALLS = 500;
const CALLS_PER_MS = 50;

// The names of stored calls end with the time when they were made.
const AFTER_DOT = /[^.]*$/;

const addListener = /* @__PURE__ */ lookUp<typeof addEventListener>("addEventListener");
const removeListener = /* @__PURE__ */ lookUp<typeof removeEventListener>("removeEventListener");

/** What all pages have stored for a source. */
interface StorageUse {
  bytes: number;
  /** The bytes among them that belong to events, not to calls. */
  storedEventBytes: number;
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
  /** The name under which they are stored, if any are. */
  key = "";
  /** The stored calls of other pages that were removed to make room for this page's calls. */
  removed = "";
  /** No more calls are stored: sending is disabled, all is kept in memory, the visitor refused, or the wasm has loaded. */
  isDone: unknown;
  /** The prefix of all stored calls of this source. */
  declare readonly callPrefix: string;
  /** The prefix of all stored events of this source. */
  declare readonly eventPrefix: string;
  /** Whether the visitor agreed that calls are stored. */
  hasConsent: boolean;
  /** Limit of what all pages store for this source, in bytes. */
  declare maxBytes: number;
  readonly #header: Omit<StoredCalls, "calls">;
  #release: (() => void) | undefined;
  #isDue: boolean | undefined;

  /** `header` is what the stored text begins with; `source` is a short name for the source. */
  constructor(givenSettings: GivenSettings, header: Omit<StoredCalls, "calls">, source: number) {
    const { consent, cookiePrefix, disableEventSend, maxStoredBytes, persistence } = givenSettings;
    this.hasConsent = (consent ?? DEFAULT_CONSENT) === "granted";
    this.isDone =
      (persistence ?? DEFAULT_PERSISTENCE) !== "storage" || disableEventSend || refusesTracking(givenSettings);
    this.maxBytes = isFiniteNumber(maxStoredBytes) ? (maxStoredBytes as number) : DEFAULT_MAX_STORED_BYTES;
    this.#header = header;
    const prefix = tokenOf(cookiePrefix) || DEFAULT_COOKIE_PREFIX;
    this.callPrefix = `${prefix}${STORED_CALLS}${source}.`;
    this.eventPrefix = `${prefix}${STORED_EVENTS}${source}.`;
  }

  /**
   * Stores all calls so far when the current task ends, so that the page does not wait for that. If there are many,
   * which takes a while, they are stored only now and then.
   */
  store(calls: readonly Call[]): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const write = () => {
      this.#isDue = false;
      this.write(calls);
    };
    if (calls.length < FEW_CALLS || !startTimer(write, calls.length / CALLS_PER_MS)) atTaskEnd(write);
  }

  /** Stores all calls so far, or as many as there is room for. Returns how many are stored. */
  write(calls: readonly Call[]): number {
    attempt(() => {
      // A page may clear the storage, for example when its user signs out, and be left afterwards.
      if (!storageObject()![this.key]) this.count = 0;
      // A prerendered page may never be seen, and holds no lock.
      if (!page() || isPrerendering() || this.isDone || !this.hasConsent) return;
      for (let end = calls.length; end > this.count; end = (this.count + end) >> 1) {
        const stored: Call[] = [];
        for (let at = 0; at < end; at += 1) {
          writeDetails(calls[at]!);
          stored[at] = calls[at]!;
        }
        if (!this.key) {
          const { seed } = this.#header;
          this.key = `${this.callPrefix}${seed[0]}-${seed[1]}.${wall()}`;
          // The lock shows other pages that this page lives.
          const { promise, settle } = deferred();
          const writeAgain = () => this.write(calls);
          this.#release = () => {
            settle();
            removeListener()!("pagehide", writeAgain);
          };
          lock(this.key, () => promise);
          addListener()!("pagehide", writeAgain);
        }
        const json = snapshot({ ...this.#header, calls: stored } satisfies StoredCalls, Infinity) as string;
        if (this.#makeRoom(byteLength(json)) && store(this.key, json)) this.count = end;
      }
    });
    return this.count;
  }

  /** What all pages have stored for this source, without this page's calls. Throws if storage is blocked. */
  usedStorage(): StorageUse {
    const used: StorageUse = { bytes: 0, storedEventBytes: 0, pages: 0, oldestAt: Infinity };
    this.eachName((name, isCalls) => {
      if (name === this.key) return;
      const bytes = byteLength(storageObject()![name]);
      const oldestAt = +find(AFTER_DOT, name);
      used.bytes += bytes;
      if (!isCalls) used.storedEventBytes += bytes;
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

  /** Visits the names of everything stored for this source. Throws if storage is blocked. */
  eachName(visit: (name: string, isCalls: boolean) => void): void {
    const names = keys(storageObject()!);
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at]!;
      const isCalls = startsWith(name, this.callPrefix);
      if (isCalls || startsWith(name, this.eventPrefix)) visit(name, isCalls);
    }
  }

  /** The visitor agreed. */
  agree(): void {
    this.hasConsent = true;
  }

  /**
   * The visitor refused: removes everything stored, and stores nothing until the wasm has loaded, even if the visitor
   * agrees later. The calls before the refusal still wait, and would be stored with those after it.
   */
  erase(): void {
    this.isDone = true;
    attempt(() => this.eachName(removeStored));
  }

  /**
   * Removes stored calls that are too old, and the oldest ones while there is no room, if that can make enough.
   * Returns whether there is room.
   */
  #makeRoom(bytes: number): boolean {
    for (let last = ""; ; removeStored(last)) {
      const { bytes: used, storedEventBytes, oldest, pages, oldestAt } = this.usedStorage();
      if (used + bytes <= this.maxBytes && pages < MAX_PAGES && !(oldestAt < wall() - MAX_AGE_MS)) return true;
      if (!oldest || oldest === last || storedEventBytes + bytes > this.maxBytes) return false;
      last = oldest;
      this.removed += storageObject()![last];
    }
  }

  /** Leaves the stored calls to a page with a working wasm. */
  close(): void {
    this.isDone = true;
    attempt(this.#release!);
  }
}
