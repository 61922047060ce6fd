// Replaces the engine in tests: records the events of calls in memory, immediately. It needs neither wasm nor network
// nor page. It does not simulate what only a page can produce: activity, page views by navigation, idleness, sessions
// that end. From calls it records the same events as the engine: `js/test/testing-beside.test.mjs` compares both.

import { short } from "../address.ts";
import { filter } from "../before-send.ts";
import type { Call, Calls } from "../calls.ts";
import { writeDetails } from "../details.ts";
import type { EngineDriver } from "../engine-driver.ts";
import { earlyStats, SIGN_IN_MS } from "../generated/contract.ts";
import type { Ids, Reason } from "../generated/core.d.ts";
import { explain as explainLoss } from "../losses.ts";
import { type CheckedSettings, coreConfig } from "../settings.ts";
import type { ActionName, Dropped, Stats, TrackedEvent } from "../types.ts";
import { Identity, type Missing, type Subject } from "./identity.ts";
import { type Draft, recorded } from "./recorded.ts";

type Counters = { accepted: number; delivered: number; dropped: Dropped };

/** A time that events report in whole milliseconds. The fraction stays for the next event. */
class Stopwatch {
  ms = 0;

  take(): number {
    const whole = Math.floor(this.ms);
    this.ms -= whole;
    return whole;
  }
}

/** The engine of one tracker. */
export class MemoryEngine {
  readonly #calls: Calls;
  readonly #settings: CheckedSettings;
  readonly #identity: Identity;
  #consent: CheckedSettings["consent"];
  #countedTo = now();
  readonly #inModule = new Stopwatch();
  readonly #inPage = new Stopwatch();
  #page: { readonly url: string; hasEnded: boolean } | undefined;
  /** When waiting events can be completed with the identity that is known now. */
  #completesAt = Infinity;
  /** Events of the current call. `beforeSend` decides on them after the call. */
  #undecided: Draft[] = [];
  #flushed = 0;
  readonly #counters: Counters = {
    accepted: 0,
    delivered: 0,
    dropped: earlyStats(0, 0).dropped,
  };

  constructor(calls: Calls, settings: CheckedSettings) {
    this.#calls = calls;
    this.#settings = settings;
    const { accountId, consent, userId } = coreConfig(settings);
    this.#consent = consent;
    this.#identity = new Identity(accountId, userId);
  }

  /** The connection from the buffer of calls to this engine. */
  driver(): EngineDriver {
    const execute = (): void => this.#executeAll();
    const driver: Pick<EngineDriver, "compare" | "end" | "ids" | "stats" | "take"> = {
      take: execute,
      compare: () => {},
      end: () => {},
      ids: () => {
        execute();
        return this.#allIds();
      },
      stats: () => {
        execute();
        return this.#stats();
      },
    };
    return driver as EngineDriver;
  }

  /** Treats the identity as final, because a test that looks at events expects no second call of a sign-in. */
  settle(): void {
    if (this.#completesAt < Infinity) this.#complete();
  }

  #allIds(): Ids {
    return { ...this.#identity.ids, sessionId: "session", visitorId: "visitor" };
  }

  #waiting(): Draft[] {
    return recorded.waiting.get(this) ?? [];
  }

  #setWaiting(drafts: Draft[]): void {
    if (drafts.length) recorded.waiting.set(this, drafts);
    else recorded.waiting.delete(this);
  }

  #stats(): Stats {
    const pending = this.#waiting().length;
    const dropped = { ...this.#counters.dropped, invalid: this.#calls.refused };
    return { ...this.#counters, pending, requests: 0, retries: 0, bytesSent: 0, dropped };
  }

  #executeAll(): void {
    const calls = this.#calls;
    while (calls.processed < calls.pendingCalls.length) {
      const call = calls.pendingCalls[calls.processed]!;
      calls.processed += 1;
      writeDetails(call);
      if (this.#completesAt <= now()) this.#complete();
      this.#execute(call);
      for (let draft = this.#undecided.shift(); draft; draft = this.#undecided.shift()) this.#decide(draft);
    }
    calls.forgetCalls();
  }

  #execute({ method, more }: Call): void {
    const [first, second, third, fourth, fifth] = more as (string | undefined)[];
    const { ids } = this.#identity;
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
        this.#record(method, { details: second === undefined ? {} : JSON.parse(second) });
        break;
      case "setModuleId":
      case "setProductId": {
        const name = method === "setModuleId" ? "moduleId" : "productId";
        if (ids[name] === first) break;
        this.#endModuleBeforeChange();
        ids[name] = first;
        break;
      }
      case "sendFeatureEvent":
        this.#record("feature", {
          feature: first,
          total: second === undefined ? 1 : Number(second),
          module: orCurrent(third, ids.moduleId),
          product: orCurrent(fourth, ids.productId),
          details: fifth === undefined ? undefined : JSON.parse(fifth),
        });
        break;
      case "sendModuleEvent":
        this.#record("moduleEnd", {
          module: first,
          product: orCurrent(third, ids.productId),
          time_spent: Math.trunc(Number(second)),
        });
        break;
      case "trackPageView":
        this.#nextPageView(short(first ?? ""), second ?? "");
        break;
      case "optIn":
        this.#consent = "granted";
        this.#release();
        break;
      case "optOut":
        this.#consent = "denied";
        this.#drop("consent", this.#waiting().length);
        this.#setWaiting([]);
        break;
      case "reset":
        this.settle();
        this.#endTimings();
        this.#identity.forget();
        this.#loseIncomplete(({ account, user }) => account || user);
        break;
      case "shutdown":
        this.#endTimings();
        break;
      case "flush": {
        this.settle();
        const { delivered } = this.#counters;
        const { flushes } = this.#calls;
        const flush = more[0] as number;
        flushes[flush]?.({ delivered: delivered - this.#flushed, pending: this.#waiting().length, rejected: 0 });
        delete flushes[flush];
        this.#flushed = delivered;
        break;
      }
      default:
        // What a browser reports. In tests nobody does.
        break;
    }
  }

  /** Sets the account or the user, after reporting the time spent under the previous one. */
  #identify(subject: Subject, id: string | undefined): void {
    const identity = this.#identity;
    const current = identity.ids[subject];
    if (current === id) return;
    const at = now();
    if (!identity.isSecondHalf(subject, at)) this.settle();
    if (current !== undefined && !identity.isSigningIn(at)) {
      this.#endTimings();
      const { userId } = identity.ids;
      if (subject === "accountId" && id !== undefined && userId !== undefined)
        this.#calls.report(
          "",
          `the account changed under user ${userId}, and a user belongs to one account. Where another user signs in, set the user first.`,
          0,
        );
    }
    const change = identity.set(subject, id, at);
    if (change === "accountKnown") {
      this.#complete();
      return;
    }
    if (change === "ended") this.#loseIncomplete(({ account, user }) => account !== user);
    this.#completeWaiting();
  }

  /** Completes waiting events once the identity is known and no further call of a sign-in can follow. */
  #completeWaiting(): void {
    const at = now();
    const settlesAt = this.#identity.settlesAt(at);
    this.#completesAt = Infinity;
    if (settlesAt === undefined) this.#complete();
    else if (this.#isKnown()) this.#completesAt = settlesAt;
  }

  #isKnown(): boolean {
    const { account, user } = this.#identity.missing();
    return !account && !user;
  }

  /** Completes events that wait for an identity, if it is known. */
  #complete(): void {
    this.#completesAt = Infinity;
    if (!this.#isKnown()) return;
    const { accountId, userId } = this.#identity.ids;
    const missing = this.#identity.missing();
    const complete = ({ event, missing: missingBefore }: Draft): Draft => ({
      // Ids that `beforeSend` has set stay.
      event: {
        ...(missingBefore.account ? { account_id: accountId } : {}),
        ...(missingBefore.user ? { user_id: userId } : {}),
        ...event,
      } as TrackedEvent,
      missing,
    });
    this.#setWaiting(this.#waiting().map(complete));
    this.#release();
  }

  /** Counts and reports events whose identity will never be known. */
  #loseIncomplete(isLost: (missing: Missing) => boolean): void {
    const waiting = this.#waiting();
    const remaining = waiting.filter(({ missing }) => !isLost(missing));
    this.#setWaiting(remaining);
    this.#lose("identity", waiting.length - remaining.length);
  }

  #countTime(): void {
    const at = now();
    const more = Math.max(at - this.#countedTo, 0);
    this.#inModule.ms += more;
    this.#inPage.ms += more;
    this.#countedTo = at;
  }

  #endTimings(): void {
    this.#countTime();
    this.#endModule();
    this.#endPageView();
  }

  #endModuleBeforeChange(): void {
    this.#countTime();
    // Time since the first call of a sign-in belongs to nobody yet. It is added to the next module.
    if (!this.#identity.isSigningIn(now()) || this.#inModule.ms >= SIGN_IN_MS) this.#endModule();
  }

  #endModule(): void {
    const { moduleId, productId } = this.#identity.ids;
    const spent = this.#inModule.take();
    if (moduleId === undefined || !spent) return;
    this.#record("moduleEnd", { module: moduleId, product: productId, time_spent: spent });
  }

  #nextPageView(url: string, title: string): void {
    this.#countTime();
    this.#endPageView();
    const referrer = this.#page?.url ?? "";
    this.#record("pageView", { url, title, referrer });
    this.#page = { url, hasEnded: false };
    this.#inPage.ms = 0;
  }

  /** The first end of a page view is reported even if it took no time. */
  #endPageView(): void {
    const spent = this.#inPage.take();
    const page = this.#page;
    if (!page || (page.hasEnded && !spent)) return;
    page.hasEnded = true;
    this.#record("pageViewEnd", { url: page.url, time_spent: spent });
  }

  #record(action: ActionName, fields: Record<string, unknown>): void {
    recorded.count += 1;
    const { accountId, userId } = this.#identity.ids;
    const event = {
      account_id: accountId,
      user_id: userId,
      created_at: Math.round(Date.now()),
      session_id: "session",
      action,
      ...fields,
      event_id: `event-${recorded.count}`,
      visitor_id: "visitor",
      stream_id: "stream",
    };
    // Like the line that is sent, it has no undefined fields.
    const draft: Draft = { event: JSON.parse(JSON.stringify(event)), missing: this.#identity.missing() };
    this.#counters.accepted += 1;
    if (this.#consent === "denied") this.#drop("consent", 1);
    else if (this.#settings.beforeSend) this.#undecided.push(draft);
    else this.#keep(draft);
  }

  #decide({ event, missing }: Draft): void {
    const line = filter({ calls: this.#calls, settings: this.#settings }, JSON.stringify(event));
    if (line) this.#keep({ event: JSON.parse(line), missing });
    else if (line === undefined) this.#lose("before_send", 1);
    else this.#drop("before_send", 1);
  }

  #keep(draft: Draft): void {
    const { account, generation, user } = draft.missing;
    if (this.#settings.disableEventSend) {
      this.#drop("disabled", 1);
    } else if ((account || user) && generation !== this.#identity.generation) {
      // The identity ended while `beforeSend` decided.
      this.#lose("identity", 1);
    } else {
      this.#setWaiting([...this.#waiting(), draft]);
      if (account || user) this.#completeWaiting();
      this.#release();
    }
  }

  /** Delivers the events that no longer wait for anything. */
  #release(): void {
    if (this.#consent !== "granted") return;
    const waiting: Draft[] = [];
    for (const draft of this.#waiting()) {
      if (draft.missing.account || draft.missing.user) {
        waiting.push(draft);
      } else {
        recorded.events.push(draft.event);
        this.#counters.delivered += 1;
      }
    }
    this.#setWaiting(waiting);
  }

  #lose(reason: Reason, count: number): void {
    if (!count) return;
    this.#drop(reason, count);
    const { code, message } = explainLoss({ reason, count, status: undefined, message: "" });
    this.#calls.report(code, message, count);
  }

  #drop(reason: Reason, count: number): void {
    this.#counters.dropped[reason] += count;
    this.#counters.dropped.total += count;
  }
}

/** The id in an event: the one passed for it alone, or the current one. An empty text stands for none. */
const orCurrent = (given: string | undefined, current: string | undefined): string | undefined =>
  given === undefined ? current : given || undefined;

// Reads the clock at each call, so that a test can replace it.
function now(): number {
  return performance.now();
}
