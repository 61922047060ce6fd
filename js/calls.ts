// The calls of a page, in the one buffer in which they wait: until the wasm is
// there, and in a burst until the task ends.

import { monotonic, wall } from "./clock.ts";
import type { Crossing } from "./crossing.ts";
import type { Snapshot } from "./details.ts";
import type { EarlyCalls } from "./early.ts";
import { atTaskEnd, deferred, isLogging, print, quietly } from "./environment.ts";
import type { Core } from "./generated/core.d.ts";
import { attempt, find, hide, max } from "./intrinsics.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import type { FlushResult, OpenInspector, Problem } from "./types.ts";

/** What tells the engine something: the methods of `Core` that begin with the two times. */
export type Method = {
  [Name in keyof Core]: Core[Name] extends (mono: number, wall: number, ...more: never[]) => void
    ? Parameters<Core[Name]> extends [number, number, ...unknown[]]
      ? Name
      : never
    : never;
}[keyof Core];

/** What a method of `Core` takes after the times. */
export type Arguments<Name extends Method> = Parameters<Core[Name]> extends [number, number, ...infer More] ? More : [];

/** The same for a call of the page: a text may still be a snapshot, which is written when the call is made. */
export type CallArguments<Name extends Method> = WithSnapshots<Arguments<Name>>;

type WithSnapshots<Tuple extends readonly unknown[]> = {
  [At in keyof Tuple]: string extends Tuple[At] ? Tuple[At] | Snapshot : Tuple[At];
};

/** Something that the engine is to be told. */
export interface Call {
  readonly method: Method;
  readonly mono: number;
  /** Of a feature, only the monotonic time may be known yet. */
  wall: number | undefined;
  /** What the method takes after the times. */
  readonly more: unknown[];
}

/** An id that is set and stays. */
export type StickyId = "accountId" | "userId" | "moduleId" | "productId";

/** Those that are set. */
export type StickyIds = Partial<Record<StickyId, string | undefined>>;

/** A page whose wasm is slow may call a lot, but not without end. */
export const MAX_WAITING_CALLS = 10_000;

// The methods that make an event: `send…`, `identify…` and `trackPageView`.
const MAKES_EVENT = /^[it]|nd/;

// How many refusals wait for their sentences: the first say what is wrong, and all are counted.
const MAX_UNTOLD = 10;

/** A refusal that nobody was told of yet. */
interface Untold {
  readonly method: string;
  readonly refusal: Refusal;
}

/** Makes the sentence of a refusal. */
export type Explain = (method: string, refusal: Refusal) => string;

/** What the page passed as `onError`, a function or not. */
export type OnError = (problem: Problem) => unknown;

/** The buffer. */
export class Calls {
  /** Takes a feature by its name alone, once the engine is there; tells whether it did. */
  declare quick: ((feature: unknown) => boolean) | undefined;
  /** Calls that wait, behind those of them that were made already. */
  pendingCalls: Call[] = [];
  /** How many of `pendingCalls` were made. */
  made = 0;
  /** How many of `pendingCalls` make an event, as long as the engine cannot be asked. */
  count = 0;
  /** Calls that were refused for what they were passed. */
  refused = 0;
  /** The tracker cannot be used, or could not go on. */
  declare isOff: boolean;
  /** It was shut down. */
  isClosed = false;
  /** The page's `beforeSend` is at work. What it calls would make events without end. */
  isFiltering = false;
  /** The wasm could not be had so far: nothing can be sent until it is. */
  isStranded = false;
  /** The way into the engine, once that is there. */
  declare crossing: Crossing | undefined;
  /** What the page has of this tracker: it ends with the last. */
  handles = 0;
  /** Whether the tracker could be loaded; never rejects. */
  ready: Promise<boolean> = never();
  /** The settings of another construction, to be compared with those that stand. */
  declare others: object | undefined;
  /** Called when the tracker has ended. */
  declare end: (() => void) | undefined;
  /** Ids that were set, for as long as the engine is not there to ask. */
  known: StickyIds = { __proto__: null } as StickyIds;
  /** How to tell who waits for a flush, by its number. */
  readonly flushes: Record<number, (result: FlushResult) => void> = { __proto__: null } as never;
  /** The path in the fragment of an address counts. */
  withHash = false;
  /** Makes the sentences of refusals, once that is there. */
  declare explain: Explain | undefined;
  /** Shows the tracker in a panel of the page, once that is there: see `inspect.ts`. */
  declare showInspector: ((open?: OpenInspector) => Promise<boolean>) | undefined;
  #untold: Untold[] = [];
  #lastFlush = 0;
  readonly early: EarlyCalls | undefined;
  readonly #onError: OnError | undefined;

  constructor(isOff: boolean, early?: EarlyCalls, onError?: OnError) {
    this.isOff = isOff;
    this.early = early;
    this.#onError = onError;
  }

  /** A call of the page: its arguments are read now, and it is made now, in a moment, or once the wasm is there. Tells whether it was taken. */
  add<Name extends Method>(method: Name, read: () => CallArguments<Name>, isClosed: boolean): boolean {
    if (this.isOff || (isLogging() && method !== "shutdown" && method !== "optOut")) return false;
    const mono = monotonic();
    // The wall time of a feature is told when it is made, from its monotonic time.
    const now = this.crossing && method === "sendFeatureEvent" ? undefined : wall();
    let refusal: Refusal | undefined;
    if (isClosed) {
      refusal = { about: "shutdown" };
    } else if (this.isFiltering) {
      refusal = { about: "beforeSend" };
    } else if (!this.crossing && method === "sendFeatureEvent" && this.pendingCalls.length >= MAX_WAITING_CALLS) {
      refusal = { about: "wasm" };
    } else {
      try {
        this.appendCall(method, mono, now, read() as unknown[]);
      } catch (thrown) {
        refusal = refusalOf(thrown);
      }
    }
    if (refusal) this.refuse(method, refusal);
    else if (this.crossing) this.crossing.take(method);
    else this.early!.store(this.pendingCalls);
    return !refusal;
  }

  /** Adds a call, or what the browser told. */
  appendCall(method: Method, mono: number, wall: number | undefined, more: unknown[]): void {
    this.pendingCalls[this.pendingCalls.length] = { method, mono, wall, more };
    if (find(MAKES_EVENT, method)) this.count += 1;
  }

  /** Forgets the calls. */
  forgetCalls(): void {
    this.pendingCalls = [];
    this.made = 0;
    this.count = 0;
  }

  /** Tells the developer, and the page's `onError`, what went wrong. Without a code it is a warning. The host puts in its place what tells the same at most once a second. */
  report(code: string, message: string, dropped: number): void {
    print(code ? "error" : "warn", message);
    const onError = this.#onError!;
    // When what goes on now is done: the page's code may do anything, and throw or reject, too, or be no function.
    if (code) atTaskEnd(() => quietly(attempt(() => onError({ code, message, dropped }))));
  }

  /** Counts what was refused, and tells of it as soon as there are sentences. */
  refuse(method: string, refusal: Refusal): void {
    this.refused += 1;
    if (this.#untold.length < MAX_UNTOLD) this.#untold[this.#untold.length] = { method, refusal };
    if (this.explain) this.tellRefusals(this.explain);
  }

  /** Tells of what was refused so far. */
  tellRefusals(explain: Explain): void {
    const untold = this.#untold;
    this.#untold = [];
    for (let at = 0; at < untold.length; at += 1) {
      const { method, refusal } = untold[at]!;
      this.report("invalid_argument", explain(method, refusal), 0);
    }
  }

  /** Sends what waits. */
  flush(isClosed: boolean): Promise<FlushResult> {
    const { promise, settle } = deferred<FlushResult>();
    this.#lastFlush += 1;
    const flush = this.#lastFlush;
    // A promise asks what it resolves to for a `then`: a page may have given one to all objects.
    this.flushes[flush] = (result) => settle(hide(result, "then"));
    if (!this.add("flush", () => [flush], isClosed) || this.isStranded) this.flushes[flush]!(this.#untried());
    return promise;
  }

  /** The page gives a handle back: the tracker ends with the last. As long as it has not begun, it waits for the end of the task: frameworks take components down and put them up again within one. */
  releaseHandle(): void {
    this.handles -= 1;
    if (this.crossing) this.#close();
    else atTaskEnd(() => this.#close());
  }

  #close(): void {
    if (this.handles || this.isClosed) return;
    this.add("shutdown", () => [], false);
    this.isClosed = true;
    this.quick = undefined;
    this.end?.();
  }

  /** The wasm cannot be had for now. The calls wait; who waits for a flush does not. */
  strand(message: string): void {
    this.isStranded = true;
    this.tellRefusals(inShort);
    this.report("load_failed", message, 0);
    this.#giveUpFlushes();
  }

  #giveUpFlushes(): void {
    for (let flush = this.#lastFlush; flush; flush -= 1) this.flushes[flush]?.(this.#untried());
  }

  #untried(): FlushResult {
    return { delivered: 0, pending: this.count, rejected: 0 };
  }

  /** The tracker cannot go on: it is off, and says so once. The page goes on. */
  turnOff(code: string, message: string, error: unknown): void {
    if (this.isOff) return;
    // What is stored is left to the next page.
    const stored = this.early?.write(this.pendingCalls) ?? 0;
    const dropped = max(this.count - stored, 0);
    this.stop();
    this.tellRefusals(inShort);
    // What is thrown may throw when it is looked at.
    const why = attempt(() => `${error}`);
    this.report(code, `${message}: ${why}.`, dropped);
  }

  /** Nothing is taken or made from now on, and nobody waits. */
  stop(): void {
    this.isOff = true;
    this.quick = undefined;
    this.known = { __proto__: null } as StickyIds;
    this.forgetCalls();
    this.crossing?.end();
    this.crossing = undefined;
    this.early?.close();
    this.end?.();
    this.#giveUpFlushes();
  }
}

/** What is said of a refusal where the sentences are out of reach. */
export const inShort: Explain = (method, { about }) => `${method}: refused for ${about}.`;

/** Says that a tracker is off. */
async function never(): Promise<boolean> {
  return false;
}
