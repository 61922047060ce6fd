// Events that wait, in localStorage: a write is done when the call returns, and
// survives the page from then on. Each page has a part of its own and, while
// something is there, holds a lock in its name.

import { wall } from "../clock.ts";
import type { Tell } from "../crossing.ts";
import type { EarlyCalls } from "../early.ts";
import { locks } from "../environment.ts";
import { attempt, keys, lastIndexOf, slice, toNumber } from "../intrinsics.ts";
import { byteLength, store, unstore } from "../web-storage.ts";
import { stored } from "./browser.ts";
import { Locks } from "./locks.ts";
import { namesFrom, takeOver } from "./orphans.ts";

// Where a part tells when its page was last heard of; segments count from 1.
const LAST_ALIVE = ".0";

// Where all pages share how long the server asked to wait.
const SHARED = ".wait";

/** This page's part of the storage, and what others left. */
export class PageStorage {
  /** What the names of all parts of this source begin with. */
  readonly eventPrefix: string;
  readonly #tell: Tell;
  #stream = "";
  #part = "";
  readonly #early: EarlyCalls;
  readonly #maxBytes: number;
  /** The bytes of the segments that are there. */
  #segments: Record<number, number> = { __proto__: null } as never;
  #segmentCount = 0;
  #bytes = 0;
  /** What is written takes the place of what another page left. */
  #isTaking = false;
  /** Held in the name of our part. */
  readonly #own = new Locks();
  /** Held in the names of parts whose records could not be stored as our own: they stay where they are. */
  readonly #others = new Locks();
  readonly #staying: Record<string, true> = { __proto__: null } as never;
  #writeFailed = false;

  /** Keeps at most `maxBytes`, with what other pages have stored of this source, and left of `early` calls. */
  constructor(tell: Tell, early: EarlyCalls, maxBytes: number) {
    this.#tell = tell;
    this.#early = early;
    this.#maxBytes = maxBytes;
    this.eventPrefix = early.eventPrefix;
  }

  /** Begins a part of this name. */
  claim(stream: string): void {
    // A visitor may agree more than once.
    if (this.#stream === stream) return;
    this.#forgetSegments();
    this.#stream = stream;
    this.#part = this.eventPrefix + stream;
  }

  /** Gives up this page's part: whoever looks may take it over. What is written after this, as the page goes, is written where it was. */
  close(): void {
    this.verify();
    this.#stream = "";
    this.#own.release();
    this.#others.release();
  }

  /** Writes a segment. Storage that is full or blocked is done without: the events stay in memory. */
  write(segment: number, records: string): void {
    if (!this.#segmentCount && this.#stream) {
      // The lock is asked for before others can see that there is something,
      // and by a name that nobody who looked before can know.
      this.#forgetSegments();
      this.#part = `${this.eventPrefix}${this.#stream}-${segment}`;
      this.#own.hold(this.#part);
    }
    const before = this.#segments[segment] ?? 0;
    if (!before) this.#segmentCount += 1;
    const bytes = byteLength(records);
    this.#count(segment, bytes);
    this.#tellAlive();
    const fits =
      before >= bytes || this.#isTaking || attempt(() => this.#early.used().bytes + bytes - before <= this.#maxBytes);
    if (fits && store(`${this.#part}.${segment}`, records)) return;
    // What stood there stays.
    if (before) this.#count(segment, before);
    else this.#fail(segment);
  }

  /** Tells of segments that are not there any more: a page may clear the storage when its user signs out. */
  verify(): void {
    attempt(() => {
      const segments = keys(this.#segments);
      for (let at = 0; at < segments.length; at += 1) {
        const segment = toNumber(segments[at]);
        if (!stored(`${this.#part}.${segment}`)) this.#fail(segment);
      }
    });
  }

  /** Removes a segment. */
  remove(segment: number): void {
    unstore(`${this.#part}.${segment}`);
    this.#gone(segment);
  }

  /** Stores what all pages of this source share; nothing of an empty text. */
  share(record: string): void {
    const name = this.eventPrefix + SHARED;
    if (record) store(name, record);
    else unstore(name);
  }

  /** Hands over what another page shares. */
  hear({ key, newValue }: StorageEvent): void {
    if (key === this.eventPrefix + SHARED && newValue && typeof newValue === "string") this.#tell("adopted", newValue);
  }

  /** Hands over what pages share, and what closed ones left. */
  adopt(): void {
    attempt(() => {
      this.#tellAlive();
      const names = namesFrom(this.eventPrefix);
      const seen: Record<string, true> = { __proto__: null } as never;
      for (let at = 0; at < names.length; at += 1) {
        const name = names[at]!;
        if (name === this.eventPrefix + SHARED) {
          this.#tell("adopted", stored(name)!);
          continue;
        }
        const part = partOf(name);
        if (part === this.#part || seen[part]) continue;
        seen[part] = true;
        const lastAlive = toNumber(stored(part + LAST_ALIVE));
        takeOver(part, lastAlive, () => this.#take(part), this.#others);
      }
    });
  }

  /** Removes everything of this source. */
  erase(): void {
    this.#forgetSegments();
    this.#early.erase();
  }

  /** Takes a part over; tells whether nothing is left of it. */
  #take(part: string): boolean {
    let isEmpty = true;
    attempt(() => {
      // Who has given up its part can store nothing as its own.
      if (!this.#stream) return;
      // What waits is stored within the bound, before anything takes the place of something else.
      this.#tell("adopted", "");
      const names = namesFrom(`${part}.`);
      for (let at = 0; at < names.length; at += 1) {
        const name = names[at]!;
        if (this.#staying[name]) continue;
        const records = stored(name);
        this.#writeFailed = false;
        this.#isTaking = true;
        if (records && name !== part + LAST_ALIVE) this.#tell("adopted", records);
        this.#isTaking = false;
        if (this.#writeFailed) {
          // It has to stay for the next page: better twice than not at all.
          this.#staying[name] = true;
          isEmpty = false;
        } else {
          // It is stored as our own by now.
          unstore(name);
        }
      }
    });
    return isEmpty;
  }

  #fail(segment: number): void {
    this.#writeFailed = true;
    this.#gone(segment);
    this.#tell("writeFailed", segment);
  }

  #count(segment: number, bytes: number): void {
    this.#bytes += bytes - (this.#segments[segment] ?? 0);
    this.#segments[segment] = bytes;
  }

  #gone(segment: number): void {
    if (!this.#segments[segment]) return;
    this.#count(segment, 0);
    delete this.#segments[segment];
    this.#segmentCount -= 1;
    if (this.#segmentCount) return;
    this.#forgetSegments();
    unstore(this.#part + LAST_ALIVE);
  }

  /** Holds no lock while nothing waits: Firefox keeps no page that does when it is left. */
  #forgetSegments(): void {
    this.#segments = { __proto__: null } as never;
    this.#segmentCount = 0;
    this.#bytes = 0;
    this.#own.release();
  }

  /** Without locks, tells others that this page lives. */
  #tellAlive(): void {
    if (this.#segmentCount && !locks()) {
      store(this.#part + LAST_ALIVE, `${wall()}`);
    }
  }
}

/** The part in which something of this name lies. */
const partOf = (name: string): string => slice(name, 0, lastIndexOf(name, "."));
