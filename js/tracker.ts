// The class that a page sees: its methods return at once, and what they are
// passed is checked. `run.ts` does the rest.

import { LONGEST_ID, describe, details, id, idOrNull, number, options, override, refuse, text } from "./arguments.ts";
import { bare } from "./browser/page.ts";
import { Op } from "./core.ts";
import type { Load } from "./load.ts";
import { MOST_KEPT, type Run, SOON, run } from "./run.ts";
import { check } from "./settings.ts";
import type { Details, FeatureOptions, FlushResult, Id, ModuleOptions, PageViewOptions, Stats } from "./types.ts";

const FEATURE_OPTIONS = ["total", "module", "product", "details"] as const;

export class Tracker {
  /** Resolves to `true` once the tracker runs, or to `false` where it had to be disabled; never rejects. */
  readonly ready: Promise<boolean>;

  readonly #run: Run;

  /** @internal */
  constructor(load: Load, apiKey: unknown, authKey: unknown, given: unknown) {
    const problems: string[] = [];
    const settings = check(given, (problem) => problems.push(problem));
    let url = "";
    try {
      const path = [id("authKey", authKey), id("apiKey", apiKey)].map(encodeURIComponent).join("/");
      url = `${settings.endpoint.replace(/\/+$/, "")}/v1/${path}`;
    } catch (refusal) {
      problems.push(`${(refusal as Error).message} The tracker is off: pass the two keys of your source, new na(apiKey, authKey, settings).`);
    }
    this.#run = run(load, settings, url, problems);
    this.ready = this.#run.ready;
  }

  #set(method: string, name: string, op: Op, which: number, value: unknown): void {
    this.#run.call(method, op, () => (this.#run.current[which] = idOrNull(name, value)));
  }

  #identify(method: string, name: string, op: Op, which: number, value: unknown, more: unknown): void {
    this.#run.call(method, op, () => {
      const text = `${id(name, value)}\0${details(more)}`;
      this.#run.current[which] = id(name, value);
      return text;
    });
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
    // The common call on its shortest way, all of it in one function: compiling
    // more of them is what a page would feel. A name of ASCII needs no look at
    // more than its first character until it is handed over.
    const run = this.#run;
    if (total === undefined && run.open && typeof feature === "string" && feature.length <= LONGEST_ID) {
      const first = feature.charCodeAt(0);
      if (first > 32 && first < 127) {
        if (run.kept.push([Op.Feature, SOON, performance.now(), feature, 0]) % MOST_KEPT === 1) run.wake();
        return;
      }
    }
    this.#run.call("sendFeatureEvent", Op.Feature, () => {
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
    this.#run.call(
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
    this.#run.call("trackPageView", Op.PageView, () => {
      const page = globalThis.document;
      const given = options("options", pageOptions, ["url", "title"]);
      const url = text("url", given.url ?? (page ? bare(location.href) : ""));
      return `${url}\0${text("title", given.title ?? (page ? page.title : ""))}`;
    });
  }

  /** Sends what waits; resolves once that was tried, never rejects. */
  flush(): Promise<FlushResult> {
    return this.#run.flush();
  }

  /** The visitor agreed: what was held is sent. */
  optIn(): void {
    this.#run.call("optIn", Op.OptIn);
  }

  /** The visitor refused: events, cookies and stored events are dropped. */
  optOut(): void {
    this.#run.call("optOut", Op.OptOut);
  }

  /** The user logged out: closes timings, sends, then forgets identity, module, product, session and visitor. */
  reset(): void {
    this.#run.current.fill("");
    this.#run.call("reset", Op.Reset);
  }

  /** Closes timings, sends, and removes every listener and timer; later calls are refused. */
  shutdown(): void {
    this.#run.close();
  }

  /** Plain counters. */
  stats(): Stats {
    return this.#run.stats();
  }

  /** The account, or `null`. */
  getAccountId(): string | null {
    return this.#run.get(0);
  }

  /** The user, or `null`. */
  getUserId(): string | null {
    return this.#run.get(1);
  }

  /** The module, or `null`. */
  getModuleId(): string | null {
    return this.#run.get(2);
  }

  /** The product, or `null`. */
  getProductId(): string | null {
    return this.#run.get(3);
  }

  /** The session that all tabs of the visitor share, or `null` before the tracker is ready. */
  getSessionId(): string | null {
    return this.#run.get(4);
  }

  /** The visitor, or `null` before the tracker is ready. */
  getVisitorId(): string | null {
    return this.#run.get(5);
  }
}
