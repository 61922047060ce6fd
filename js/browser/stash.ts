// Calls that wait for the wasm, in localStorage: a page may be left before its
// wasm was there, or never get it. The next page that has one makes them up.

import { Do, type Engine, Op, type Perform, type Tell } from "../core.ts";
import { type Checked, encode } from "../settings.ts";
import { readCookies } from "./cookies.ts";
import { Lock, type Storage, attempt, hash, left } from "./storage.ts";

/** A call that waits for the wasm. */
export type Kept = readonly [op: Op, wall: number, mono: number, text: string, a: number];

/** Lets `beforeSend` decide on an event, and tells what it decided. */
export type Filter = (line: string, tell: Tell) => void;

// As `settings.ts` encodes them: nothing may be kept where sending is disabled,
// in memory mode, or without consent.
const NOT_KEPT = 4 | 32 | 64 | 128;

/** The calls of one page. */
export class Stash {
  readonly #settings: Checked;
  readonly #url: string;
  readonly #seed: readonly number[];
  readonly #lock = new Lock();
  #key = "";
  #soon = false;
  #done = false;

  /** For the source that `url` names. The seed makes the events: whoever makes them up makes the same. */
  constructor(settings: Checked, url: string, seed: readonly number[]) {
    this.#settings = settings;
    this.#url = url;
    this.#seed = seed;
  }

  /** Whether calls are stored at all. */
  get keeps(): boolean {
    return !!this.#head() && !this.#done;
  }

  /** What makes an engine, where calls may be kept. */
  #head(): unknown[] | undefined {
    const [flags, numbers, text] = encode(this.#settings);
    return globalThis.document && !(flags & NOT_KEPT) ? [flags, numbers, text, this.#seed] : undefined;
  }

  get #start(): string {
    return `${this.#settings.cookiePrefix}c1.${hash(this.#url)}.`;
  }

  /** Stores all calls so far when the current task ends: what a page does meanwhile does not wait for that. */
  keep(calls: readonly Kept[]): void {
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      const head = this.#head();
      // A page that is only prepared may never be seen, and holds no lock.
      if (!head || !calls.length || (document as { prerendering?: boolean }).prerendering) return;
      if (!this.#key) {
        this.#key = `${this.#start}${this.#seed.join("-")}.${Date.now()}`;
        this.#lock.hold(this.#key);
      }
      attempt(() => localStorage.setItem(this.#key, JSON.stringify([...head, calls])));
    });
  }

  /** The calls are made, and what they made is stored: they go. */
  done(): void {
    this.#done = true;
    if (this.#key) attempt(() => localStorage.removeItem(this.#key));
    this.close();
  }

  /** Leaves the calls to whoever has the wasm. */
  close(): void {
    this.#lock.release();
  }

  /** Makes the calls of pages that are gone, so that their events are stored like those of any page, and taken over. */
  adopt(engine: Engine, filter: Filter, storage: Storage): void {
    if (!this.#head()) return;
    const start = this.#start;
    attempt(() => {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(start) || key === this.#key) continue;
        left(key, Number(key.slice(key.lastIndexOf(".") + 1)), () => {
          const stored = localStorage.getItem(key);
          let all = true;
          if (stored && attempt(() => (all = this.#make(engine, filter, storage.start, stored)))) storage.adopt();
          // What cannot be read goes; what could not be stored stays for the next page.
          if (all) localStorage.removeItem(key);
          return all;
        });
      }
    });
  }

  #make(engine: Engine, filter: Filter, part: string, stored: string): boolean {
    const [flags, numbers, text, seed, calls] = JSON.parse(stored) as [number, number[], string, number[], Kept[]];
    let own = "";
    let all = true;
    // All it may do is to ask `beforeSend`, and to store.
    const perform: Perform = (op, text, a) => {
      if (op === Do.Own) own = part + text;
      else if (op === Do.Store) all &&= attempt(() => localStorage.setItem(`${own}.${a}`, text));
      else if (op === Do.Filter) filter(text, tell);
    };
    const [, wall, mono] = calls[0]!;
    const core = engine(perform, wall, mono, flags, numbers, text, seed);
    let at = wall;
    const tell: Tell = (op, text = "", a = 0) => {
      core.handle(op, at, mono, text, a);
      core.act();
    };
    tell(Op.Start, `\0\0\0${readCookies(this.#settings)}`);
    for (const [op, wall, , text, a] of calls) {
      at = wall;
      tell(op, text, a);
    }
    tell(Op.Store);
    return all;
  }
}
