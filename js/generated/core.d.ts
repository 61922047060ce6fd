/* tslint:disable */
/* eslint-disable */
/**
 * A batch to post.
 */
export interface Request {
    /**
     * Names the request in its answer.
     */
    request: RequestId;
    /**
     * How many events it carries.
     */
    events: number;
    /**
     * Newline-separated JSON; empty where the request only asks.
     */
    body: string;
    /**
     * Ids of events that earlier pages sent, separated by commas, without any
     * that would have to be escaped in an address; empty where there are none.
     * The server is asked which of them it lacks.
     */
    asked: string;
    /**
     * It fits into what browsers grant to requests that outlive their page.
     */
    keepalive: boolean;
    /**
     * The page may be gone at once: nothing asynchronous may come before the
     * request.
     */
    unloading: boolean;
}

/**
 * A reading of a clock that never goes back, in ms since any moment. Durations
 * are measured with it.
 */
export type Mono = number;

/**
 * A span of time, in ms.
 */
export type Millis = number;

/**
 * A span of time, in whole seconds, as cookies have it.
 */
export type Seconds = number;

/**
 * An announcement as the one number, in ms, that tabs send each other. Hosts pass it on
 * as it is. Versions that only know [`News::InUse`] ignore the others.
 */
export type Announcement = number;

/**
 * An event that is kept for sending.
 */
export interface QueuedEvent {
    /**
     * The event, a line of JSON.
     */
    line: string;
    /**
     * How far it is on its way to the server.
     */
    progress: Progress;
    /**
     * It is not sent before the account is known.
     */
    lacksAccount: boolean;
    /**
     * It is not sent before the user is known.
     */
    lacksUser: boolean;
    /**
     * It outlives the page.
     */
    isStored: boolean;
}

/**
 * Counters since the tracker was made. `accepted = delivered + pending + dropped` holds
 * for the events that this page made. Events taken over from closed pages do not count
 * as accepted here.
 */
export interface Stats {
    /**
     * Events that this page made, except those that another page took over while this
     * page was in the back/forward cache.
     */
    accepted: number;
    /**
     * Events that the collector confirmed.
     */
    delivered: number;
    /**
     * Events kept for sending.
     */
    pending: number;
    /**
     * Requests started.
     */
    requests: number;
    /**
     * Requests started after a failure.
     */
    retries: number;
    /**
     * Bytes of all bodies, before compression.
     */
    bytesSent: number;
    /**
     * Events that will not be delivered.
     */
    dropped: Dropped;
}

/**
 * Events that will not be delivered, by [`Reason`].
 */
export interface Dropped {
    consent: number;
    disabled: number;
    before_send: number;
    identity: number;
    overflow: number;
    rejected: number;
    too_large: number;
}

/**
 * Events that will not be delivered.
 */
export interface Loss {
    /**
     * Why.
     */
    reason: Reason;
    /**
     * How many.
     */
    count: number;
    /**
     * What the server answered. `None`: it was not asked.
     */
    status: number | undefined;
    /**
     * What the server said about it; empty where it said nothing.
     */
    message: string;
}

/**
 * How a `flush()` ended.
 */
export interface FlushOutcome {
    /**
     * Which one.
     */
    flush: FlushId;
    /**
     * Events that the server has confirmed since the call.
     */
    delivered: number;
    /**
     * Events still kept for sending.
     */
    pending: number;
    /**
     * Events that the server has refused since the call.
     */
    rejected: number;
}

/**
 * How far an event is on its way to the server.
 */
export type Progress = { type: "waiting" } | { type: "carried"; request: RequestId } | { type: "uncertain" } | { type: "asked"; request: RequestId };

/**
 * Identifies a `flush()` in its outcome. The host counts them.
 */
export type FlushId = number;

/**
 * Names a request in its answer.
 */
export type RequestId = number;

/**
 * Names a segment within its page's part of the storage.
 */
export type SegmentId = number;

/**
 * Something to do, in the order in which it is handed out.
 */
export type Effect = ({ type: "send" } & Request) | { type: "abortRequest"; request: RequestId } | { type: "warnUnreachable"; status: number | undefined } | { type: "filter"; line: string } | ({ type: "reportLoss" } & Loss) | { type: "warnAccountChanged"; user: string } | { type: "showEvent"; line: string; waitsForIds: boolean } | { type: "readCookies" } | { type: "setSession"; value: string; maxAge: Seconds } | { type: "setVisitor"; value: string; maxAge: Seconds } | { type: "eraseCookies" } | { type: "announceTab"; announcement: Announcement; throughStorage: boolean } | ({ type: "resolveFlush" } & FlushOutcome) | { type: "claimStorage"; stream: string } | { type: "persistAtTaskEnd" } | { type: "store"; segment: SegmentId; records: string } | { type: "removeSegment"; segment: SegmentId } | { type: "adoptOrphans" } | { type: "shareWait"; record: string } | { type: "eraseStorage" } | { type: "detach" };

/**
 * What events of now carry.
 */
export interface Ids {
    /**
     * The account, if known.
     */
    accountId: string | undefined;
    /**
     * The user, if known.
     */
    userId: string | undefined;
    /**
     * The module that is set.
     */
    moduleId: string | undefined;
    /**
     * The product that is set.
     */
    productId: string | undefined;
    /**
     * The session that all tabs of the visitor share.
     */
    sessionId: string;
    /**
     * The visitor.
     */
    visitorId: string;
}

/**
 * What keeps events from being sent.
 */
export type WaitsFor = "nothing" | "consent" | "ids" | "answer" | "retryAfter" | "backoff" | "batch" | "nextPage";

/**
 * What may be kept and sent.
 */
export type Consent = "granted" | "pending" | "denied";

/**
 * Where a tracker stands at a moment.
 */
export interface Inspection {
    /**
     * What may be kept and sent.
     */
    consent: Consent;
    /**
     * Whether time counts.
     */
    clock: ClockState;
    /**
     * When the user counts as idle, unless they do something. `None`: no time
     * counts.
     */
    idleAt: Mono | undefined;
    /**
     * Active time in the module that no event has reported. It runs up to the
     * moment: what the user does next confirms the end of it, and idleness
     * takes that back.
     */
    moduleTime: Millis;
    /**
     * The same of the session.
     */
    sessionTime: Millis;
    /**
     * The same of the page view.
     */
    pageViewTime: Millis;
    /**
     * What events wait for.
     */
    waitsFor: WaitsFor;
    /**
     * When that is over. `None`: nobody knows.
     */
    waitsUntil: Mono | undefined;
    /**
     * Requests that failed in a row.
     */
    failures: number;
}

/**
 * Whether time counts in a tab.
 */
export type ClockState = "active" | "idle" | "away";

/**
 * Why an event was not delivered.
 */
export type Reason = "consent" | "disabled" | "before_send" | "identity" | "overflow" | "rejected" | "too_large";

import type { CoreConfig } from "./contract.ts";
export type { CoreConfig };


/**
 * The engine of one tracker.
 *
 * The first two arguments of each method that reports an input are the
 * monotonic and the wall time, in ms. What follows from it is handed out by
 * `next()`, until that is `undefined`.
 */
export class Core {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The user did something.
     */
    activity(mono: number, wall: number): void;
    /**
     * The records of one segment that a closed page left.
     */
    adopted(mono: number, wall: number, records: string): void;
    /**
     * The server answered a request with an HTTP status. `Retry-After` is in
     * ms from now; `rejected` lines of an accepted batch were refused; of the
     * ids it was asked about it lacks those in `lacking`.
     */
    answered(mono: number, wall: number, request: number, status: number, retryAfter: number | null | undefined, rejected: number, message: string, lacking: string | undefined): void;
    /**
     * The values of the cookies, as `readCookies` asked.
     */
    cookiesRead(mono: number, wall: number, session: string, visitor: string): void;
    /**
     * `beforeSend` dropped it, and `threw` or returned no event.
     */
    filteredOut(mono: number, wall: number, threw: boolean): void;
    /**
     * `beforeSend` let the oldest event of `filter` pass, as this line of JSON.
     */
    filtered(mono: number, wall: number, line: string): void;
    /**
     * `flush`; `resolveFlush` names it by this number.
     */
    flush(mono: number, wall: number, flush: number): void;
    /**
     * The focus went into a frame in which nobody hears what the user does, or
     * came out of it.
     */
    frameFocused(mono: number, wall: number, focused: boolean): void;
    /**
     * The page is hidden, or about to go.
     */
    hidden(mono: number, wall: number): void;
    /**
     * `identifyAccount`; `details` is a JSON object.
     */
    identifyAccount(mono: number, wall: number, id: string, details: string | undefined): void;
    /**
     * `identifyUser`; `details` is a JSON object.
     */
    identifyUser(mono: number, wall: number, id: string, details: string | undefined): void;
    /**
     * The ids of now.
     */
    ids(): Ids;
    /**
     * Where the tracker stands at a monotonic time.
     */
    inspect(mono: number): Inspection;
    /**
     * Somebody looks into the tracker from now on, or no longer.
     */
    inspected(mono: number, wall: number, inspected: boolean): void;
    /**
     * The page moved on without a load, or came back from the back/forward
     * cache.
     */
    navigated(mono: number, wall: number, url: string, title: string): void;
    /**
     * An engine without any input yet. The seed comes from
     * `crypto.getRandomValues`.
     */
    constructor(config: CoreConfig, seed0: number, seed1: number, seed2: number, seed3: number, mono: number, wall: number);
    /**
     * The next thing to do.
     */
    next(): Effect | undefined;
    /**
     * The browser says that the network came or went.
     */
    online(mono: number, wall: number, online: boolean): void;
    /**
     * `optIn`
     */
    optIn(mono: number, wall: number): void;
    /**
     * `optOut`
     */
    optOut(mono: number, wall: number): void;
    /**
     * Another tab announced this.
     */
    otherTab(mono: number, wall: number, announcement: number): void;
    /**
     * The event at this place in the queue, oldest first.
     */
    queued(at: number): QueuedEvent | undefined;
    /**
     * `reset`
     */
    reset(mono: number, wall: number): void;
    /**
     * The page came back from the back/forward cache.
     */
    restored(mono: number, wall: number): void;
    /**
     * `sendFeatureEvent`; `total` is a JSON number and 1 where it is absent,
     * `details` a JSON object. Without a `module` or `product` the one that is
     * set stands, and an empty one is none.
     */
    sendFeatureEvent(mono: number, wall: number, feature: string, total: string | undefined, module: string | undefined, product: string | undefined, details: string | undefined): void;
    /**
     * `sendModuleEvent`, with a time in ms; `product` as in `feature`.
     */
    sendModuleEvent(mono: number, wall: number, module: string, timeSpent: number, product: string | undefined): void;
    /**
     * The body of a request was sent once more.
     */
    sentAgain(mono: number, wall: number, request: number): void;
    /**
     * `setAccountId`; without an id, `null` was passed.
     */
    setAccountId(mono: number, wall: number, id: string | undefined): void;
    /**
     * `setModuleId`; without an id, `null` was passed.
     */
    setModuleId(mono: number, wall: number, id: string | undefined): void;
    /**
     * `setProductId`; without an id, `null` was passed.
     */
    setProductId(mono: number, wall: number, id: string | undefined): void;
    /**
     * `setUserId`; without an id, `null` was passed.
     */
    setUserId(mono: number, wall: number, id: string | undefined): void;
    /**
     * The page became visible.
     */
    shown(mono: number, wall: number): void;
    /**
     * `shutdown`: the last call.
     */
    shutdown(mono: number, wall: number): void;
    /**
     * Tracking begins: the first input, once. A worker has no `url`. Cookies
     * that are missing are empty.
     */
    start(mono: number, wall: number, visible: boolean, offline: boolean, url: string | undefined, title: string, referrer: string, sessionCookie: string, visitorCookie: string): void;
    /**
     * The counters.
     */
    stats(): Stats;
    /**
     * The task ends in which `persistAtTaskEnd` was asked for.
     */
    taskEnded(mono: number, wall: number): void;
    /**
     * The time that `wakeAt()` named may have come.
     */
    timer(mono: number, wall: number): void;
    /**
     * `trackPageView`
     */
    trackPageView(mono: number, wall: number, url: string, title: string): void;
    /**
     * No answer came to a request.
     */
    unanswered(mono: number, wall: number, request: number): void;
    /**
     * The monotonic time at which `timer()` is due, `Infinity` where it never is. It
     * changes with every input.
     */
    wakeAt(): number;
    /**
     * A segment could not be written, or is not there any more.
     */
    writeFailed(mono: number, wall: number, segment: number): void;
}

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_core_free: (a: number, b: number) => void;
    readonly core_activity: (a: number, b: number, c: number) => void;
    readonly core_adopted: (a: number, b: number, c: number, d: number) => void;
    readonly core_answered: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => void;
    readonly core_cookiesRead: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly core_filtered: (a: number, b: number, c: number, d: number) => void;
    readonly core_filteredOut: (a: number, b: number, c: number, d: number) => void;
    readonly core_flush: (a: number, b: number, c: number, d: number) => void;
    readonly core_frameFocused: (a: number, b: number, c: number, d: number) => void;
    readonly core_hidden: (a: number, b: number, c: number) => void;
    readonly core_identifyAccount: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly core_identifyUser: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly core_ids: (a: number) => number;
    readonly core_inspect: (a: number, b: number) => number;
    readonly core_inspected: (a: number, b: number, c: number, d: number) => void;
    readonly core_navigated: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly core_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => number;
    readonly core_next: (a: number) => number;
    readonly core_online: (a: number, b: number, c: number, d: number) => void;
    readonly core_optIn: (a: number, b: number, c: number) => void;
    readonly core_optOut: (a: number, b: number, c: number) => void;
    readonly core_otherTab: (a: number, b: number, c: number, d: number) => void;
    readonly core_queued: (a: number, b: number) => number;
    readonly core_reset: (a: number, b: number, c: number) => void;
    readonly core_restored: (a: number, b: number, c: number) => void;
    readonly core_sendFeatureEvent: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => void;
    readonly core_sendModuleEvent: (a: number, b: number, c: number, d: number, e: number, f: number) => void;
    readonly core_sentAgain: (a: number, b: number, c: number, d: number) => void;
    readonly core_setAccountId: (a: number, b: number, c: number, d: number) => void;
    readonly core_setModuleId: (a: number, b: number, c: number, d: number) => void;
    readonly core_setProductId: (a: number, b: number, c: number, d: number) => void;
    readonly core_setUserId: (a: number, b: number, c: number, d: number) => void;
    readonly core_shown: (a: number, b: number, c: number) => void;
    readonly core_shutdown: (a: number, b: number, c: number) => void;
    readonly core_start: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => void;
    readonly core_stats: (a: number) => number;
    readonly core_taskEnded: (a: number, b: number, c: number) => void;
    readonly core_timer: (a: number, b: number, c: number) => void;
    readonly core_trackPageView: (a: number, b: number, c: number, d: number, e: number) => void;
    readonly core_unanswered: (a: number, b: number, c: number, d: number) => void;
    readonly core_wakeAt: (a: number) => number;
    readonly core_writeFailed: (a: number, b: number, c: number, d: number) => void;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
