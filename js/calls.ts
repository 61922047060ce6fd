// The buffer for the page's calls. They wait here until the wasm has loaded and, in a burst, until the task ends.

import { monotonic, wall } from "./clock.ts";
import type { Snapshot } from "./details.ts";
import type { EarlyCalls } from "./early.ts";
import type { EngineDriver } from "./engine-driver.ts";
import { atTaskEnd, deferred, ignoreRejection, isLogging, print } from "./environment.ts";
import type { Core } from "./generated/core.d.ts";
import type { GivenSettings } from "./given-settings.ts";
import { attempt, find, hide, max } from "./intrinsics.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import type { FlushResult, OpenInspector, Problem } from "./types.ts";

/** The methods of `Core` that report something to the engine. Their first two arguments are the two times. */
export type Method = {
  [Name in keyof Core]: Core[Name] extends (mono: number, wall: number, ...more: never[]) => void
    ? Parameters<Core[Name]> extends [number, number, ...unknown[]]
      ? Name
      : never
    : never;
}[keyof Core];

/** The further arguments of a method of `Core`, after the times. */
export type Arguments<Name extends Method> = Parameters<Core[Name]> extends [number, number, ...infer More] ? More : [];

/** The same for a call of the page. A text may still be a snapshot, which becomes JSON when the call is executed. */
export type CallArguments<Name extends Method> = WithSnapshots<Arguments<Name>>;

type WithSnapshots<Tuple extends readonly unknown[]> = {
  [At in keyof Tuple]: string extends Tuple[At] ? Tuple[At] | Snapshot : Tuple[At];
};

/** Something to report to the engine. */
export interface Call {
  readonly method: Method;
  readonly mono: number;
  /** Undefined for some feature events, of which only the monotonic time is known yet. */
  wall: number | undefined;
  /** The further arguments, after the times. */
  readonly more: unknown[];
}

/** An id that stays set until it is changed. */
export type StickyId = "accountId" | "userId" | "moduleId" | "productId";

/** The current ids. */
export type StickyIds = Partial<Record<StickyId, string | undefined>>;

/** Limit for waiting calls: a page whose wasm loads slowly may make many, but not endlessly many. */
export const MAX_WAITING_CALLS = 10_000;

// The methods that record an event: `send…`, `identify…` and `trackPageView`.
const MAKES_EVENT = /^[it]|nd/;

// How many refusals wait to be reported. The first ones show what is wrong, and all are counted.
const MAX_PENDING_REFUSALS = 10;

/** A refusal that has not been reported yet. */
interface PendingRefusal {
  readonly method: string;
  readonly refusal: Refusal;
}

/** Writes the message for a refusal. */
export type Explain = (method: string, refusal: Refusal) => string;

/** The `onError` that the page passed, whether or not it is a function. */
export type OnError = (problem: Problem) => unknown;

/** The buffer of one tracker. */
export class Calls {
  /** Takes a feature event that has only a name, once the engine has loaded. Returns whether it was taken. */
  declare quickSend: ((feature: unknown) => boolean) | undefined;
  /** Waiting calls, preceded by those of the same batch that were executed already. */
  pendingCalls: Call[] = [];
  /** How many of `pendingCalls` were executed. */
  processed = 0;
  /** How many of `pendingCalls` record an event, for as long as the engine cannot be asked. */
  count = 0;
  /** Calls that were refused for their arguments. */
  refused = 0;
  /** The tracker cannot start, or failed. */
  declare isOff: boolean;
  /** It was shut down. */
  isClosed = false;
  /** The page's `beforeSend` is running. Events recorded by it would lead to further calls of it without end. */
  isFiltering = false;
  /** The wasm could not be loaded so far. Nothing can be sent until it is. */
  isSuspended = false;
  /** The connection to the engine, once the engine has loaded. */
  declare driver: EngineDriver | undefined;
  /** How many handles the page has to this tracker. The tracker ends with the last one. */
  handles = 0;
  /** Whether the tracker could be loaded. Never rejects. */
  ready: Promise<boolean> = notReady();
  /** The settings of later constructions, to be compared with the current ones. */
  others: GivenSettings[] = [];
  /** Called when the tracker has ended. */
  end: (() => void) | undefined;
  /** The current ids, for as long as the engine cannot be asked. */
  knownIds: StickyIds = { __proto__: null } as StickyIds;
  /** Resolves the promise of each flush, by the number of the flush. */
  readonly flushes: Record<number, (result: FlushResult) => void> = { __proto__: null } as never;
  /** The path in an address's fragment is part of the address. */
  withHash = false;
  /** Writes the messages of refusals, once the host has loaded. */
  declare explain: Explain | undefined;
  /** Shows the tracker in a panel of the page, once the host has loaded: see `inspect.ts`. */
  declare showInspector: ((open?: OpenInspector) => Promise<boolean>) | undefined;
  #pendingRefusals: PendingRefusal[] = [];
  #lastFlush = 0;
  readonly early: EarlyCalls | undefined;
  readonly #onError: OnError | undefined;

  constructor(isOff: boolean, early?: EarlyCalls, onError?: OnError) {
    this.isOff = isOff;
    this.early = early;
    this.#onError = onError;
  }

  /**
   * Adds a call of the page. Its arguments are read now; it is executed now, soon, or once the wasm has loaded.
   * Returns whether it was accepted.
   */
  add<Name extends Method>(method: Name, read?: () => CallArguments<Name> | undefined, isClosed?: boolean): boolean {
    if (this.isOff || (isLogging() && method !== "shutdown" && method !== "optOut")) return false;
    const mono = monotonic();
    // The wall time of a feature event is computed from its monotonic time when the call is executed.
    const now = this.driver && method === "sendFeatureEvent" ? undefined : wall();
    let refusal: Refusal | undefined;
    if (isClosed) {
      refusal = { about: "shutdown" };
    } else if (this.isFiltering) {
      refusal = { about: "beforeSend" };
    } else if (!this.driver && method === "sendFeatureEvent" && this.pendingCalls.length >= MAX_WAITING_CALLS) {
      refusal = { about: "wasm" };
    } else {
      try {
        this.appendCall(method, mono, now, (read?.() ?? []) as unknown[]);
      } catch (thrown) {
        refusal = refusalOf(thrown);
      }
    }
    if (refusal) this.refuse(method, refusal);
    else if (this.driver) this.driver.take(method);
    else this.early!.store(this.pendingCalls);
    return !refusal;
  }

  /** Adds a call, or something that the browser reported. */
  appendCall(method: Method, mono: number, wall: number | undefined, more: unknown[]): void {
    this.pendingCalls[this.pendingCalls.length] = { method, mono, wall, more };
    if (find(MAKES_EVENT, method)) this.count += 1;
  }

  /** Forgets the calls. */
  forgetCalls(): void {
    this.pendingCalls = [];
    this.processed = 0;
    this.count = 0;
  }

  /**
   * Reports a problem to the developer and to the page's `onError`. Without a code it is a warning. The host replaces
   * this method by one that reports the same message at most once a second.
   */
  report(code: string, message: string, dropped: number): void {
    print(code ? "error" : "warn", message);
    const onError = this.#onError!;
    // Runs after the current task, because the page's code may do anything: throw, reject, or not even be a function.
    if (code) atTaskEnd(() => ignoreRejection(attempt(() => onError({ code, message, dropped }))));
  }

  /** Counts a refusal, and reports it once the messages have loaded. */
  refuse(method: string, refusal: Refusal): void {
    this.refused += 1;
    if (this.#pendingRefusals.length < MAX_PENDING_REFUSALS)
      this.#pendingRefusals[this.#pendingRefusals.length] = { method, refusal };
    if (this.explain) this.reportRefusals(this.explain);
  }

  /** Reports the refusals so far. */
  reportRefusals(explain: Explain): void {
    const pending = this.#pendingRefusals;
    this.#pendingRefusals = [];
    for (let at = 0; at < pending.length; at += 1) {
      const { method, refusal } = pending[at]!;
      this.report("invalid_argument", explain(method, refusal), 0);
    }
  }

  /** Sends the waiting events. */
  flush(isClosed: boolean | undefined): Promise<FlushResult> {
    const { promise, settle } = deferred<FlushResult>();
    const flush = this.#lastFlush + 1;
    this.#lastFlush = flush;
    // A promise that resolves to an object asks it for a `then`, and the page may have added one to all objects.
    this.flushes[flush] = (result) => settle(hide(result, "then"));
    if (!this.add("flush", () => [flush], isClosed) || this.isSuspended) this.flushes[flush]!(this.#unsent());
    return promise;
  }

  /**
   * Gives back a handle. The tracker ends with the last one. Before the tracker has begun, this waits for the end of
   * the task, because frameworks remove components and add them again within a task.
   */
  releaseHandle(): void {
    this.handles -= 1;
    if (this.driver) this.#close();
    else atTaskEnd(() => this.#close());
  }

  #close(): void {
    if (this.handles || this.isClosed) return;
    this.add("shutdown");
    this.isClosed = true;
    this.quickSend = undefined;
    this.end?.();
  }

  /** The wasm cannot be loaded for now. Calls keep waiting, but promises of `flush()` are resolved. */
  suspendCalls(message: string): void {
    this.isSuspended = true;
    this.reportRefusals(explainBriefly);
    this.report("load_failed", message, 0);
    this.#resolveFlushes();
  }

  #resolveFlushes(): void {
    for (let flush = this.#lastFlush; flush; flush -= 1) this.flushes[flush]?.(this.#unsent());
  }

  #unsent(): FlushResult {
    return { delivered: 0, pending: this.count, rejected: 0 };
  }

  /** The tracker cannot go on. It is off and reports that once; the page goes on. */
  turnOff(code: string, message: string, error: unknown): void {
    if (this.isOff) return;
    // The next page takes over the stored calls.
    const stored = this.early?.write(this.pendingCalls) ?? 0;
    const dropped = max(this.count - stored, 0);
    this.stop();
    this.reportRefusals(explainBriefly);
    // A thrown value may throw when it is converted to a text.
    const reason = attempt(() => `${error}`);
    this.report(code, `${message}: ${reason}.`, dropped);
  }

  /** Accepts and executes nothing from now on, and resolves all pending promises. */
  stop(): void {
    this.isOff = true;
    this.quickSend = undefined;
    this.knownIds = { __proto__: null } as StickyIds;
    this.forgetCalls();
    this.driver?.end();
    this.driver = undefined;
    this.early?.close();
    this.end?.();
    this.#resolveFlushes();
  }
}

/** The message for a refusal while the full messages cannot be loaded. */
export const explainBriefly: Explain = (method, { about }) => `${method}: refused for ${about}.`;

/** Reports that a tracker is off. */
async function notReady(): Promise<boolean> {
  return false;
}
