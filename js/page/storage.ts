// Keeps waiting events in localStorage, where a write is complete when the call returns and survives the page. Each
// page has a part of its own, and holds a lock of that name while something is stored in it.

import { wall } from "../clock.ts";
import type { EarlyCalls } from "../early.ts";
import type { SendInput } from "../engine-driver.ts";
import { LAST_ALIVE, SHARED_WAIT } from "../generated/contract.ts";
import { attempt, keys, lastIndexOf, slice, toNumber } from "../intrinsics.ts";
import { byteLength, removeStored, store } from "../web-storage.ts";
import { readStored } from "./browser.ts";
import { haveLocks, Locks } from "./locks.ts";
import { namesWithPrefix } from "./orphans.ts";

/** This page's part of the storage, and what other pages left. */
export class PageStorage {
  /** The prefix of all parts of this source. */
  readonly eventPrefix: string;
  readonly #sendInput: SendInput;
  #stream = "";
  #part = "";
  readonly #early: EarlyCalls;
  readonly #maxBytes: number;
  /** The size in bytes of each stored segment. */
  #segments: Record<number, number> = { __proto__: null } as never;
  #segmentCount = 0;
  #bytes = 0;
  /** The segment being written replaces one that another page left. */
  #isAdopting = false;
  /** The lock of this page's part. */
  readonly #own = new Locks();
  /** The locks of parts whose records could not be stored as this page's own. They stay where they are. */
  readonly others = new Locks();
  readonly #unadopted: Record<string, true> = { __proto__: null } as never;
  #writeFailed = false;

  /** Stores at most `maxBytes`, including the events of other pages of this source and the calls in `early`. */
  constructor(sendInput: SendInput, early: EarlyCalls, maxBytes: number) {
    this.#sendInput = sendInput;
    this.#early = early;
    this.#maxBytes = maxBytes;
    this.eventPrefix = early.eventPrefix;
  }

  /** Begins a new part, named after this stream. */
  claim(stream: string): void {
    // A visitor may opt in more than once.
    if (this.#stream === stream) return;
    this.#forgetSegments();
    this.#stream = stream;
    this.#part = this.eventPrefix + stream;
  }

  /**
   * Gives up this page's part, so that any page may take it over. If the page writes again while it unloads, the
   * segment goes to the same part.
   */
  close(): void {
    this.verify();
    this.#stream = "";
    this.#own.release();
    this.others.release();
  }

  /** Writes a segment. If storage is full or blocked, its events stay in memory. */
  write(segment: number, records: string): void {
    if (!this.#segmentCount && this.#stream) {
      // The lock is requested before anything is stored under its name, and no page that looked earlier can know that
      // name.
      this.#forgetSegments();
      this.#part = `${this.eventPrefix}${this.#stream}-${segment}`;
      // Nobody else knows that name, so the lock is free. Where locks do not work, the time stamp is stored.
      this.#own.take(this.#part, () => this.#updateLastAlive(), 1, true);
    }
    const before = this.#segments[segment] ?? 0;
    if (!before) this.#segmentCount += 1;
    const bytes = byteLength(records);
    this.#setSize(segment, bytes);
    this.#updateLastAlive();
    const fits =
      before >= bytes ||
      this.#isAdopting ||
      attempt(() => this.#early.usedStorage().bytes + bytes - before <= this.#maxBytes);
    if (fits && store(`${this.#part}.${segment}`, records)) return;
    // The previous version is still stored.
    if (before) this.#setSize(segment, before);
    else this.#fail(segment);
  }

  /** Reports segments that are gone. A page may clear the storage when its user signs out. */
  verify(): void {
    attempt(() => {
      const segments = keys(this.#segments);
      for (let at = 0; at < segments.length; at += 1) {
        const segment = toNumber(segments[at]);
        if (!readStored(`${this.#part}.${segment}`)) this.#fail(segment);
      }
    });
  }

  /** Removes a segment. */
  remove(segment: number): void {
    removeStored(`${this.#part}.${segment}`);
    this.#forgetSegment(segment);
  }

  /** Stores the record that all pages of this source share; removes it if `record` is empty. */
  share(record: string): void {
    const name = this.eventPrefix + SHARED_WAIT;
    if (record) store(name, record);
    else removeStored(name);
  }

  /** Passes on a record that another page shared. */
  adoptShared({ key, newValue }: StorageEvent): void {
    if (key === this.eventPrefix + SHARED_WAIT && newValue && typeof newValue === "string")
      this.#sendInput("adopted", newValue);
  }

  /** Passes on the shared record, and what closed pages left. */
  adopt(): void {
    attempt(() => {
      this.#updateLastAlive();
      const names = namesWithPrefix(this.eventPrefix);
      const seen: Record<string, true> = { __proto__: null } as never;
      for (let at = 0; at < names.length; at += 1) {
        const name = names[at]!;
        if (name === this.eventPrefix + SHARED_WAIT) {
          this.#sendInput("adopted", readStored(name)!);
          continue;
        }
        const part = partOf(name);
        if (part === this.#part || seen[part]) continue;
        seen[part] = true;
        // Without a valid time the page counts as closed: sending events twice is better than losing them.
        const lastAlive = toNumber(readStored(part + LAST_ALIVE));
        this.others.take(part, () => this.#adoptPart(part), lastAlive);
      }
    });
  }

  /** Removes everything of this source. */
  erase(): void {
    this.#forgetSegments();
    this.#early.erase();
  }

  /** Takes over a part. Returns whether nothing is left of it. */
  #adoptPart(part: string): boolean {
    let isEmpty = true;
    attempt(() => {
      // A page that has given up its part cannot store anything as its own.
      if (!this.#stream) return;
      // Waiting events are stored first, within the limit, before anything replaces another page's segment.
      this.#sendInput("adopted", "");
      const names = namesWithPrefix(`${part}.`);
      for (let at = 0; at < names.length; at += 1) {
        const name = names[at]!;
        if (this.#unadopted[name]) continue;
        const records = readStored(name);
        this.#writeFailed = false;
        this.#isAdopting = true;
        if (records && name !== part + LAST_ALIVE) this.#sendInput("adopted", records);
        this.#isAdopting = false;
        if (this.#writeFailed) {
          // It stays for the next page. Sending events twice is better than losing them.
          this.#unadopted[name] = true;
          isEmpty = false;
        } else {
          // It is stored in this page's part now.
          removeStored(name);
        }
      }
    });
    return isEmpty;
  }

  #fail(segment: number): void {
    this.#writeFailed = true;
    this.#forgetSegment(segment);
    this.#sendInput("writeFailed", segment);
  }

  #setSize(segment: number, bytes: number): void {
    this.#bytes += bytes - (this.#segments[segment] ?? 0);
    this.#segments[segment] = bytes;
  }

  #forgetSegment(segment: number): void {
    if (!this.#segments[segment]) return;
    this.#setSize(segment, 0);
    delete this.#segments[segment];
    this.#segmentCount -= 1;
    if (this.#segmentCount) return;
    this.#forgetSegments();
    removeStored(this.#part + LAST_ALIVE);
  }

  /**
   * Releases the lock when nothing is stored. Firefox does not keep a page that holds a lock in its back/forward
   * cache.
   */
  #forgetSegments(): void {
    this.#segments = { __proto__: null } as never;
    this.#segmentCount = 0;
    this.#bytes = 0;
    this.#own.release();
  }

  /** Where there are no locks that work, records for other pages that this page lives. */
  #updateLastAlive(): void {
    if (this.#segmentCount && !haveLocks()) store(this.#part + LAST_ALIVE, `${wall()}`);
  }
}

/** The name of the part that contains this item. */
const partOf = (name: string): string => slice(name, 0, lastIndexOf(name, "."));
