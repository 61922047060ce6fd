// The class that a page sees: its methods return at once, and what they are
// passed is checked.

import { pageAddress, short } from "./address.ts";
import { details, id, idOrNull, isPlain, number, option, options, override, text, time } from "./arguments.ts";
import { type CallArguments, Calls, complete, MAX_WAITING_CALLS, type Method, type StickyId } from "./calls.ts";
import { snapshot, toJson } from "./details.ts";
import { EarlyCalls } from "./early.ts";
import * as environment from "./environment.ts";
import { MAX_ID_CHARS, REASONS } from "./generated/contract.ts";
import { attempt, charCode, construct, create, encodeComponent, numberToString, slice } from "./intrinsics.ts";
import type { Load } from "./load.ts";
import { type CheckedSettings, checkSettings, coreConfig } from "./settings.ts";
import { type Join, sources } from "./sources.ts";
import { start } from "./start.ts";
import type {
  Details,
  Dropped,
  FeatureOptions,
  FlushResult,
  Id,
  ModuleOptions,
  NameOf,
  Names,
  OpenInspector,
  PageViewOptions,
  Stats,
} from "./types.ts";

export class Tracker<App extends Names = Names> {
  /** Resolves to `true` once the tracker runs, or to `false` where it had to be disabled; never rejects. */
  readonly ready!: Promise<boolean>;

  readonly #calls!: Calls;
  /** This handle was given back. */
  #isClosed = false;

  /** @internal */
  constructor(load: Load | Calls, apiKey?: unknown, authKey?: unknown, given?: unknown) {
    let made: Calls | Tracker;
    try {
      made = typeof load === "function" ? make(load, apiKey, authKey, given, new.target) : load;
    } catch (error) {
      made = new Calls(false);
      made.ready = (async () => false)();
      made.fail("failed", "The tracker is off", error);
    }
    // biome-ignore lint/correctness/noConstructorReturn: the source has a tracker on this page, and this is a handle to it.
    if (!(made instanceof Calls)) return made;
    made.handles += 1;
    this.#calls = made;
    this.ready = made.ready;
  }

  /** Sets the account of everything from now on; `null`: not known. */
  setAccountId(accountId: Id | null): void {
    this.#set("setAccountId", "setAccount", "accountId", accountId);
  }

  /** Sets the user of everything from now on; `null`: not known. */
  setUserId(userId: Id | null): void {
    this.#set("setUserId", "setUser", "userId", userId);
  }

  /** Sets the account, and tells more about it. */
  identifyAccount(accountId: Id, accountDetails?: Details): void {
    this.#identify("identifyAccount", "accountId", accountId, accountDetails);
  }

  /** Sets the user, and tells more about them. */
  identifyUser(userId: Id, userDetails?: Details): void {
    this.#identify("identifyUser", "userId", userId, userDetails);
  }

  /** Enters a module, and ends the one before with a `moduleEnd`; `null`: leaves it. */
  setModuleId(moduleId: NameOf<App, "module"> | null): void {
    this.#set("setModuleId", "setModule", "moduleId", moduleId);
  }

  /** Sets the product of every feature and module event until it is changed or nulled. */
  setProductId(productId: NameOf<App, "product"> | null): void {
    this.#set("setProductId", "setProduct", "productId", productId);
  }

  /** Tells that a feature was used: `total` times, 1 by default. */
  sendFeatureEvent(feature: NameOf<App, "feature">, total?: number | FeatureOptions<App>): void {
    // The common call on its shortest way, all of it in one function: compiling
    // more of them is what a page would feel. A name of ASCII needs no look at
    // more than its first character until it is handed over.
    const calls = this.#calls;
    if (
      total === undefined &&
      calls.open &&
      !this.#isClosed &&
      typeof feature === "string" &&
      feature.length <= MAX_ID_CHARS
    ) {
      const first = feature[0]!;
      if (first > " " && first < "\x7f") {
        const { waiting } = calls;
        const count = waiting.length;
        waiting[count] = { method: "feature", input: [environment.monotonic(), undefined, feature] };
        if (count % MAX_WAITING_CALLS === 0) calls.crossing?.wake();
        return;
      }
    }
    this.#add("sendFeatureEvent", "feature", () => {
      const isOptions = typeof total === "object";
      const given = isOptions ? options(total) : {};
      return [
        id("feature", feature),
        number("total", isOptions ? option(given, "total") : total),
        override("module", option(given, "module")),
        override("product", option(given, "product")),
        details(option(given, "details")),
      ];
    });
  }

  /** Tells a time in a module that the caller measured, in ms. */
  sendModuleEvent(module: NameOf<App, "module">, timeSpent: number, moduleOptions?: ModuleOptions<App>): void {
    this.#add("sendModuleEvent", "moduleEvent", () => {
      const spent = time("timeSpent", timeSpent);
      const product = option(options(moduleOptions), "product");
      return [id("module", module), spent, override("product", product)];
    });
  }

  /** Ends the current page view and starts another. */
  trackPageView(pageOptions?: PageViewOptions): void {
    this.#add("trackPageView", "pageView", () => {
      const given = options(pageOptions);
      const url = option(given, "url");
      const title = option(given, "title");
      return [
        short(text("url", url ?? pageAddress(this.#calls.withHash))),
        text("title", title ?? environment.pageTitle()),
      ];
    });
  }

  /** Sends what waits; resolves once that was tried, never rejects. */
  flush(): Promise<FlushResult> {
    return this.#calls.flush(this.#isClosed);
  }

  /** The visitor agreed: what was held is sent. */
  optIn(): void {
    this.#add("optIn", "optIn", () => []);
  }

  /** The visitor refused: events, cookies and stored events are dropped. */
  optOut(): void {
    this.#add("optOut", "optOut", () => []);
  }

  /** The user logged out: closes timings, sends, then forgets identity, module, product, session and visitor. */
  reset(): void {
    this.#add("reset", "reset", () => {
      this.#calls.known = create(null);
      return [];
    });
  }

  /** Closes timings, sends, and removes every listener and timer; later calls are refused. */
  shutdown(): void {
    const calls = this.#calls;
    if (this.#isClosed || calls.isFiltering) {
      this.#add("shutdown", "shutdown", () => []);
      return;
    }
    this.#isClosed = true;
    calls.release();
  }

  /** Plain counters. */
  stats(): Stats {
    const counted = this.#calls.crossing?.ask((core) => core.stats());
    const dropped = { total: 0, invalid: this.#calls.refused } as Dropped;
    for (let at = 0; at < REASONS.length; at += 1) {
      const reason = REASONS[at]!;
      dropped[reason] = counted ? counted.dropped[reason] : 0;
      dropped.total += dropped[reason];
    }
    const stats = { accepted: 0, delivered: 0, pending: 0, requests: 0, retries: 0, bytesSent: 0, ...counted, dropped };
    stats.pending += this.#calls.count;
    return stats;
  }

  /** Shows the tracker in a panel of the page, which is loaded for that; resolves to whether it is shown. */
  inspect(open?: OpenInspector): Promise<boolean> {
    return this.#calls.inspect(open);
  }

  /** The account, or `null`. */
  getAccountId(): string | null {
    return this.#get("accountId");
  }

  /** The user, or `null`. */
  getUserId(): string | null {
    return this.#get("userId");
  }

  /** The module, or `null`. */
  getModuleId(): string | null {
    return this.#get("moduleId");
  }

  /** The product, or `null`. */
  getProductId(): string | null {
    return this.#get("productId");
  }

  /** The session that all tabs of the visitor share, or `null` before the tracker is ready. */
  getSessionId(): string | null {
    return this.#get("sessionId");
  }

  /** The visitor, or `null` before the tracker is ready. */
  getVisitorId(): string | null {
    return this.#get("visitorId");
  }

  #add<Name extends Method>(name: string, method: Name, read: () => CallArguments<Name>): boolean {
    return this.#calls.add(name, method, read, this.#isClosed);
  }

  #set(
    name: string,
    method: "setAccount" | "setUser" | "setModule" | "setProduct",
    argument: StickyId,
    value: unknown,
  ): void {
    this.#add(name, method, () => {
      this.#calls.known[argument] = idOrNull(argument, value);
      return [this.#calls.known[argument]];
    });
  }

  #identify(method: "identifyAccount" | "identifyUser", argument: StickyId, value: unknown, given: unknown): void {
    this.#add(method, method, () => {
      const identified = id(argument, value);
      const more = details(given);
      this.#calls.known[argument] = identified;
      return [identified, more];
    });
  }

  /** What the engine knows; what was set, as long as there is none; nothing where the tracker is off. */
  #get(name: StickyId | "sessionId" | "visitorId"): string | null {
    const calls = this.#calls;
    if (calls.crossing) return calls.crossing.ask((core) => core.ids()[name]) || null;
    return (!calls.isOff && calls.known[name as StickyId]) || null;
  }
}

/** What a tracker consists of, or a handle of the class `Handle` to the one that its source has on this page. */
function make(load: Load, apiKey: unknown, authKey: unknown, given: unknown, Handle: typeof Tracker): Calls | Tracker {
  const mono = environment.monotonic();
  const wall = environment.wall();
  const problems: string[] = [];
  const tell = (problem: string): void => {
    problems[problems.length] = problem;
  };
  const settings = checkSettings(given, tell);
  const url = urlOf(settings, apiKey, authKey, tell);
  const shared = sources();
  const { join } = shared;
  const other = attempt(() => join[url]!(given));
  if (other) return other as Tracker;

  const hasUser = environment.hasUser();
  const config = coreConfig(settings);
  const seed = environment.seed();
  shared.tab ??= `${seed[0]}-${seed[1]}`;
  const { tab } = shared;
  const early = new EarlyCalls(config, seed, settings.cookiePrefix, shortName(url));
  // The page's code runs for each event where it filters them, or watches the console.
  const calls = new Calls(!url || !hasUser, !config.filter && !settings.debug, early, settings.onError);
  calls.known = { __proto__: null, ...config } as typeof calls.known;
  calls.withHash = settings.trackPageViews === "hash";
  for (let at = 0; at < problems.length; at += 1) calls.refuse("new na", problems[at]!);
  if (!hasUser && settings.debug) environment.print("log", "there is no page here, nor a worker: the tracker is off.");
  calls.ready = start(
    load,
    { settings, config, url, tab, seed, early, calls, plain: { complete, isPlain, snapshot, toJson } },
    mono,
    wall,
  );
  if (calls.isOff) return calls;

  const own: Join = (others) => {
    const handle = construct(Tracker, [calls], Handle) as Tracker;
    // What is no object has no settings.
    const differing = attempt(() => options(others)) ?? {};
    const accountId = option(differing, "accountId");
    const userId = option(differing, "userId");
    // The user first: the account of one who stays is not expected to change.
    if (userId != null) handle.setUserId(userId as Id);
    if (accountId != null) handle.setAccountId(accountId as Id);
    calls.others = differing;
    calls.crossing?.compare();
    return handle;
  };
  join[url] = own;
  calls.end = () => {
    // Another tracker may have come to this source since this one was shut down.
    if (join[url] === own) join[url] = undefined;
  };
  return calls;
}

/** The address that batches go to; empty where the keys are none. */
function urlOf(settings: CheckedSettings, apiKey: unknown, authKey: unknown, tell: (problem: string) => void): string {
  try {
    const path = `${encodeComponent(id("authKey", authKey))}/${encodeComponent(id("apiKey", apiKey))}`;
    let { endpoint } = settings;
    if (!endpoint) return "";
    if (endpoint[0] === "/") endpoint = environment.pageOrigin() + endpoint;
    while (endpoint[endpoint.length - 1] === "/") endpoint = slice(endpoint, 0, -1);
    return `${endpoint}/v1/${path}`;
  } catch (refusal) {
    tell(`${refusal} The tracker is off: pass the two keys of your source, new na(apiKey, authKey, settings).`);
    return "";
  }
}

/** Names a source among others in a few letters; they are few, so 32 bits do. */
function shortName(url: string): string {
  let sum = 0;
  for (let at = 0; at < url.length; at += 1) sum = (sum * 31 + charCode(url, at)) | 0;
  return numberToString(sum >>> 0, 36);
}
