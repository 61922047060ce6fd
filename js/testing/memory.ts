// Stands in for the engine: makes the events of calls, in memory, at once. Neither
// wasm nor network nor page is needed; what only a page can tell (activity, page
// views by navigation, idleness, sessions that end) is not made up.

import { type Call, Calls, type OnError } from "../calls.ts";
import type { Crossing } from "../crossing.ts";
import { writeDetails } from "../details.ts";
import { earlyStats } from "../generated/contract.ts";
import type { Ids } from "../generated/core.d.ts";
import { silenceRepetition } from "../prepare.ts";
import type { CheckedSettings } from "../settings.ts";
import type { ActionName, Dropped, Problem, Stats, TrackedEvent } from "../types.ts";
import { explain } from "../words.ts";

/** What all trackers of a test file made. */
export const made = {
  /** Events that would have been sent. */
  events: [] as TrackedEvent[],
  /** Events that wait for the ids, or for consent. */
  held: new Map<Memory, TrackedEvent[]>(),
  problems: [] as Problem[],
  count: 0,
};

/** Keeps what went wrong, besides telling it. */
export class RecordedCalls extends Calls {
  constructor(isOff: boolean, onError?: OnError) {
    super(isOff, undefined, onError);
    this.explain = explain;
    silenceRepetition(this);
    const tell = this.report;
    this.report = (code, message, dropped) => {
      if (code) made.problems.push({ code, message, dropped });
      tell(code, message, dropped);
    };
  }
}

type Counters = { accepted: number; delivered: number; dropped: Dropped };

/** The engine of one tracker. */
export class Memory {
  readonly #calls: Calls;
  readonly #settings: CheckedSettings;
  readonly #ids: Record<"accountId" | "userId" | "moduleId" | "productId", string | undefined>;
  #consent: CheckedSettings["consent"];
  #moduleSince = 0;
  #page: { url: string; title: string; since: number } | undefined;
  #flushed = 0;
  readonly #counters: Counters = {
    accepted: 0,
    delivered: 0,
    dropped: earlyStats(0, 0).dropped,
  };

  constructor(calls: Calls, settings: CheckedSettings) {
    this.#calls = calls;
    this.#settings = settings;
    this.#consent = settings.consent;
    const { accountId, userId } = settings;
    this.#ids = {
      accountId: accountId == null ? undefined : String(accountId).trim(),
      userId: userId == null ? undefined : String(userId).trim(),
      moduleId: undefined,
      productId: undefined,
    };
  }

  /** The way from the calls into this. */
  crossing(): Crossing {
    const make = (): void => this.#makeAll();
    const way: Pick<Crossing, "compare" | "end" | "ids" | "stats" | "take"> = {
      take: make,
      compare: () => {},
      end: () => {},
      ids: () => {
        make();
        return this.#allIds();
      },
      stats: () => {
        make();
        return this.#stats();
      },
    };
    return way as Crossing;
  }

  #allIds(): Ids {
    return { ...this.#ids, sessionId: "session", visitorId: "visitor" };
  }

  #stats(): Stats {
    const pending = made.held.get(this)?.length ?? 0;
    const dropped = { ...this.#counters.dropped, invalid: this.#calls.refused };
    return { ...this.#counters, pending, requests: 0, retries: 0, bytesSent: 0, dropped };
  }

  #makeAll(): void {
    const calls = this.#calls;
    while (calls.made < calls.pendingCalls.length) {
      const call = calls.pendingCalls[calls.made]!;
      calls.made += 1;
      writeDetails(call);
      this.#make(call);
    }
    calls.forgetCalls();
  }

  #make({ method, more: given }: Call): void {
    const [first, second, third, fourth, fifth] = given as (string | undefined)[];
    switch (method) {
      case "setAccountId":
        this.#identify("accountId", first);
        break;
      case "setUserId":
        this.#identify("userId", first);
        break;
      case "identifyAccount":
      case "identifyUser":
        this.#identify(method === "identifyUser" ? "userId" : "accountId", first);
        this.#record(method, { details: second === undefined ? undefined : JSON.parse(second) });
        break;
      case "setModuleId":
        this.#leaveModule();
        this.#ids.moduleId = first;
        this.#moduleSince = now();
        break;
      case "setProductId":
        this.#leaveModule();
        this.#ids.productId = first;
        this.#moduleSince = now();
        break;
      case "sendFeatureEvent":
        this.#record("feature", {
          feature: first,
          total: second === undefined ? 1 : Number(second),
          module: orSet(third, this.#ids.moduleId),
          product: orSet(fourth, this.#ids.productId),
          details: fifth === undefined ? undefined : JSON.parse(fifth),
        });
        break;
      case "sendModuleEvent":
        this.#record("moduleEnd", {
          module: first,
          product: orSet(third, this.#ids.productId),
          time_spent: Math.round(Number(second)),
        });
        break;
      case "trackPageView":
        this.#leavePage();
        this.#page = { url: first ?? "", title: second ?? "", since: now() };
        this.#record("pageView", { url: first, title: second });
        break;
      case "optIn":
        this.#consent = "granted";
        this.#release();
        break;
      case "optOut":
        this.#consent = "denied";
        this.#drop("consent", made.held.get(this)?.length ?? 0);
        made.held.delete(this);
        break;
      case "reset":
        this.#leave();
        this.#ids.accountId = undefined;
        this.#ids.userId = undefined;
        this.#ids.moduleId = undefined;
        this.#ids.productId = undefined;
        break;
      case "shutdown":
        this.#leave();
        break;
      case "flush": {
        const { delivered } = this.#counters;
        const pending = made.held.get(this)?.length ?? 0;
        const { flushes } = this.#calls;
        const flush = given[0] as number;
        flushes[flush]?.({ delivered: delivered - this.#flushed, pending, rejected: 0 });
        delete flushes[flush];
        this.#flushed = delivered;
        break;
      }
      default:
        // What a browser tells: nobody tells it here.
        break;
    }
  }

  #identify(name: "accountId" | "userId", id: string | undefined): void {
    if (this.#ids[name] !== undefined && this.#ids[name] !== id) this.#leaveModule();
    this.#ids[name] = id;
    this.#release();
  }

  #leave(): void {
    this.#leaveModule();
    this.#leavePage();
  }

  #leaveModule(): void {
    const { moduleId, productId } = this.#ids;
    const spent = Math.round(now() - this.#moduleSince);
    this.#moduleSince = now();
    if (moduleId === undefined || spent <= 0) return;
    this.#record("moduleEnd", { module: moduleId, product: productId, time_spent: spent });
  }

  #leavePage(): void {
    if (!this.#page) return;
    const { url, since } = this.#page;
    this.#page = undefined;
    this.#record("pageViewEnd", { url, time_spent: Math.round(now() - since) });
  }

  #record(action: ActionName, fields: Record<string, unknown>): void {
    made.count += 1;
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    let event = {
      ...this.#identity(),
      created_at: Math.round(Date.now()),
      session_id: "session",
      action,
      ...Object.fromEntries(given),
      visitor_id: "visitor",
      stream_id: "stream",
      event_id: `event-${made.count}`,
    } as TrackedEvent;
    this.#counters.accepted += 1;
    if (this.#consent === "denied") {
      this.#drop("consent", 1);
      return;
    }
    const { beforeSend, disableEventSend } = this.#settings;
    if (beforeSend) {
      const { event_id } = event;
      const kept = this.#filtered(beforeSend, event);
      if (!kept) {
        this.#drop("before_send", 1);
        return;
      }
      event = { ...kept, event_id };
    }
    if (disableEventSend) {
      this.#drop("disabled", 1);
      return;
    }
    made.held.set(this, [...(made.held.get(this) ?? []), event]);
    this.#release();
  }

  #filtered(beforeSend: NonNullable<CheckedSettings["beforeSend"]>, event: TrackedEvent): TrackedEvent | null {
    this.#calls.isFiltering = true;
    try {
      return beforeSend(event);
    } catch (error) {
      this.#calls.report("before_send", `beforeSend threw ${error}. The event was dropped.`, 1);
      return null;
    } finally {
      this.#calls.isFiltering = false;
    }
  }

  /** Lets go of what was held, once nothing is waited for. */
  #release(): void {
    const { accountId, userId } = this.#ids;
    const held = made.held.get(this);
    if (!held || accountId === undefined || userId === undefined || this.#consent !== "granted") return;
    made.held.delete(this);
    for (const event of held) made.events.push({ ...this.#identity(), ...event });
    this.#counters.delivered += held.length;
  }

  #identity(): { account_id?: string; user_id?: string } {
    const { accountId, userId } = this.#ids;
    return {
      ...(accountId === undefined ? {} : { account_id: accountId }),
      ...(userId === undefined ? {} : { user_id: userId }),
    };
  }

  #drop(reason: "before_send" | "consent" | "disabled", count: number): void {
    this.#counters.dropped[reason] += count;
    this.#counters.dropped.total += count;
  }
}

/** What stands in an event: what was passed for it alone, or what was set. An empty text is `null`. */
const orSet = (given: string | undefined, set: string | undefined): string | undefined =>
  given === undefined ? set : given || undefined;

// Read when asked, so that a test's clock counts.
const now = (): number => performance.now();
