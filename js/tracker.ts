// The class that a page sees. It returns at once, keeps calls until the wasm is
// there, and lets nothing escape: no throw, no rejected promise.

import { LONGEST_ID, clean, describe, details, id, idOrNull, isPlain, number, options, override, refuse, text, toId, toJson } from "./arguments.ts";
import { readCookies, setCookie } from "./browser/cookies.ts";
import { bare, facts, listen } from "./browser/page.ts";
import { post } from "./browser/post.ts";
import { type Kept, Stash } from "./browser/stash.ts";
import { Storage } from "./browser/storage.ts";
import { type Tabs, tabs } from "./browser/tabs.ts";
import { type Core, Do, type Engine, Op, type Tell } from "./core.ts";
import type { Load } from "./load.ts";
import { lost, say } from "./messages.ts";
import { type Checked, check, encode } from "./settings.ts";
import { name } from "./stats.ts";
import type { Details, FeatureOptions, FlushResult, Id, ModuleOptions, PageViewOptions, Stats } from "./types.ts";

// A page whose wasm is slow may call a lot, but not without end.
const MOST_KEPT = 10_000;

const UNTRIED: FlushResult = { delivered: 0, pending: 0, rejected: 0 };

const NOW = Promise.resolve();

// In place of the wall time of a call that is read when the task ends.
const SOON = -1;

// Details, and what else an event may hold.
const LARGEST_EVENT = 32_768;

// The longest wait that timers of browsers keep to, in ms.
const LONGEST_TIMER = 2 ** 31 - 1;

export class Tracker {
  /** Resolves to `true` once the tracker runs, or to `false` where it had to be disabled; never rejects. */
  readonly ready: Promise<boolean>;

  readonly #settings: Checked;
  #url = "";
  #engine: Engine | undefined;
  #core: Core | undefined;
  #off = false;
  /** Calls that wait for the wasm, or for the end of the task once it is there. */
  #kept: Kept[] = [];
  /** How many of them are being made. */
  #left = 0;
  /** Account, user, module and product, for as long as the engine is not there to ask. */
  readonly #current: string[] = [];
  readonly #flushes = new Map<number, (result: FlushResult) => void>();
  #lastFlush = 0;
  #invalid = 0;
  #filtering = false;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tabs: Tabs | undefined;
  #storage: Storage | undefined;
  #stash: Stash | undefined;
  #stopListening: (() => void) | undefined;

  /** @internal */
  constructor(load: Load, apiKey: unknown, authKey: unknown, settings: unknown) {
    const made = [Date.now(), performance.now()] as const;
    const problems: string[] = [];
    this.#settings = check(settings, (problem) => problems.push(problem));
    for (const problem of problems) this.#refuse("new na", problem);
    this.#current[0] = toId(this.#settings.accountId) ?? "";
    this.#current[1] = toId(this.#settings.userId) ?? "";
    try {
      const path = [id("authKey", authKey), id("apiKey", apiKey)].map(encodeURIComponent).join("/");
      this.#url = `${this.#settings.endpoint.replace(/\/+$/, "")}/v1/${path}`;
    } catch (refusal) {
      this.#disable();
      this.#refuse("new na", `${(refusal as Error).message} The tracker is off: pass the two keys of your source, new na(apiKey, authKey, settings).`);
      this.ready = Promise.resolve(false);
      return;
    }
    const seed = [...crypto.getRandomValues(new Uint32Array(4))];
    this.#stash = new Stash(this.#settings, this.#url, seed);
    this.ready = shown()
      .then((waited) => {
        if (waited) this.#stash?.keep(this.#kept);
        return load().then((engine) => this.#begin(engine, seed, ...(waited ? ([Date.now(), performance.now()] as const) : made)));
      })
      .catch((error: unknown) => this.#fail("load_failed", "The tracker could not be loaded and is off", error));
  }

  #begin(engine: Engine, seed: number[], wall: number, mono: number): boolean {
    this.#engine = engine;
    this.#core = engine(this.#perform.bind(this), wall, mono, ...encode(this.#settings), seed);
    // Where there is no page there is no localStorage and no tab; and under
    // Node a channel to other tabs would keep the process from ending.
    if (globalThis.document) {
      this.#storage = new Storage(this.#tell, this.#settings, this.#url);
      this.#tabs = tabs(this.#tell, this.#settings);
    }
    // A browser that keeps the page to come back to it will not do so while it
    // holds a lock or hears other tabs. It asks for both again when it is back.
    this.#stopListening = listen(this.#tell, this.#settings, () => {
      this.#tabs?.close();
      this.#storage?.close();
    });
    this.#handle(Op.Start, wall, mono, ...facts(this.#settings));
    this.#drain();
    // Behind what stores their events.
    queueMicrotask(() => this.#off || this.#stash?.done());
    return !this.#off;
  }

  /** Asks the engine. After a trap its state cannot be trusted: the tracker is off, the page is not. */
  #ask<T>(ask: (core: Core) => T): T | undefined {
    try {
      return this.#core && ask(this.#core);
    } catch (error) {
      this.#fail("failed", "The tracker failed and is off", error);
      return;
    }
  }

  #handle(...input: Parameters<Core["handle"]>): void {
    this.#ask((core) => {
      core.handle(...input);
      core.act();
    });
  }

  readonly #tell = (op: Op, text = "", a = 0, b = 0, c = 0, d = 0): void => {
    this.#drain();
    this.#handle(op, Date.now(), performance.now(), text, a, b, c, d);
  };

  /** Makes a call once the wasm is there: at once, or, of a feature, when the task ends. */
  #keep(...call: Kept): void {
    if (!this.#core) {
      this.#kept.push(call);
      this.#stash?.keep(this.#kept);
    } else if (call[0] === Op.Feature || this.#core.acting) this.#soon(call);
    else {
      this.#kept.push(call);
      this.#drain();
    }
  }

  #soon(call: Kept): void {
    const waiting = this.#kept.push(call);
    // Quicker than queueMicrotask.
    if (waiting === 1) NOW.then(this.#drain);
    else if (waiting > MOST_KEPT) this.#drain();
  }

  /** Makes the calls that wait, in order. */
  readonly #drain = (): void => {
    if (this.#kept.length && !this.#core?.acting) {
      this.#ask((core) => {
        const ahead = Date.now() - performance.now();
        const calls = this.#kept.splice(0);
        this.#left = calls.length;
        for (const [op, wall, mono, text, a] of calls) {
          // What follows from features can wait for the last of them.
          if (op !== Op.Feature) core.act();
          if (wall === SOON) core.handle(op, mono + ahead, mono, clean(text.trim()));
          else core.handle(op, wall, mono, text, a);
          this.#left -= 1;
        }
        core.act();
      });
    }
  };

  /** Does what the engine asks for. Nothing that is called in here throws. */
  #perform(op: Do, text: string, a: number, b: number, c: number, d: number): void {
    const settings = this.#settings;
    switch (op) {
      case Do.Send:
        this.#post(text, a, b, c, d);
        break;
      case Do.Filter:
        this.#filter(text, this.#tell);
        break;
      case Do.Lost:
        this.#report(...lost(text, a, b, c), b);
        break;
      case Do.UserInTwoAccounts:
        say(
          "warn",
          `the account changed under user ${text}, and a user belongs to one account. Where another user signs in, set the user first.`,
        );
        break;
      case Do.Debug:
        say("log", "event", text);
        break;
      case Do.ReadCookies:
        this.#tell(Op.Cookies, readCookies(settings));
        break;
      case Do.SetSession:
        setCookie(settings, "sid", text, a);
        break;
      case Do.SetVisitor:
        setCookie(settings, "vid", text);
        break;
      case Do.EraseCookies:
        setCookie(settings, "sid", "", 0);
        setCookie(settings, "vid", "", 0);
        break;
      case Do.Announce:
        this.#tabs?.announce(!!a);
        break;
      case Do.Flushed:
        this.#flushes.get(a)?.({ delivered: b, pending: c, rejected: d });
        this.#flushes.delete(a);
        break;
      case Do.Detach:
        this.#detach();
        break;
      case Do.Own:
        this.#storage?.own(text);
        break;
      case Do.StoreSoon:
        queueMicrotask(() => this.#tell(Op.Store));
        break;
      case Do.Store:
        this.#storage?.store(a, text);
        break;
      case Do.Unstore:
        this.#storage?.unstore(a);
        break;
      case Do.Adopt:
        this.#storage?.adopt();
        if (this.#storage) this.#stash?.adopt(this.#engine!, (line, tell) => this.#filter(line, tell), this.#storage);
        break;
      case Do.Forget:
        this.#storage?.forget();
        break;
      case Do.Wake:
        clearTimeout(this.#timer);
        // Once detached, nothing is set again.
        if (this.#stopListening) this.#timer = setTimeout(this.#tell, Math.min(a - performance.now(), LONGEST_TIMER), Op.Timer);
    }
  }

  #post(body: string, request: number, events: number, keepalive: number, unloading: number): void {
    const { compress, debug, debugUrl } = this.#settings;
    const log = (what: string): void => {
      if (debug) say("log", `request ${request}: ${what}`);
    };
    log(`${events} events`);
    post(this.#url, body, keepalive, unloading, compress).then(([message, status, retryAfter, rejected]) => {
      log(status ? `answered ${status}` : "no answer");
      this.#tell(Op.Response, message, request, status, retryAfter, rejected);
    });
    if (debugUrl) post(debugUrl, body, keepalive, unloading, false);
  }

  #filter(line: string, tell: Tell): void {
    let kept: unknown;
    let json: string | undefined;
    this.#filtering = true;
    try {
      const event = JSON.parse(line);
      // The key of deduplication is not the page's to change.
      const { event_id } = event;
      kept = this.#settings.beforeSend?.(event);
      if (isPlain(kept)) json = toJson({ ...kept, event_id }, LARGEST_EVENT);
    } catch {
      kept = undefined;
    }
    this.#filtering = false;
    if (json) tell(Op.Filtered, json);
    else tell(Op.FilteredOut, "", kept === null ? 0 : 1);
  }

  #detach(): void {
    clearTimeout(this.#timer);
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#tabs?.close();
    this.#tabs = undefined;
    this.#storage?.close();
    this.#stash?.close();
  }

  #disable(): void {
    this.#off = true;
    if (this.#core) this.#core.off = true;
    this.#core = undefined;
    this.#kept = [];
    this.#current.fill("");
    this.#detach();
    for (const settle of this.#flushes.values()) settle(UNTRIED);
    this.#flushes.clear();
  }

  #fail(code: string, message: string, error: unknown): false {
    if (!this.#off) {
      // What is stored is left to the next page.
      const dropped = this.#stash?.keeps ? 0 : this.#kept.length + this.#left;
      this.#disable();
      this.#report(code, `${message}: ${error}. The page is not affected.`, dropped);
    }
    return false;
  }

  #refuse(method: string, problem: string): void {
    this.#invalid += 1;
    this.#report("invalid_argument", `${method}: ${problem}`, 0);
  }

  #report(code: string, message: string, dropped: number): void {
    say("error", message);
    const { onError } = this.#settings;
    // Later, when the engine is done: the page's code may do anything.
    if (onError) {
      Promise.resolve({ code, message, dropped })
        .then(onError)
        .catch(() => {});
    }
  }

  /** A call of the page: checked now, done now or once the wasm is there. */
  #call(method: string, op: Op, read: () => string = () => "", a = 0): void {
    const wall = Date.now();
    const mono = performance.now();
    if (this.#off) return;
    if (this.#closed) {
      this.#refuse(method, "the tracker was shut down: the call was ignored. Make a new one.");
      return;
    }
    if (this.#filtering) {
      this.#refuse(method, "a call from within beforeSend was ignored: it would make events without end.");
      return;
    }
    let text: string;
    try {
      text = read();
    } catch (refusal) {
      this.#refuse(method, `${(refusal as Error).message} The call was ignored.`);
      return;
    }
    if (!this.#core && op === Op.Feature && this.#kept.length >= MOST_KEPT) {
      this.#refuse(method, "too many calls wait for the wasm. The call was ignored.");
      return;
    }
    this.#keep(op, wall, mono, text, a);
  }

  #set(method: string, name: string, op: Op, which: number, value: unknown): void {
    this.#call(method, op, () => (this.#current[which] = idOrNull(name, value)));
  }

  #identify(method: string, name: string, op: Op, which: number, value: unknown, more: unknown): void {
    this.#call(method, op, () => {
      const text = `${id(name, value)}\0${details(more)}`;
      this.#current[which] = id(name, value);
      return text;
    });
  }

  #get(which: number): string | null {
    this.#drain();
    return (this.#core ? this.#ask((core) => core.read(which)) : this.#current[which]) || null;
  }

  /** Sets the account of everything from now on; `null`: not known. */
  setAccountId(accountId: Id | null): void {
    this.#set("setAccountId", "accountId", Op.SetAccount, 0, accountId);
  }

  /** Sets the user of everything from now on; `null`: not known. */
  setUserId(userId: Id | null): void {
    this.#set("setUserId", "userId", Op.SetUser, 1, userId);
  }

  /** Sets the account, and tells more about it. */
  identifyAccount(accountId: Id, details?: Details): void {
    this.#identify("identifyAccount", "accountId", Op.IdentifyAccount, 0, accountId, details);
  }

  /** Sets the user, and tells more about them. */
  identifyUser(userId: Id, details?: Details): void {
    this.#identify("identifyUser", "userId", Op.IdentifyUser, 1, userId, details);
  }

  /** Enters a module, and ends the one before with a `moduleEnd`; `null`: leaves it. */
  setModuleId(moduleId: Id | null): void {
    this.#set("setModuleId", "moduleId", Op.SetModule, 2, moduleId);
  }

  /** Sets the product of every feature and module event until it is changed or nulled. */
  setProductId(productId: Id | null): void {
    this.#set("setProductId", "productId", Op.SetProduct, 3, productId);
  }

  /** Tells that a feature was used: `total` times, 1 by default. */
  sendFeatureEvent(feature: Id, total?: number | FeatureOptions): void {
    // The common call on its shortest way: a name of ASCII needs no look at
    // more than its first character until it is handed over.
    if (total === undefined && this.#core && typeof feature === "string" && feature.length <= LONGEST_ID && !this.#filtering && !this.#closed) {
      const first = feature.charCodeAt(0);
      if (first > 32 && first < 127) {
        this.#soon([Op.Feature, SOON, performance.now(), feature, 0]);
        return;
      }
    }
    this.#call("sendFeatureEvent", Op.Feature, () => {
      const given = typeof total === "object" ? options("options", total, FEATURE_OPTIONS) : { total };
      return [
        id("feature", feature),
        number("total", given.total),
        override("module", given.module),
        override("product", given.product),
        details(given.details),
      ].join("\0");
    });
  }

  /** Tells a time in a module that the caller measured, in ms. */
  sendModuleEvent(module: Id, timeSpent: number, moduleOptions?: ModuleOptions): void {
    this.#call(
      "sendModuleEvent",
      Op.ModuleEvent,
      () => {
        if (typeof timeSpent !== "number" || !(timeSpent >= 0 && timeSpent < 1e15)) {
          refuse("timeSpent", "a number of ms, 0 or more", describe(timeSpent));
        }
        const { product } = options("options", moduleOptions, ["product"]);
        return `${id("module", module)}\0${override("product", product)}`;
      },
      timeSpent,
    );
  }

  /** Ends the current page view and starts another. */
  trackPageView(pageOptions?: PageViewOptions): void {
    this.#call("trackPageView", Op.PageView, () => {
      const page = globalThis.document;
      const given = options("options", pageOptions, ["url", "title"]);
      const url = text("url", given.url ?? (page ? bare(location.href) : ""));
      return `${url}\0${text("title", given.title ?? (page ? page.title : ""))}`;
    });
  }

  /** Sends what waits; resolves once that was tried, never rejects. */
  flush(): Promise<FlushResult> {
    const flush = ++this.#lastFlush;
    if (this.#off || this.#filtering || this.#closed) {
      this.#call("flush", Op.Flush);
      return Promise.resolve(UNTRIED);
    }
    return new Promise((settle) => {
      this.#flushes.set(flush, settle);
      this.#call("flush", Op.Flush, undefined, flush);
    });
  }

  /** The visitor agreed: what was held is sent. */
  optIn(): void {
    this.#call("optIn", Op.OptIn);
  }

  /** The visitor refused: events, cookies and stored events are dropped. */
  optOut(): void {
    this.#call("optOut", Op.OptOut);
  }

  /** The user logged out: closes timings, sends, then forgets identity, module, product, session and visitor. */
  reset(): void {
    this.#current.fill("");
    this.#call("reset", Op.Reset);
  }

  /** Closes timings, sends, and removes every listener and timer; later calls are refused. */
  shutdown(): void {
    this.#call("shutdown", Op.Shutdown);
    if (!this.#filtering) this.#closed = true;
  }

  /** Plain counters. */
  stats(): Stats {
    this.#drain();
    const counters = this.#ask((core) => core.count());
    return name(counters ?? new Float64Array(12), this.#kept.length, this.#invalid);
  }

  /** The account, or `null`. */
  getAccountId(): string | null {
    return this.#get(0);
  }

  /** The user, or `null`. */
  getUserId(): string | null {
    return this.#get(1);
  }

  /** The module, or `null`. */
  getModuleId(): string | null {
    return this.#get(2);
  }

  /** The product, or `null`. */
  getProductId(): string | null {
    return this.#get(3);
  }

  /** The session that all tabs of the visitor share, or `null` before the tracker is ready. */
  getSessionId(): string | null {
    return this.#get(4);
  }

  /** The visitor, or `null` before the tracker is ready. */
  getVisitorId(): string | null {
    return this.#get(5);
  }
}

const FEATURE_OPTIONS = ["total", "module", "product", "details"] as const;

/** Waits while the page is only prepared, and nobody sees it; tells whether it had to. */
async function shown(): Promise<boolean> {
  const page = globalThis.document as (Document & { prerendering?: boolean }) | undefined;
  if (!page?.prerendering) return false;
  await new Promise((resolve) => page.addEventListener("prerenderingchange", resolve, { once: true }));
  return true;
}
