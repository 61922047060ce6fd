// Events that wait, in localStorage: a write is done when the call returns, and
// survives the page from then on. Each page has a part of its own and, while
// something is there, holds a lock in its name; a part whose lock is free is
// that of a closed page.

import { Op, type Tell } from "../core.ts";
import type { Checked } from "../settings.ts";

// Parts of pages on origins without locks (plain http) count as left once
// their owner has not told for this long that it lives. It does so when it
// stores or looks for others, at least once a minute while it is in use.
const SILENT_MS = 10 * 60_000;

/** This page's part of the storage, and what others left. */
export class Storage {
  readonly #start: string;
  readonly #tell: Tell;
  #name = "";
  #own = "";
  /** Numbers of what is stored. */
  readonly #stored = new Set<number>();
  /** Held in the name of our part. */
  readonly #lock = new Lock();
  /** Others' records that could not be stored as our own: they stay where they are. */
  readonly #taken = new Set<string>();
  #full = false;
  /** Held in the names of the parts they are in. */
  readonly #others = new Lock();

  /** What the names of all parts begin with. */
  get start(): string {
    return this.#start;
  }

  /** For the source that `url` names. The 1 is the version of what is stored: other versions are left alone. */
  constructor(tell: Tell, { cookiePrefix }: Checked, url: string) {
    this.#tell = tell;
    this.#start = `${cookiePrefix}q1.${hash(url)}.`;
  }

  /** Begins a part of this name. */
  own(name: string): void {
    // A visitor may agree more than once.
    if (this.#name === name) return;
    this.close();
    this.#name = name;
    this.#own = this.#start + name;
  }

  /** Gives up this page's part: whoever looks may take it over. */
  close(): void {
    this.#name = "";
    this.#rest();
    this.#others.release();
  }

  /** Holds no lock while nothing waits: Firefox keeps no page that does when it is left. */
  #rest(): void {
    this.#stored.clear();
    this.#lock.release();
  }

  /** Stores under a number. Storage that is full or blocked is done without: the events stay in memory. */
  store(number: number, text: string): void {
    if (!this.#stored.size && this.#name) {
      // The lock is asked for before others can see that there is something,
      // and by a name that nobody who looked before can know.
      this.#rest();
      this.#own = `${this.#start}${this.#name}-${number}`;
      this.#lock.hold(this.#own);
    }
    this.#stored.add(number);
    const stored = attempt(() => {
      this.#live();
      localStorage.setItem(`${this.#own}.${number}`, text);
    });
    if (!stored) {
      this.#full = true;
      this.#gone(number);
      this.#tell(Op.NotStored, "", number);
    }
  }

  /** Removes what is stored under a number. */
  unstore(number: number): void {
    attempt(() => localStorage.removeItem(`${this.#own}.${number}`));
    this.#gone(number);
  }

  #gone(number: number): void {
    this.#stored.delete(number);
    if (!this.#stored.size) {
      this.#rest();
      attempt(() => localStorage.removeItem(`${this.#own}.0`));
    }
  }

  /** Hands over what closed pages left. */
  adopt(): void {
    attempt(() => {
      this.#live();
      const parts = new Set<string>();
      for (const key of this.#keys()) {
        const part = key.slice(0, key.lastIndexOf("."));
        if (part !== this.#own) parts.add(part);
      }
      for (const part of parts) left(part, Number(localStorage.getItem(`${part}.0`)), () => this.#take(part), this.#others);
    });
  }

  /** Removes everything of this source. */
  forget(): void {
    this.#rest();
    attempt(() => {
      const calls = this.#start.replace("q1.", "c1.");
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.#start) || key.startsWith(calls)) localStorage.removeItem(key);
      }
    });
  }

  /** Takes a part over; tells whether nothing is left of it. */
  #take(part: string): boolean {
    let all = true;
    attempt(() => {
      for (const key of this.#keys().filter((key) => key.startsWith(`${part}.`))) {
        if (this.#taken.has(key)) continue;
        const records = localStorage.getItem(key);
        this.#full = false;
        if (records && key !== `${part}.0`) this.#tell(Op.Adopted, records);
        // It is stored as our own by now, or has to stay for the next page:
        // better twice than not at all.
        if (this.#full) {
          this.#taken.add(key);
          all = false;
        } else localStorage.removeItem(key);
      }
    });
    return all;
  }

  /** Without locks, tells others that this page lives. */
  #live(): void {
    if (!navigator.locks && this.#stored.size) localStorage.setItem(`${this.#own}.0`, String(Date.now()));
  }

  #keys(): string[] {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.#start));
  }
}

/** A lock that is held until it is let go of. Where browsers have none, it is none. */
export class Lock {
  #release: (() => void)[] = [];
  #releases = 0;

  /** Holds the lock of this name as soon as nobody else does. */
  hold(name: string): void {
    navigator.locks?.request(name, this.once()).catch(() => {});
  }

  /** Holds a lock once it is granted, unless all was let go of in between. */
  once(): () => Promise<void> | undefined {
    const releases = this.#releases;
    return () => (releases === this.#releases ? new Promise((release) => this.#release.push(release)) : undefined);
  }

  /** Lets go of all that is held or asked for. */
  release(): void {
    this.#releases += 1;
    for (const release of this.#release.splice(0)) release();
  }
}

/**
 * Calls `take` for what a page left under `name`, if it is gone, or was last
 * heard of at `alive` long ago. Nobody else does at that time, nor later, if
 * `take` tells that something had to stay.
 */
export function left(name: string, alive: number, take: () => boolean, lock?: Lock): void {
  if (navigator.locks) {
    const hold = lock?.once();
    navigator.locks.request(name, { ifAvailable: true }, (free) => (free && !take() ? hold?.() : undefined)).catch(() => {});
  } else if (Date.now() - alive > SILENT_MS) {
    // As with a lock, when what goes on now is done.
    queueMicrotask(take);
  }
}

/** Storage that is blocked, full or missing throws; the page must not feel it. Tells whether it did as it was told. */
export function attempt(f: () => unknown): boolean {
  try {
    f();
    return true;
  } catch {
    return false;
  }
}

/** Keeps sources apart; they are few, so 32 bits do. */
export function hash(text: string): string {
  let sum = 0;
  for (const letter of text) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0;
  return (sum >>> 0).toString(36);
}
