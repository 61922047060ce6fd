// The class that a page sees. It returns at once, keeps calls until the wasm is
// there, and lets nothing escape: no throw, no rejected promise.

import type { Core } from "#glue";
import { type Arg, describe, details, id, number, options, text } from "./arguments.ts";
import type { Host } from "./host.ts";
import type { Load } from "./load.ts";
import { post } from "./post.ts";
import type {
  Details,
  FeatureOptions,
  FlushResult,
  Id,
  ModuleOptions,
  PageViewOptions,
  Problem,
  Settings,
  Stats,
} from "./types.ts";

/** A call on its way: what to do with the engine, and when it was made. */
type Call = (core: Core, wall: number, mono: number) => void;

// A page whose wasm is slow may call a lot, but not without end.
const MOST_KEPT = 10_000;

const UNTRIED: FlushResult = { delivered: 0, pending: 0, rejected: 0 };

const enum Current {
  Account,
  User,
  Module,
  Product,
  Session,
  Visitor,
}

export class Tracker {
  /** Resolves to `true` once the tracker runs, or to `false` where it had to be disabled; never rejects. */
  readonly ready: Promise<boolean>;

  #core: Core | undefined;
  #off = false;
  #kept: (() => void)[] | undefined = [];
  #current: (string | null)[] = [];
  #flushes = new Map<number, (result: FlushResult) => void>();
  #lastFlush = 0;
  #filtering = false;
  #onError: ((problem: Problem) => void) | undefined;

  /** @internal */
  constructor(load: Load, apiKey: unknown, authKey: unknown, settings: unknown) {
    const wall = Date.now();
    const mono = performance.now();
    const keys = [id(apiKey), id(authKey)] as const;
    let given: Settings = {};
    try {
      given = { ...(settings as Settings) };
    } catch {
      this.#report("invalid_argument", "new na: the settings could not be read. The defaults are used.", 0, false);
    }
    const { beforeSend, onError } = given;
    for (const [name, hook] of Object.entries({ beforeSend, onError })) {
      if (hook !== undefined && hook !== null && typeof hook !== "function") {
        this.#report("invalid_argument", `new na: ${name} must be a function; got ${describe(hook)}. It is not used.`, 0, false);
      }
    }
    if (typeof onError === "function") this.#onError = onError;
    const filter = typeof beforeSend === "function" ? beforeSend : undefined;
    delete given.beforeSend;
    delete given.onError;
    this.#remember(Current.Account, id(given.accountId));
    this.#remember(Current.User, id(given.userId));

    this.ready = load()
      .then((core) => this.#begin(core, wall, mono, keys, given, filter))
      .catch((error: unknown) => this.#fail("load_failed", "The tracker could not be loaded and is off", error));
  }

  #begin(
    Engine: typeof Core,
    wall: number,
    mono: number,
    [api, auth]: readonly [Arg, Arg],
    settings: Settings,
    filter: Settings["beforeSend"],
  ): boolean {
    const core: Core = new Engine(this.#host(filter, settings.compress !== false));
    for (const [name, value] of Object.entries(settings)) {
      const problem = core.set(name, ...setting(name, value));
      if (problem) this.#report("invalid_argument", problem, 0, false);
    }
    // The engine may call back at once.
    this.#core = core;
    const problem = core.start(wall, mono, ...api, ...auth, !!filter);
    if (problem) {
      this.#disable();
      this.#report("invalid_argument", problem, 0, false);
      return false;
    }
    const kept = this.#kept;
    this.#kept = undefined;
    for (const call of kept ?? []) call();
    return true;
  }

  /** What the engine may ask for. Nothing in here throws. */
  #host(filter: Settings["beforeSend"], compress: boolean): Host {
    return {
      report: (code: string, message: string, dropped: number, warning: boolean) =>
        this.#report(code, message, dropped, warning),
      debug: (line: string) => console.log("natero:", line),
      flushed: (id: number, delivered: number, pending: number, rejected: number) => {
        this.#flushes.get(id)?.({ delivered, pending, rejected });
        this.#flushes.delete(id);
      },
      filter: (line: string) => {
        this.#filtering = true;
        try {
          const event = JSON.parse(line);
          const { event_id } = event;
          const kept = filter?.(event);
          if (kept === null) return null;
          const [kind, json] = details(kept);
          // The key of deduplication is not the page's to change.
          return kind === 2 ? JSON.stringify({ ...JSON.parse(json), event_id }) : undefined;
        } catch {
          return;
        } finally {
          this.#filtering = false;
        }
      },
      post: (id: number, url: string, body: string, keepalive: boolean, unloading: boolean) => {
        post(url, body, keepalive, unloading, compress).then(({ status, retryAfter, rejected, message }) =>
          this.#safely(() => this.#core?.answered(id, status, retryAfter, rejected, message)),
        );
      },
      guard:
        (f: (argument: unknown) => void) =>
        (argument: unknown): void =>
          this.#safely(() => f(argument)),
    };
  }

  /** Runs what may trap in the wasm. After a trap its state cannot be trusted. */
  #safely(run: () => void): void {
    if (this.#off) return;
    try {
      run();
    } catch (error) {
      this.#fail("failed", "The tracker failed and is off", error);
    }
  }

  #fail(code: string, message: string, error: unknown): false {
    if (!this.#off) {
      this.#disable();
      this.#report(code, `${message}: ${error}. The page is not affected.`, this.#kept?.length ?? 0, false);
    }
    return false;
  }

  #disable(): void {
    this.#off = true;
    this.#core = undefined;
    this.#kept = undefined;
    for (const settle of this.#flushes.values()) settle(UNTRIED);
    this.#flushes.clear();
  }

  #report(code: string, message: string, dropped: number, warning: boolean): void {
    if (warning) {
      console.warn("natero:", message);
      return;
    }
    console.error("natero:", message);
    // Later, when the engine is done: the page's code may do anything.
    if (this.#onError) {
      Promise.resolve({ code, message, dropped })
        .then(this.#onError)
        .catch(() => {});
    }
  }

  #call(call: Call): void {
    const wall = Date.now();
    const mono = performance.now();
    if (this.#filtering) {
      this.#report("invalid_argument", "A call from within beforeSend was ignored: it would make events without end.", 0, false);
    } else if (this.#kept) {
      if (this.#kept.length < MOST_KEPT) this.#kept.push(() => this.#safely(() => this.#core && call(this.#core, wall, mono)));
    } else {
      this.#safely(() => this.#core && call(this.#core, wall, mono));
    }
  }

  /** Notes a value for the getters until the engine knows it. */
  #remember(which: Current, [kind, text]: Arg): void {
    if (kind === 1 || (kind === 2 && text)) this.#current[which] = kind === 2 ? text : null;
  }

  #get(which: Current): string | null {
    if (this.#kept) return this.#current[which] ?? null;
    let value: string | null | undefined;
    this.#safely(() => {
      value = this.#core?.current(which);
    });
    return value ?? null;
  }

  /** Sets the account of everything from now on; `null`: not known. */
  setAccountId(accountId: Id | null): void {
    const arg = id(accountId);
    this.#remember(Current.Account, arg);
    this.#call((core, wall, mono) => core.set_account(wall, mono, ...arg));
  }

  /** Sets the user of everything from now on; `null`: not known. */
  setUserId(userId: Id | null): void {
    const arg = id(userId);
    this.#remember(Current.User, arg);
    this.#call((core, wall, mono) => core.set_user(wall, mono, ...arg));
  }

  /** Sets the account, and tells more about it. */
  identifyAccount(accountId: Id, accountDetails?: Details): void {
    const arg = id(accountId);
    const more = details(accountDetails);
    this.#remember(Current.Account, arg);
    this.#call((core, wall, mono) => core.identify(wall, mono, true, ...arg, ...more));
  }

  /** Sets the user, and tells more about them. */
  identifyUser(userId: Id, userDetails?: Details): void {
    const arg = id(userId);
    const more = details(userDetails);
    this.#remember(Current.User, arg);
    this.#call((core, wall, mono) => core.identify(wall, mono, false, ...arg, ...more));
  }

  /** Sets the product of every feature and module event until it is changed or nulled. */
  setProductId(productId: Id | null): void {
    const arg = id(productId);
    this.#remember(Current.Product, arg);
    this.#call((core, wall, mono) => core.set_product(wall, mono, ...arg));
  }

  /** Enters a module, and ends the one before with a `moduleEnd`; `null`: leaves it. */
  setModuleId(moduleId: Id | null): void {
    const arg = id(moduleId);
    this.#remember(Current.Module, arg);
    this.#call((core, wall, mono) => core.set_module(wall, mono, ...arg));
  }

  /** Tells that a feature was used: `total` times, 1 by default. */
  sendFeatureEvent(feature: Id, total?: number | FeatureOptions): void {
    const core = this.#core;
    // The common call on its shortest way: nothing is allocated here.
    if (core && !this.#kept && !this.#filtering && total === undefined && typeof feature === "string" && feature.length <= 256) {
      try {
        core.feature(Date.now(), performance.now(), feature.trim());
      } catch (error) {
        this.#fail("failed", "The tracker failed and is off", error);
      }
      return;
    }
    const given = typeof total === "object" ? options(total, "total", "module", "product", "details") : { total };
    const args = given
      ? [id(feature), number(given.total), id(given.module), id(given.product), details(given.details)]
      : [id(feature), [3, describe(total)] as Arg];
    const kinds = args.reduce((kinds, [kind], at) => kinds | (kind << (4 * at)), 0);
    const [name, sum, module, product, more] = args.map(([, text]) => text);
    this.#call((core, wall, mono) => core.feature_with(wall, mono, kinds, name!, sum!, module ?? "", product ?? "", more ?? ""));
  }

  /** Tells a time in a module that the caller measured, in ms. */
  sendModuleEvent(module: Id, timeSpent: number, moduleOptions?: ModuleOptions): void {
    const arg = id(module);
    const time = typeof timeSpent === "number" ? timeSpent : NaN;
    const given = options(moduleOptions, "product");
    const product: Arg = given ? id(given.product) : [3, describe(moduleOptions)];
    this.#call((core, wall, mono) => core.module_event(wall, mono, ...arg, time, ...product));
  }

  /** Ends the current page view and starts another. */
  trackPageView(pageOptions?: PageViewOptions): void {
    const given = options(pageOptions, "url", "title");
    const page = globalThis.document;
    const url: Arg = given ? text(given.url ?? page?.location.href.replace(/[?#].*/s, "")) : [3, describe(pageOptions)];
    const title: Arg = text(given?.title ?? page?.title);
    this.#call((core, wall, mono) => core.page_view(wall, mono, ...url, ...title));
  }

  /** Sends what waits; resolves once that was tried, never rejects. */
  flush(): Promise<FlushResult> {
    if (this.#off) return Promise.resolve(UNTRIED);
    const flush = ++this.#lastFlush;
    return new Promise((settle) => {
      this.#flushes.set(flush, settle);
      this.#call((core, wall, mono) => core.flush(wall, mono, flush));
    });
  }

  /** The visitor agreed: what was held is sent. */
  optIn(): void {
    this.#call((core, wall, mono) => core.opt_in(wall, mono));
  }

  /** The visitor refused: events, cookies and stored events are dropped. */
  optOut(): void {
    this.#call((core, wall, mono) => core.opt_out(wall, mono));
  }

  /** The user logged out: closes timings, sends, then forgets identity, module, product, session and visitor. */
  reset(): void {
    this.#current = [];
    this.#call((core, wall, mono) => core.reset(wall, mono));
  }

  /** Closes timings, sends, and removes every listener and timer; later calls are refused. */
  shutdown(): void {
    this.#call((core, wall, mono) => core.shutdown(wall, mono));
  }

  /** Plain counters. */
  stats(): Stats {
    let json: string | undefined;
    this.#safely(() => {
      json = this.#core?.stats();
    });
    if (json && !this.#kept) return JSON.parse(json);
    const dropped = { total: 0, invalid: 0, consent: 0, disabled: 0, before_send: 0, overflow: 0, rejected: 0, too_large: 0 };
    return { accepted: 0, delivered: 0, pending: this.#kept?.length ?? 0, dropped, requests: 0, retries: 0, bytesSent: 0 };
  }

  /** The account, or `null`. */
  getAccountId(): string | null {
    return this.#get(Current.Account);
  }

  /** The user, or `null`. */
  getUserId(): string | null {
    return this.#get(Current.User);
  }

  /** The module, or `null`. */
  getModuleId(): string | null {
    return this.#get(Current.Module);
  }

  /** The product, or `null`. */
  getProductId(): string | null {
    return this.#get(Current.Product);
  }

  /** The session that all tabs of the visitor share, or `null` before the tracker is ready. */
  getSessionId(): string | null {
    return this.#get(Current.Session);
  }

  /** The visitor, or `null` before the tracker is ready. */
  getVisitorId(): string | null {
    return this.#get(Current.Visitor);
  }
}

/** A setting as `src/convert.rs` reads it. */
function setting(name: string, value: unknown): [kind: number, text: string, number: number] {
  if (typeof value === "number" && !name.endsWith("Id")) return [4, "", value];
  if (typeof value === "boolean") return [5, "", +value];
  const [kind, text] = typeof value === "string" && !name.endsWith("Id") ? [2, value.trim().slice(0, 4096)] : id(value);
  return [kind, text, 0];
}
