// Calls that wait for the wasm, in localStorage: a page may be left before its
// wasm was there, or never get it. The next page that has one makes them.

import { type Call, complete } from "./calls.ts";
import { toJson } from "./details.ts";
import {
  atTaskEnd,
  byteLength,
  deferred,
  isPrerendering,
  lock,
  page,
  storageObject,
  store,
  unstore,
  wall,
} from "./environment.ts";
import type { CoreConfig } from "./generated/core.d.ts";
import { attempt, keys, lastIndexOf, slice, startsWith, toNumber } from "./intrinsics.ts";

/** What one page left. The seed makes the events: whoever makes the calls makes the same. */
export interface Left {
  readonly accountId: string | undefined;
  readonly userId: string | undefined;
  readonly seed: ArrayLike<number>;
  readonly calls: readonly Call[];
}

/** What stored calls begin with, and stored events. The digits are versions: other versions are left alone. */
const CALLS = "c2.";
const EVENTS = "q1.";

// Where wasm cannot run, no page makes the calls of those before it: what so many
// pages left is enough to tell, and nobody waits longer than 30 days for it.
const MAX_PAGES = 50;
const MAX_AGE_MS = 30 * 86_400_000;

/** What pages have stored of a source. */
interface Stored {
  bytes: number;
  /** How many other pages left calls. */
  pages: number;
  /** The oldest of these calls: their name, and when they were made. */
  oldest: string;
  since: number;
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
  readonly start: string;
  /** What the names of all stored events of this source begin with. */
  readonly queue: string;
  readonly #config: CoreConfig;
  readonly #seed: ArrayLike<number>;
  #release: (() => void) | undefined;
  #isDue = false;

  /** `source` names the source among others in a few letters. */
  constructor(config: CoreConfig, seed: ArrayLike<number>, prefix: string, source: string) {
    this.#config = config;
    this.#seed = seed;
    this.start = `${prefix}${CALLS}${source}.`;
    this.queue = `${prefix}${EVENTS}${source}.`;
  }

  /** Whether anything may be kept: not where sending is disabled, in memory mode, or without consent. */
  get isAllowed(): boolean {
    const { consent, persistence, disableEventSend } = this.#config;
    return !!page() && consent === "granted" && persistence === "storage" && !disableEventSend;
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
    // A page that is only prepared may never be seen, and holds no lock.
    if (this.isDone || !calls.length || !this.isAllowed || isPrerendering()) return this.count;
    for (let at = this.count; at < calls.length; at += 1) complete(calls[at]!, 0);
    const { accountId, userId } = this.#config;
    const json = attempt(() => toJson({ accountId, userId, seed: this.#seed, calls } satisfies Left)) ?? "";
    if (!this.key) {
      this.key = `${this.start}${this.#seed[0]}-${this.#seed[1]}.${wall()}`;
      // Others see by the lock that this page lives.
      lock(this.key, false, () => {
        if (this.isDone) return undefined;
        const { promise, settle } = deferred();
        this.#release = settle;
        return promise;
      });
    }
    if (json && this.#makeRoom(byteLength(json)) && store(this.key, json)) this.count = calls.length;
    return this.count;
  }

  /** What all pages have stored of this source, but for this page's calls, and for names that begin with `own`. */
  used(own?: string): Stored {
    const used: Stored = { bytes: 0, pages: 0, oldest: "", since: Infinity };
    attempt(() => {
      const storage = storageObject()!;
      const names = keys(storage);
      for (let at = 0; at < names.length; at += 1) {
        const name = names[at]!;
        const isCalls = startsWith(name, this.start);
        if (name === this.key || (own && startsWith(name, own)) || !(isCalls || startsWith(name, this.queue))) continue;
        used.bytes += byteLength(storage[name]);
        if (!isCalls) continue;
        used.pages += 1;
        const since = toNumber(slice(name, lastIndexOf(name, ".") + 1));
        if (since >= used.since) continue;
        used.oldest = name;
        used.since = since;
      }
    });
    return used;
  }

  /** Removes calls that pages left too long ago, and the oldest for as long as there is no room; tells whether there is. */
  #makeRoom(bytes: number): boolean {
    const { maxStoredBytes } = this.#config;
    let removed = "";
    for (;;) {
      const used = this.used();
      const fits = used.bytes + bytes <= maxStoredBytes && used.pages < MAX_PAGES;
      if (fits && !(used.since < wall() - MAX_AGE_MS)) return true;
      if (!used.oldest || used.oldest === removed) return false;
      removed = used.oldest;
      unstore(removed);
    }
  }

  /** Leaves the calls to whoever has the wasm. */
  close(): void {
    this.isDone = true;
    this.#release?.();
  }
}
