// The class that a page sees. Its methods check their arguments and return at once.

import { bare } from "./address.ts";
import { details, id, options, override, spentTime, text, toId, useCount } from "./arguments.ts";
import { type CallArguments, Calls, type Method, type OnError, type StickyId, type StickyIds } from "./calls.ts";
import { monotonic, wall } from "./clock.ts";
import { snapshot, toJson } from "./details.ts";
import { EarlyCalls } from "./early.ts";
import * as environment from "./environment.ts";
import { DEFAULT_ENDPOINT, earlyStats } from "./generated/contract.ts";
import { endpointOf, type GivenSettings, readSettings } from "./given-settings.ts";
import {
  apply,
  attempt,
  charCode,
  construct,
  dateValue,
  encodeComponent,
  OriginalDate,
  ownNames,
} from "./intrinsics.ts";
import type { Loader } from "./load.ts";
import { type Refusal, refusalOf, refuse } from "./refusal.ts";
import { type Join, sources } from "./sources.ts";
import { start } from "./start.ts";
import type { Construction } from "./tracking.ts";
import type {
  FeatureOptions,
  FlushResult,
  GivenDetails,
  Id,
  ModuleOptions,
  NameOf,
  Names,
  OpenInspector,
  PageViewOptions,
  Stats,
} from "./types.ts";

/** The methods that set an id. */
type IdMethod = "setAccountId" | "setUserId" | "setModuleId" | "setProductId" | "identifyAccount" | "identifyUser";

// How many constructions of a source that has a tracker already wait for the host, which compares their settings.
const MAX_OTHERS = 64;

export class Tracker<App extends Names = Names> {
  /**
   * Resolves to `true` once the tracker runs. Resolves to `false` if it is off, or could not be loaded in the first
   * attempts; in the second case it goes on trying, and keeps the calls. Never rejects.
   */
  readonly ready!: Promise<boolean>;

  readonly #calls!: Calls;
  /** This handle was given back. */
  #isClosed: boolean | undefined;

  /** @internal */
  constructor(loader: Loader | Calls, apiKey?: unknown, authKey?: unknown, settings?: unknown) {
    let calls: Calls | Tracker;
    try {
      calls = loader instanceof Calls ? loader : Tracker.#construct(loader, apiKey, authKey, settings, new.target);
    } catch (error) {
      calls = new Calls(false);
      calls.turnOff("failed", "The tracker is off", error);
    }
    // biome-ignore lint/correctness/noConstructorReturn: the source has a tracker on this page, and this is a handle to it.
    if (!(calls instanceof Calls)) return calls;
    calls.handles += 1;
    this.#calls = calls;
    this.ready = calls.ready;
    // Pages pass methods on as listeners, and wrap objects in proxies. Each method works however it is called.
    const { prototype } = new.target as unknown as { prototype: Record<string, (...parameters: unknown[]) => unknown> };
    const handle = this as unknown as typeof prototype;
    attempt(() => {
      const names = ownNames(handle, Tracker.prototype);
      // The first name is the constructor's.
      for (let at = 1; at < names.length; at += 1) {
        const name = names[at]!;
        handle[name] = (...parameters) => apply(prototype[name]!, handle, parameters);
      }
    });
  }

  /** Sets the account of all later events. `null` means that it is not known, and events wait. */
  setAccountId(accountId: Id | null): void {
    this.#set("setAccountId", "accountId", accountId);
  }

  /** Sets the user of all later events. `null` means that it is not known, and events wait. */
  setUserId(userId: Id | null): void {
    this.#set("setUserId", "userId", userId);
  }

  /** Sets the account, and records details about it. */
  identifyAccount(accountId: Id, accountDetails?: GivenDetails): void {
    this.#set("identifyAccount", "accountId", accountId, [accountDetails]);
  }

  /** Sets the user, and records details about them. */
  identifyUser(userId: Id, userDetails?: GivenDetails): void {
    this.#set("identifyUser", "userId", userId, [userDetails]);
  }

  /** Enters a module, and ends the previous one with a `moduleEnd` event. `null` leaves the module. */
  setModuleId(moduleId: NameOf<App, "module"> | null): void {
    this.#set("setModuleId", "moduleId", moduleId);
  }

  /** Sets the product of all later feature and module events. `null` removes it. */
  setProductId(productId: NameOf<App, "product"> | null): void {
    this.#set("setProductId", "productId", productId);
  }

  /** Records `total` uses of a feature; 1 by default. */
  sendFeatureEvent(feature: NameOf<App, "feature">, total?: number | FeatureOptions<App>): void {
    if (total === undefined && !this.#isClosed && this.#calls.quickSend?.(feature)) return;
    this.#add("sendFeatureEvent", () => {
      const name = id("feature", feature);
      const fields = options(typeof total === "object" ? total : { total });
      return [
        name,
        useCount(fields.total),
        override("module", fields.module),
        override("product", fields.product),
        details(fields.details),
      ];
    });
  }

  /** Records time spent in a module, in ms, as measured by the caller. */
  sendModuleEvent(module: NameOf<App, "module">, timeSpent: number, moduleOptions?: ModuleOptions<App>): void {
    this.#add("sendModuleEvent", () => [
      id("module", module),
      spentTime(timeSpent),
      override("product", options(moduleOptions).product),
    ]);
  }

  /** Ends the current page view and starts another. */
  trackPageView(pageOptions?: PageViewOptions): void {
    this.#add("trackPageView", () => {
      const { url, title } = options(pageOptions);
      return [
        text("url", url ?? bare(environment.pageAddress(), this.#calls.withHash)),
        text("title", title ?? environment.pageTitle()),
      ];
    });
  }

  /** Sends waiting events. The promise resolves once those made before the call were tried, and never rejects. */
  flush(): Promise<FlushResult> {
    return this.#calls.flush(this.#isClosed);
  }

  /** Records that the visitor agreed, and sends the events that were held. */
  optIn(): void {
    this.#add("optIn", () => {
      this.#calls.early?.agree();
    });
  }

  /** Records that the visitor refused, drops waiting and later events, and deletes cookies and stored events. */
  optOut(): void {
    // The engine may never load. What it would erase is erased now.
    this.#add("optOut", () => {
      this.#calls.early?.erase();
    });
  }

  /** For logout: ends timings, sends waiting events, then forgets identity, module, product, session and visitor. */
  reset(): void {
    this.#add("reset", () => {
      this.#calls.knownIds = { __proto__: null } as StickyIds;
    });
  }

  /** Ends all timings, sends waiting events, and removes every listener and timer. Later calls are refused. */
  shutdown(): void {
    const calls = this.#calls;
    if (this.#isClosed || calls.isFiltering) {
      this.#add("shutdown");
      return;
    }
    this.#isClosed = true;
    calls.releaseHandle();
  }

  /** Returns the counters. */
  stats(): Stats {
    const calls = this.#calls;
    return calls.driver?.stats() ?? earlyStats(calls.count, calls.refused);
  }

  /** Loads a panel that shows the tracker in the page. The promise resolves to whether the panel is shown. */
  async inspect(open?: OpenInspector): Promise<boolean> {
    await this.ready;
    return !!(await this.#calls.showInspector?.(open));
  }

  /** Returns the account, or `null`. */
  getAccountId(): string | null {
    return this.#get("accountId");
  }

  /** Returns the user, or `null`. */
  getUserId(): string | null {
    return this.#get("userId");
  }

  /** Returns the module, or `null`. */
  getModuleId(): string | null {
    return this.#get("moduleId");
  }

  /** Returns the product, or `null`. */
  getProductId(): string | null {
    return this.#get("productId");
  }

  /** Returns the session, which all tabs of the visitor share, or `null` before the tracker is ready. */
  getSessionId(): string | null {
    return this.#get("sessionId");
  }

  /** Returns the visitor, or `null` before the tracker is ready. */
  getVisitorId(): string | null {
    return this.#get("visitorId");
  }

  #add<Name extends Method>(method: Name, read?: () => CallArguments<Name> | undefined): boolean {
    return this.#calls.add(method, read, this.#isClosed);
  }

  /** Sets an id, and passes on the details given with it. If the method takes no details, `null` clears the id. */
  #set(method: IdMethod, argument: StickyId, value: unknown, detailsArgument?: readonly [details: unknown]): void {
    this.#add(method, () => {
      const set = value === null && !detailsArgument ? undefined : id(argument, value);
      const more = detailsArgument && details(detailsArgument[0]);
      this.#calls.knownIds[argument] = set;
      return [set, more] as never;
    });
  }

  /** The engine's current value. Before the engine has loaded, the value that was set. `null` if the tracker is off. */
  #get(name: StickyId | "sessionId" | "visitorId"): string | null {
    const calls = this.#calls;
    const ids: { readonly [Id in typeof name]?: string | undefined } = calls.driver?.ids() ?? calls.knownIds;
    return ids[name] || null;
  }

  /**
   * Makes the calls of a new tracker, or a handle of the class `Handle` to the tracker that this source has already.
   */
  static #construct(
    loader: Loader,
    apiKey: unknown,
    authKey: unknown,
    passedSettings: unknown,
    Handle: typeof Tracker,
  ): Calls | Tracker {
    const mono = monotonic();
    const now = wall();
    // If the page had broken the language before this was loaded, that throws here once, and not at each call.
    dateValue(new OriginalDate());
    let givenSettings = { __proto__: null } as GivenSettings;
    let url = "";
    let refusal: Refusal | undefined;
    try {
      // If a built-in function gives wrong answers, nothing can be read. The host finds out which: see `prepare.ts`.
      if (toJson(snapshot({ a: [toId(" a")] }, 99)!) !== '{"a":["a"]}') refuse("arguments");
      givenSettings = readSettings(passedSettings);
      const apiKeyPart = encodeComponent(id("apiKey", apiKey));
      const authKeyPart = encodeComponent(id("authKey", authKey));
      const endpoint = "endpoint" in givenSettings ? givenSettings.endpoint : DEFAULT_ENDPOINT;
      url = `${endpointOf(endpoint) || refuse("endpoint", endpoint)}/v1/${authKeyPart}/${apiKeyPart}`;
    } catch (thrown) {
      refusal = refusalOf(thrown);
    }
    const shared = sources();
    const { join } = shared;
    const other = join[url];
    if (other) return other(passedSettings, Handle) as Tracker;

    const hasUser = environment.hasUser();
    const seed = environment.seed();
    shared.tab ??= `${seed[0]}-${seed[1]}`;
    const { accountId, onError, trackPageViews, userId } = givenSettings;
    const knownIds = { __proto__: null, accountId: toId(accountId), userId: toId(userId) } as StickyIds;
    const early = new EarlyCalls(givenSettings, { ...knownIds, seed }, shortName(url));
    const calls = new Calls(!url || !hasUser, early, onError as OnError);
    if (!calls.isOff) calls.knownIds = knownIds;
    calls.withHash = trackPageViews === "hash";
    if (refusal) calls.refuse("new na", refusal);
    calls.ready = start(
      loader,
      { __proto__: null, passedSettings, givenSettings, url, tab: shared.tab, seed, early, calls } as Construction,
      mono,
      now,
    );
    if (calls.isOff) return calls;

    const joinOwn: Join = (settings, Other) => {
      // The class of another copy of the library has no access to this one's private fields.
      const isOurs = (Other as Partial<typeof Tracker> | undefined)?.prototype instanceof Tracker;
      const handle = construct(Tracker, [calls], isOurs ? (Other as typeof Tracker) : Handle) as Tracker;
      // Settings that throw count as none.
      const differing = attempt(() => readSettings(settings)) ?? givenSettings;
      const { accountId, userId } = differing;
      // The user comes first, because the account of a user who stays is not expected to change. This does not use
      // the public methods: a subclass may override them and need what its constructor has not set up yet.
      if (userId != null) handle.#set("setUserId", "userId", userId);
      if (accountId != null) handle.#set("setAccountId", "accountId", accountId);
      calls.others[calls.others.length % MAX_OTHERS] = differing;
      calls.driver?.compare();
      return handle;
    };
    join[url] = joinOwn;
    calls.end = () => {
      // After a shutdown, another tracker may have taken over this source.
      if (join[url] === joinOwn) join[url] = undefined;
    };
    return calls;
  }
}

/** A short name for a source. A page has few of them, so 32 bits suffice. */
function shortName(url: string): number {
  let sum = 0;
  for (let at = 0; at < url.length; at += 1) sum = (sum * 31 + charCode(url, at)) | 0;
  return sum;
}
