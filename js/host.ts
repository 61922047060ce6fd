// Performs the engine's effects. It is loaded, together with the wasm, once a page makes a tracker.

import { Core, type CoreConfig, type Effect, type FlushOutcome, type Request } from "#core";
import { bare, pageAddress, pageTitle, short } from "./address.ts";
import { filter } from "./before-send.ts";
import type { Method } from "./calls.ts";
import { monotonic, wall } from "./clock.ts";
import { callCore } from "./core-call.ts";
import { EngineDriver, type MakeHost, type SendInput, type SendNavigation } from "./engine-driver.ts";
import { atTaskEnd, deferred, pageAddress as fullAddress, isPrerendering, page, print } from "./environment.ts";
import { ASKED_PARAMETER, MAX_COPIES, NO_TIMERS } from "./generated/contract.ts";
import { attempt, find } from "./intrinsics.ts";
import { explain } from "./losses.ts";
import { watchActivity } from "./page/activity.ts";
import { isOffline, isVisible, later, newController, pageReferrer } from "./page/browser.ts";
import { Cookies } from "./page/cookies.ts";
import { listen } from "./page/listen.ts";
import { type NavigationWatch, watchNavigation } from "./page/navigation.ts";
import { PageStorage } from "./page/storage.ts";
import { Tabs } from "./page/tabs.ts";
import { post } from "./page/transport.ts";
import { causeOf, watchPolicy } from "./page/unreachable.ts";
import { watchVisibility } from "./page/visibility.ts";
import { prepare } from "./prepare.ts";
import { replayStoredCalls } from "./replay.ts";
import type { Construction, Tracking } from "./tracking.ts";
import { type FetchWasm, startWasm } from "./wasm.ts";

/**
 * Makes the engine of a tracker that begins at the given times. Resolves to whether the tracker is on. On a
 * prerendered page it waits until the page is shown.
 */
export type Track = (construction: Construction, mono: number, wall: number) => Promise<boolean>;

/** Starts the wasm. Rejects if it cannot be loaded or belongs to another build. */
export async function startHost(fetchWasm: FetchWasm): Promise<Track> {
  await startWasm(fetchWasm);
  return track;
}

/** Makes the engine of a tracker, once the core has been started. */
export const track: Track = async (construction, mono, now) => {
  const tracking = prepare(construction);
  if (tracking.calls.isOff) return false;
  const isPrerendered = isPrerendering();
  if (isPrerendered) await whenShown();
  const beginsAt = isPrerendered ? monotonic() : mono;
  const beginsOn = isPrerendered ? wall() : now;
  const makeHost: MakeHost = (sendInput, sendNavigation) =>
    new Host(tracking, sendInput, sendNavigation, beginsAt, beginsOn);
  return new EngineDriver(tracking, makeHost, beginsAt, beginsOn).begin();
};

async function whenShown(): Promise<void> {
  const { promise, settle } = deferred();
  const stop = listen("prerenderingchange", () => settle(), page());
  await promise;
  stop();
}

// With this parameter in its address, a page shows its trackers in the inspector.
const INSPECT = /[?&]na_debug\b/;

// The effects that an `optOut` takes back: `adoptOrphans`, `send`, `setSession`, `setVisitor` and `store`.
const NEEDS_CONSENT = /^(?:ad|s[et])/;

/** The engine of one tracker, and the browser's side of it. */
export class Host {
  readonly core: Core;
  /** Whether effects are being performed. The effects of reports made meanwhile are performed in turn. */
  isPerforming = false;
  readonly #tracking: Tracking;
  readonly #sendInput: SendInput;
  readonly #sendNavigation: SendNavigation;
  #navigation: NavigationWatch | undefined;
  /**
   * A call is about to end the page view. A navigation that has not been reported yet is reported directly before it.
   */
  #isEndingView = false;
  readonly #cookies: Cookies;
  #storage: PageStorage | undefined;
  #tabs: Tabs | undefined;
  /** Functions that stop listening to the page. */
  #stops: (() => void)[] = [];
  #stopTimer: (() => void) | undefined;
  /** The monotonic time that the timer is set to. */
  #wakesAt = Infinity;
  /** Controllers of the requests that may be aborted. */
  readonly #controllers: Record<number, AbortController | undefined> = { __proto__: null } as never;
  /** Number of copies for `debugUrl` under way. */
  #copies = 0;

  constructor(tracking: Tracking, sendInput: SendInput, sendNavigation: SendNavigation, mono: number, wall: number) {
    const { seed, settings } = tracking;
    let { config } = tracking;
    const stop = later(() => {}, 0);
    if (stop) {
      stop();
    } else {
      // Without timers nothing wakes the engine. Events are sent at once, one request after the other.
      config = { __proto__: null, ...config, flushInterval: 0 } as CoreConfig;
      tracking.calls.report("", NO_TIMERS, 0);
    }
    this.core = new Core(config, seed[0]!, seed[1]!, seed[2]!, seed[3]!, mono, wall);
    this.#tracking = tracking;
    this.#sendInput = sendInput;
    this.#sendNavigation = sendNavigation;
    this.#cookies = new Cookies(settings, (problem) => tracking.calls.report("", problem, 0));
  }

  /** Begins to listen to the page, and to track. */
  begin(mono: number, wall: number): void {
    if (find(INSPECT, fullAddress())) this.#tracking.calls.showInspector?.();
    this.#listen();
    const { session, visitor } = this.#cookies.read();
    this.core.start(
      mono,
      wall,
      isVisible(),
      isOffline(),
      page() && this.#address(),
      pageTitle(),
      short(bare(pageReferrer())),
      session,
      visitor,
    );
    this.perform();
  }

  /** Reports something to the engine. */
  handle(method: Method, mono: number, wall: number, more: readonly unknown[]): void {
    if (method === "timer") this.#wakesAt = Infinity;
    if (method === "shutdown" || method === "reset" || method === "trackPageView") {
      this.#isEndingView = true;
      this.#navigation?.settle();
      this.#isEndingView = false;
    }
    callCore(this.core, method, mono, wall, more);
  }

  /** Performs effects in order until there are none. The page's code may run meanwhile and make calls. */
  perform(): void {
    if (this.isPerforming) return;
    this.isPerforming = true;
    try {
      for (let effect = this.core.next(); effect; effect = this.core.next()) this.#perform(effect);
    } finally {
      this.isPerforming = false;
    }
    this.#setTimer();
  }

  /** Removes all listeners, timers and locks. */
  detach(): void {
    this.#stopTimer?.();
    this.#wakesAt = Infinity;
    const stops = this.#stops;
    this.#stops = [];
    for (let at = 0; at < stops.length; at += 1) stops[at]!();
    this.#leave();
    this.#tabs = undefined;
    this.#tracking.early.close();
  }

  #perform(effect: Effect): void {
    const { calls } = this.#tracking;
    // A refusal counts from the moment of its call, even if the engine has not executed that call yet.
    if (find(NEEDS_CONSENT, effect.type))
      for (let at = calls.processed; at < calls.pendingCalls.length; at += 1)
        if (calls.pendingCalls[at]!.method === "optOut") return;
    const sendInput = this.#sendInput;
    switch (effect.type) {
      case "send":
        this.#send(effect);
        break;
      case "abortRequest":
        attempt(() => this.#controllers[effect.request]?.abort());
        break;
      case "warnUnreachable":
        this.#warn(effect.status ?? this.#tracking.obstacle);
        break;
      case "filter": {
        const line = filter(this.#tracking, effect.line);
        if (line) sendInput("filtered", line);
        else sendInput("filteredOut", line === undefined);
        break;
      }
      case "reportLoss": {
        const { code, message } = explain(effect);
        calls.report(code, message, effect.count);
        break;
      }
      case "warnAccountChanged":
        calls.report(
          "",
          `the account changed under user ${effect.user}, and a user belongs to one account. Where another user signs in, set the user first.`,
          0,
        );
        break;
      case "showEvent":
        if (this.#tracking.settings.debug)
          print("log", `event${effect.waitsForIds ? " (waits for accountId and userId)" : ""} ${effect.line}`);
        break;
      case "readCookies": {
        const { session, visitor } = this.#cookies.read();
        sendInput("cookiesRead", session, visitor);
        break;
      }
      case "setSession":
        this.#cookies.setSession(effect.value, effect.maxAge);
        break;
      case "setVisitor":
        this.#cookies.setVisitor(effect.value, effect.maxAge);
        break;
      case "eraseCookies":
        this.#cookies.erase();
        break;
      case "announceTab":
        this.#tabs?.announce(effect.announcement, effect.throughStorage);
        break;
      case "resolveFlush":
        this.#resolveFlush(effect);
        break;
      case "claimStorage":
        this.#storage?.claim(effect.stream);
        break;
      case "persistAtTaskEnd":
        atTaskEnd(() => sendInput("taskEnded"));
        break;
      case "store":
        if (this.#storage) this.#storage.write(effect.segment, effect.records);
        else sendInput("writeFailed", effect.segment);
        break;
      case "removeSegment":
        this.#storage?.remove(effect.segment);
        break;
      case "adoptOrphans":
        if (this.#storage) {
          this.#storage.adopt();
          replayStoredCalls(this.#tracking, this.#storage, this.#cookies);
        }
        break;
      case "shareWait":
        this.#storage?.share(effect.record);
        break;
      case "eraseStorage":
        this.#storage?.erase();
        break;
      case "detach":
        this.detach();
        break;
      default:
        // Fails to compile if an effect is not handled.
        effect satisfies never;
    }
  }

  #resolveFlush({ flush, delivered, pending, rejected }: FlushOutcome): void {
    const { flushes } = this.#tracking.calls;
    flushes[flush]?.({ delivered, pending, rejected });
    delete flushes[flush];
  }

  #listen(): void {
    const { config, early, settings, tab, url } = this.#tracking;
    const sendInput = this.#sendInput;
    this.#addStop(
      watchPolicy(url, () => {
        this.#tracking.obstacle = -2;
      }),
    );
    this.#addStop(listen("online", () => sendInput("online", true)));
    this.#addStop(listen("offline", () => sendInput("online", false)));
    // Without a page there is no localStorage and no tab. Under Node, a channel to other tabs would keep the process
    // from ending.
    if (!page()) return;
    this.#tabs = new Tabs(settings.cookiePrefix, tab, sendInput);
    const storage = new PageStorage(sendInput, early, config.maxStoredBytes);
    this.#storage = storage;
    this.#addStop(listen("storage", (event) => storage.adoptShared(event as StorageEvent)));
    const { trackPageViews } = settings;
    if (trackPageViews) {
      const navigation = watchNavigation(trackPageViews === "hash", (mono, wall, url) => {
        if (this.#isEndingView) this.core.navigated(mono, wall, url, pageTitle());
        else this.#sendNavigation(mono, wall, url, pageTitle());
      });
      this.#navigation = navigation;
      this.#addStop(navigation.stop);
    }
    this.#addStop(
      watchActivity(
        url,
        () => {
          // The history may be frozen, or could not be watched for another reason.
          this.#navigation?.verifyAddress();
          sendInput("activity");
        },
        (focused) => sendInput("frameFocused", focused),
      ),
    );
    this.#addStop(
      watchVisibility(
        () => sendInput("shown"),
        () => {
          this.#navigation?.settle();
          this.#storage?.verify();
          sendInput("hidden");
        },
        // A browser does not put a page into the back/forward cache that holds a lock or listens to other tabs. The
        // page asks for both again when it comes back.
        () => this.#leave(),
        () => {
          sendInput("restored");
          sendInput("shown");
          sendInput("navigated", this.#address(), pageTitle());
        },
      ),
    );
  }

  #addStop(stop: () => void): void {
    const stops = this.#stops;
    stops[stops.length] = stop;
  }

  #leave(): void {
    this.#tabs?.close();
    this.#storage?.close();
  }

  #address(): string {
    return pageAddress(this.#tracking.settings.trackPageViews === "hash");
  }

  async #send({ request, events, body, asked, keepalive, unloading }: Request): Promise<void> {
    const { settings, url } = this.#tracking;
    const sendInput = this.#sendInput;
    const { compress, debugUrl } = settings;
    this.#log(request, `${events} events`);
    if (debugUrl && body) this.#copy(debugUrl, body, keepalive, unloading);
    const controller = newController();
    this.#controllers[request] = controller;
    const signal = controller?.signal;
    let isPosted = false;
    const onPost = (): void => {
      if (isPosted) sendInput("sentAgain", request);
      isPosted = true;
    };
    const target = asked ? `${url}?${ASKED_PARAMETER}=${asked}` : url;
    const answer = await post({ url: target, body, keepalive, unloading, compress, signal, onPost });
    delete this.#controllers[request];
    if (answer && answer.status > 0) {
      const { status, retryAfter, rejected, message, lacking } = answer;
      this.#tracking.obstacle = undefined;
      this.#log(request, `answered ${status}`);
      sendInput("answered", request, status, retryAfter, rejected, message, lacking);
    } else {
      this.#tracking.obstacle = answer?.status ?? this.#tracking.obstacle;
      this.#log(request, "no answer");
      sendInput("unanswered", request);
    }
  }

  /** Posts a copy of a batch. If too many copies are unanswered, no more are sent: the same server may take the events. */
  async #copy(url: string, body: string, keepalive: boolean, unloading: boolean): Promise<void> {
    if (this.#copies >= MAX_COPIES) return;
    this.#copies += 1;
    await post({ url, body, keepalive, unloading, compress: false, signal: undefined, onPost() {} });
    this.#copies -= 1;
  }

  async #warn(status: number | undefined): Promise<void> {
    const { calls, url } = this.#tracking;
    const cause = await causeOf(url, status);
    calls.report("unreachable", `the collector has taken nothing for a minute: ${cause}. The events are kept.`, 0);
  }

  #log(request: number, what: string): void {
    if (this.#tracking.settings.debug) print("log", `request ${request}: ${what}`);
  }

  #setTimer(): void {
    const due = this.core.wakeAt();
    // A timer that is set too early stays: waking up for nothing costs less than setting it anew at every call. After
    // `shutdown` the timer serves only the requests under way. The last one ends with its answer, or is aborted, and
    // then nothing is due.
    if (due >= this.#wakesAt && due < Infinity) return;
    this.#stopTimer?.();
    this.#wakesAt = due;
    this.#stopTimer = due < Infinity ? later(() => this.#sendInput("timer"), due - monotonic()) : undefined;
  }
}
