// One tracker at work: the calls of a page on their way to the engine. They
// wait until the wasm is there, features until the task ends; and nothing of
// what goes wrong on the way gets into the page.

import { clean, toId } from "./arguments.ts";
import { facts } from "./browser/page.ts";
import { type Kept, Stash } from "./browser/stash.ts";
import { type Core, type Engine, Op, type Tell } from "./core.ts";
import { effects } from "./effects.ts";
import type { Load } from "./load.ts";
import { say } from "./messages.ts";
import { type Checked, encode } from "./settings.ts";
import { name } from "./stats.ts";
import type { FlushResult, Stats } from "./types.ts";

/** A page whose wasm is slow may call a lot, but not without end. */
export const MOST_KEPT = 10_000;

const UNTRIED: FlushResult = { delivered: 0, pending: 0, rejected: 0 };

const NOW = Promise.resolve();

/** In place of the wall time of a call that is read when the task ends. */
export const SOON = -1;

/** A tracker, behind the methods that a page sees. */
export interface Run {
  /** Resolves to whether it runs; never rejects. */
  ready: Promise<boolean>;
  /** Account, user, module and product, for as long as the engine is not there to ask. */
  current: string[];
  /** A call of the page: `read` checks it now, and it is made now or once the wasm is there. */
  call(method: string, op: Op, read?: () => string, a?: number): void;
  /** Whether features may be put among `kept` as they are. */
  open: boolean;
  /** Calls that wait for the wasm, or for the end of the task once it is there. */
  kept: Kept[];
  /** Makes them when the task ends, or at once if they are many: for whoever adds the first of so many. */
  wake(): void;
  flush(): Promise<FlushResult>;
  /** Later calls are refused. */
  close(): void;
  /** A current value: `src/tracker.rs` has the list. */
  get(which: number): string | null;
  stats(): Stats;
}

/** Begins to load the engine, unless there is no source: `url` is empty. Tells of `problems` of the settings. */
export function run(load: Load, settings: Checked, url: string, problems: readonly string[]): Run {
  const made = [Date.now(), performance.now()] as const;
  const seed = [...crypto.getRandomValues(new Uint32Array(4))];
  let off = !url;
  const current = off ? [] : [toId(settings.accountId) ?? "", toId(settings.userId) ?? ""];
  const { onError } = settings;
  let core: Core | undefined;
  let closed = false;
  const kept: Kept[] = [];
  /** How many of the calls that waited are being made. */
  let left = 0;
  let lastFlush = 0;
  let invalid = 0;

  const report = (code: string, message: string, dropped: number): void => {
    say("error", message);
    // Later, when the engine is done: the page's code may do anything.
    if (onError) {
      Promise.resolve({ code, message, dropped })
        .then(onError)
        .catch(() => {});
    }
  };

  const refuse = (method: string, problem: string): void => {
    invalid += 1;
    report("invalid_argument", `${method}: ${problem}`, 0);
  };

  const fail = (code: string, message: string, error: unknown): false => {
    if (!off) {
      // What is stored is left to the next page.
      const dropped = stash.keeps ? 0 : kept.length + left;
      off = true;
      if (core) core.off = true;
      core = undefined;
      kept.length = 0;
      all.open = false;
      current.fill("");
      detach();
      for (const settle of flushes.values()) settle(UNTRIED);
      flushes.clear();
      report(code, `${message}: ${error}. The page is not affected.`, dropped);
    }
    return false;
  };

  /** Asks the engine. After a trap its state cannot be trusted: the tracker is off, the page is not. */
  const ask = <T>(ask: (core: Core) => T): T | undefined => {
    try {
      return core && ask(core);
    } catch (error) {
      fail("failed", "The tracker failed and is off", error);
      return;
    }
  };

  const handle = (...input: Parameters<Core["handle"]>): void => {
    ask((core) => {
      core.handle(...input);
      core.act();
    });
  };

  const tell: Tell = (op, text = "", a = 0, b = 0, c = 0, d = 0) => {
    drain();
    handle(op, Date.now(), performance.now(), text, a, b, c, d);
  };

  const stash = new Stash(settings, url, seed);
  const done = effects(settings, url, stash, tell, report);
  const { attach, detach, flushes, perform } = done;

  /** Makes the calls that wait, in order. */
  const drain = (): void => {
    if (kept.length && !core?.acting) {
      ask((core) => {
        const ahead = Date.now() - performance.now();
        const calls = kept.splice(0);
        left = calls.length;
        for (const [op, wall, mono, text, a] of calls) {
          // What follows from features can wait for the last of them.
          if (op !== Op.Feature) core.act();
          if (wall === SOON) core.handle(op, mono + ahead, mono, clean(text.trim()));
          else core.handle(op, wall, mono, text, a);
          left -= 1;
        }
        core.act();
      });
    }
  };

  const call: Run["call"] = (method, op, read, a = 0) => {
    const wall = Date.now();
    const mono = performance.now();
    if (off) return;
    if (closed) {
      refuse(method, "the tracker was shut down: the call was ignored. Make a new one.");
      return;
    }
    if (done.filtering) {
      refuse(method, "a call from within beforeSend was ignored: it would make events without end.");
      return;
    }
    let text = "";
    try {
      if (read) text = read();
    } catch (refusal) {
      refuse(method, `${(refusal as Error).message} The call was ignored.`);
      return;
    }
    if (!core && op === Op.Feature && kept.length >= MOST_KEPT) {
      refuse(method, "too many calls wait for the wasm. The call was ignored.");
      return;
    }
    const made: Kept = [op, wall, mono, text, a];
    const waiting = kept.push(made);
    if (!core) stash.keep(kept);
    else if (op !== Op.Feature && !core.acting) drain();
    else if (waiting % MOST_KEPT === 1) all.wake();
  };

  const begin = (engine: Engine, wall: number, mono: number): boolean => {
    core = engine(perform, wall, mono, ...encode(settings), seed);
    // What beforeSend calls is refused, and has to be looked at for that.
    all.open = !closed && !settings.beforeSend;
    attach(engine);
    handle(Op.Start, wall, mono, ...facts(settings));
    drain();
    // Behind what stores their events.
    queueMicrotask(() => off || stash.done());
    return !off;
  };

  const all: Run = {
    ready: off
      ? Promise.resolve(false)
      : shown()
          .then((waited) => {
            if (waited) stash.keep(kept);
            return load().then((engine) => begin(engine, ...(waited ? ([Date.now(), performance.now()] as const) : made)));
          })
          .catch((error: unknown) => fail("load_failed", "The tracker could not be loaded and is off", error)),
    current,
    call,
    open: false,
    kept,
    wake() {
      // Quicker than queueMicrotask.
      if (kept.length === 1) NOW.then(drain);
      else drain();
    },
    flush() {
      const flush = ++lastFlush;
      if (off || done.filtering || closed) {
        call("flush", Op.Flush);
        return Promise.resolve(UNTRIED);
      }
      return new Promise((settle) => {
        flushes.set(flush, settle);
        call("flush", Op.Flush, undefined, flush);
      });
    },
    close() {
      call("shutdown", Op.Shutdown);
      if (done.filtering) return;
      closed = true;
      all.open = false;
    },
    get(which) {
      drain();
      return (core ? ask((core) => core.read(which)) : current[which]) || null;
    },
    stats() {
      drain();
      return name(ask((core) => core.count()) ?? new Float64Array(12), kept.length, invalid);
    },
  };
  for (const problem of problems) refuse("new na", problem);
  return all;
}

/** Waits while the page is only prepared, and nobody sees it; tells whether it had to. */
async function shown(): Promise<boolean> {
  const page = globalThis.document as (Document & { prerendering?: boolean }) | undefined;
  if (!page?.prerendering) return false;
  await new Promise((resolve) => page.addEventListener("prerenderingchange", resolve, { once: true }));
  return true;
}
