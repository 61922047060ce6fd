// The calls of a page, in the one buffer in which they wait: until the wasm is
// there, and in a burst until the task ends.

import { toId } from "./arguments.ts";
import type { Crossing } from "./crossing.ts";
import { type Snapshot, toJson } from "./details.ts";
import type { EarlyCalls } from "./early.ts";
import { atTaskEnd, deferred, isLogging, monotonic, print, wall } from "./environment.ts";
import type { Core } from "./generated/core.d.ts";
import { attempt, create, keys, max, replaceAll } from "./intrinsics.ts";
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
  /** Of a feature, only the monotonic time may be known yet. */
  readonly input: [mono: number, wall: number | undefined, ...more: unknown[]];
}

/** An id that is set and stays. */
export type StickyId = "accountId" | "userId" | "moduleId" | "productId";

/** A page whose wasm is slow may call a lot, but not without end. */
export const MAX_WAITING_CALLS = 10_000;

// How often the same is said, in ms, and of how many messages that is noted. What
// the page does about one may lead to the next.
const SILENCE_MS = 1000;
const MAX_NOTED = 100;

/** A message: when it was said, and how many lost events it was not said of since. */
interface Said {
  at: number;
  dropped: number;
}

const COUNT = /\d+/;

type OnError = ((problem: Problem) => unknown) | undefined;

/** The buffer. */
export class Calls {
  /** Features may be added to `waiting` as they are. */
  open = false;
  /** Calls that wait, behind those of them that were made already. */
  waiting: Call[] = [];
  /** How many of `waiting` were made. */
  made = 0;
  /** Calls that were refused for what they were passed. */
  refused = 0;
  /** The tracker cannot be used, or could not go on. */
  isOff: boolean;
  /** It was shut down. */
  isClosed = false;
  /** The page's `beforeSend` is at work. What it calls would make events without end. */
  isFiltering = false;
  /** The wasm could not be had so far: nothing can be sent until it is. */
  isStranded = false;
  /** The way into the engine, once that is there. */
  crossing: Crossing | undefined;
  /** What the page has of this tracker: it ends with the last. */
  handles = 0;
  /** Whether the tracker could be loaded; never rejects. */
  ready!: Promise<boolean>;
  /** The settings of another construction, to be compared with those that stand. */
  others: object | undefined;
  /** Called when the tracker has ended. */
  end: (() => void) | undefined;
  /** Ids that were set, for as long as the engine is not there to ask. */
  known: Partial<Record<StickyId, string | undefined>> = create(null);
  /** How to tell who waits for a flush, by its number. */
  readonly flushes: Record<number, (result: FlushResult) => void> = create(null);
  /** The path in the fragment of an address counts. */
  withHash = false;
  #said: Record<string, Said> = create(null);
  #lastFlush = 0;
  readonly #early: EarlyCalls | undefined;
  readonly #onError: OnError;
  readonly #mayOpen: boolean;

  /** What the page's code calls while it runs on our account has to be looked at: where it runs for each event, `mayOpen` is `false`. */
  constructor(isOff: boolean, mayOpen = false, early?: EarlyCalls, onError?: OnError) {
    this.isOff = isOff;
    this.#mayOpen = mayOpen;
    this.#early = early;
    this.#onError = onError;
  }

  /** How many calls wait. */
  get count(): number {
    return this.waiting.length - this.made;
  }

  /** A call of the page: its arguments are read now, and it is made now, in a moment, or once the wasm is there. Tells whether it was taken. */
  add<Name extends Method>(name: string, method: Name, read: () => CallArguments<Name>, isClosed: boolean): boolean {
    const mono = monotonic();
    // The wall time of a feature is told when it is made, from its monotonic time.
    const now = this.crossing && method === "feature" ? undefined : wall();
    if (this.isOff || (isLogging() && method !== "shutdown" && method !== "optOut")) return false;
    let problem: string | undefined;
    if (isClosed) {
      problem = "the tracker was shut down. Make a new one.";
    } else if (this.isFiltering) {
      problem = "a call from within beforeSend.";
    } else if (!this.crossing && method === "feature" && this.waiting.length >= MAX_WAITING_CALLS) {
      problem = "too many calls wait for the wasm.";
    } else {
      try {
        this.append(method, mono, now, read());
      } catch (refusal) {
        problem = typeof refusal === "string" ? refusal : "its arguments cannot be read.";
      }
    }
    if (problem) this.refuse(name, `${problem} The call was ignored.`);
    else if (this.crossing) this.crossing.take(method);
    else this.#early!.store(this.waiting);
    return !problem;
  }

  /** Adds a call, or what the browser told. */
  append(method: Method, mono: number, now: number | undefined, more: readonly unknown[]): void {
    const input: Call["input"] = [mono, now];
    for (let at = 0; at < more.length; at += 1) input[at + 2] = more[at];
    this.waiting[this.waiting.length] = { method, input };
  }

  /** Forgets the calls. */
  clear(): void {
    this.waiting = [];
    this.made = 0;
  }

  /** Tells the developer, and the page's `onError`, what went wrong: the same at most once a second. Without a code it is a warning. */
  report(code: string, message: string, dropped: number): void {
    if (keys(this.#said).length > MAX_NOTED) this.#said = create(null);
    // Other numbers make no other message.
    const name = replaceAll(message, COUNT, "");
    this.#said[name] ??= { at: -SILENCE_MS, dropped: 0 };
    const said = this.#said[name]!;
    said.dropped += dropped;
    const now = monotonic();
    if (now - said.at < SILENCE_MS) return;
    const lost = said.dropped;
    said.at = now;
    said.dropped = 0;
    // A console of the page may do what leads to the same again.
    print(code ? "error" : "warn", message);
    if (code && this.#onError) callLater(this.#onError, { code, message, dropped: lost });
  }

  /** Shows the tracker in a panel of the page. No page loads that before somebody asks for it. */
  async inspect(open?: OpenInspector): Promise<boolean> {
    try {
      // What is beside the tracker is no source that the compiler could follow.
      const show = open ?? ((await import("./inspector.js" as string)) as { open: OpenInspector }).open;
      show(this);
      return true;
    } catch (error) {
      this.report("load_failed", `inspect: ${attempt(() => `${error}`)}.`, 0);
      return false;
    }
  }

  /** Tells of a call that was ignored. */
  refuse(method: string, problem: string): void {
    this.refused += 1;
    this.report("invalid_argument", `${method}: ${problem}`, 0);
  }

  /** Sends what waits. */
  flush(isClosed: boolean): Promise<FlushResult> {
    const { promise, settle } = deferred<FlushResult>();
    this.#lastFlush += 1;
    const flush = this.#lastFlush;
    this.flushes[flush] = settle;
    if (!this.add("flush", "flush", () => [flush], isClosed) || this.isStranded) settle(this.#untried());
    return promise;
  }

  /** The page gives a handle back: the tracker ends with the last. As long as it has not begun, it waits for the end of the task: frameworks take components down and put them up again within one. */
  release(): void {
    this.handles -= 1;
    if (this.crossing) this.#close();
    else atTaskEnd(() => this.#close());
  }

  #close(): void {
    if (this.handles || this.isClosed) return;
    this.add("shutdown", "shutdown", () => [], false);
    this.isClosed = true;
    this.open = false;
    this.end?.();
  }

  /** The wasm cannot be had for now. The calls wait; who waits for a flush does not. */
  strand(message: string): void {
    this.isStranded = true;
    this.report("load_failed", message, 0);
    this.#giveUpFlushes();
  }

  #giveUpFlushes(): void {
    for (let flush = this.#lastFlush; flush; flush -= 1) this.flushes[flush]?.(this.#untried());
  }

  #untried(): FlushResult {
    return { delivered: 0, pending: this.count, rejected: 0 };
  }

  /** The wasm is there: tracking begins. Tells whether it goes on. */
  begin(crossing: Crossing): boolean {
    this.crossing = crossing;
    this.isStranded = false;
    this.open = this.#mayOpen && !this.isClosed;
    crossing.begin();
    return !this.isOff;
  }

  /** The tracker cannot go on: it is off, and says so once. The page goes on. */
  fail(code: string, message: string, error: unknown): void {
    if (this.isOff) return;
    // What is stored is left to the next page.
    const early = this.#early;
    const stored = (this.crossing ? early?.count : early?.write(this.waiting)) ?? 0;
    const dropped = max(this.count - stored, 0);
    this.isOff = true;
    this.open = false;
    this.clear();
    this.crossing?.end();
    this.crossing = undefined;
    early?.close();
    this.end?.();
    this.#giveUpFlushes();
    // What is thrown may throw when it is looked at.
    const why = attempt(() => `${error}`);
    this.report(code, `${message}: ${why}.`, dropped);
  }
}

/** Calls the page's code when what goes on now is done: it may do anything, and throw or reject, too. */
async function callLater(onError: NonNullable<OnError>, problem: Problem): Promise<void> {
  try {
    await undefined;
    await onError(problem);
  } catch {
    // What the page makes of its own failure is its own business.
  }
}

/** Puts in what was left for later: the wall time of a feature, its name where that was not looked at, and the JSON of details. */
export function complete({ input }: Call, ahead: number): void {
  if (input[1] === undefined) {
    input[1] = input[0] + ahead;
    input[2] = toId(input[2]);
  }
  const last = input.length - 1;
  const details = input[last];
  if (typeof details === "object" && details) input[last] = toJson(details);
}
