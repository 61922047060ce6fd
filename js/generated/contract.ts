// Written by `cargo xtask build` from the definitions in Rust: change those.

import type { Id, Problem, TrackedEvent } from "../types.ts";

/** Longest id, in characters. */
export const MAX_ID_CHARS = 256;

/** An id: characters, of which a surrogate pair is one. */
export const ANY_ID = /^.{1,256}$/su;

/** An id of visible ASCII, as nearly all are; spaces only within. */
export const PLAIN_ID = /^[!-~](?:[ -~]{0,254}[!-~])?$/;

/** Largest details of one event, in bytes of JSON. */
export const MAX_DETAILS_BYTES = 16_384;

/** Longest address and title, in UTF-16 units: longer ones are cut. */
export const MAX_TEXT_UNITS = 4096;

/** A sign-in sets account and user by two calls: for so many ms the identity between them is nobody's. */
export const SIGN_IN_MS = 100;

/** Name of the session cookie, after the prefix. */
export const SESSION_COOKIE = "sid";

/** Name of the visitor cookie, after the prefix. */
export const VISITOR_COOKIE = "vid";

/** Begin of the names of stored events, after the prefix. The digit is the version of the format. */
export const STORED_EVENTS = "q1.";

/** Begin of the names of stored calls, after the prefix. The digit is the version of the format. */
export const STORED_CALLS = "c3.";

/** Under this suffix a part of the storage records when its page was last alive. Segments count from 1. */
export const LAST_ALIVE = ".0";

/** Under this suffix all pages share the time until which the server asked to wait. */
export const SHARED_WAIT = ".wait";

/** Name under which tabs announce which of them was used last, after the prefix. */
export const TAB = "tab";

/** Key of the symbol under which all copies of the tracker on a page share their state. */
export const SHARED_STATE_KEY = "natero-wasm";

/** Query parameter with the ids of events for which the server is asked whether it has them. */
export const ASKED_PARAMETER = "asked";

/** How often the tracker checks whether the focus is still in a frame of another origin. */
export const FOCUS_CHECK_MS = 1000;

/** A hidden page has no frames. After this time the title of a navigation is read without one. */
export const MAX_TITLE_WAIT_MS = 250;

/** Without locks (on plain http), a page counts as closed if it has not updated its time stamp for this long. */
export const CLOSED_AFTER_MS = 600_000;

/** When a lock that another page held is requested once more. */
export const RELEASED_WITHIN_MS = 1000;

/** How long to wait for the request that tests why a collector is unreachable. */
export const PROBE_TIMEOUT_MS = 5000;

/** How long the same message is not repeated. */
export const MESSAGE_SILENCE_MS = 1000;

/** For how many different messages that is remembered. */
export const MAX_REMEMBERED_MESSAGES = 100;

/** How many messages all trackers together report within `MESSAGE_SILENCE_MS`. */
export const MAX_REPORTED_MESSAGES = 250;

/** Longer bodies are compressed. */
export const COMPRESS_OVER_BYTES = 1024;

/** After this many compressed bodies in a row that failed, the next one is sent uncompressed. */
export const MAX_COMPRESSED_FAILURES = 3;

/** After this many answers in a row that could not be read, `fetch` is given up. */
export const MAX_UNREADABLE_ANSWERS = 3;

/** How much of an answer that is not JSON a message quotes, in UTF-16 units. */
export const MAX_QUOTED_UNITS = 200;

/** Maximum number of unanswered copies for `debugUrl`. */
export const MAX_COPIES = 3;

/** How deeply details may be nested. Deeper objects are left out. */
export const MAX_DETAILS_DEPTH = 64;

/** Largest event that `beforeSend` may return, in bytes of JSON. */
export const MAX_EVENT_BYTES = 32_768;

/** DOM events that count as activity. Pages also scroll by themselves. */
export const ACTIVITY_EVENTS = ["pointerdown", "pointermove", "mousedown", "mousemove", "click", "keydown", "touchstart", "touchmove", "wheel"];

/** Why events are not delivered, in the order of the counters. */
export const REASONS = ["consent", "disabled", "before_send", "identity", "overflow", "rejected", "too_large"] as const;
export type Reason = (typeof REASONS)[number];

/** What `onError` is told: stable, for programs. */
export type ErrorCode =
  | "invalid_argument"
  | "unauthorized"
  | "unreachable"
  | "before_send"
  | "identity"
  | "overflow"
  | "rejected"
  | "too_large"
  | "load_failed"
  | "failed";

/** Describes a valid id. */
export const EXPECTED_ID = "a string of 1 to 256 characters";

/** Describes a valid endpoint. */
export const EXPECTED_ENDPOINT = "an http: or https: URL, or a path of this origin";

/** Describes any other valid address. */
export const EXPECTED_ADDRESS = "an http: or https: URL";

/** Describes a valid time span, count or size. */
export const EXPECTED_POSITIVE = "a number above 0";

/** Describes a valid part of a name. */
export const EXPECTED_TOKEN = "a string of letters, digits, '.', '-' and '_'";

/** Describes a setting that is on or off. */
export const EXPECTED_FLAG = "true or false";

/** Describes a setting that the tracker calls. */
export const EXPECTED_FUNCTION = "a function";

/** Describes a valid time measured by the caller. */
export const EXPECTED_SPAN = "a number of ms, 0 or more";

/** Describes a valid total of a feature event. */
export const EXPECTED_NUMBER = "a finite number";

/** Describes any text. */
export const EXPECTED_TEXT = "a string";

/** Describes valid options and settings. */
export const EXPECTED_PLAIN = "a plain object";

/** Describes valid details, where the given ones are too large. */
export const EXPECTED_DETAILS = "a plain object of at most 16 KiB as JSON";

/** What to do where the collector does not know the keys. */
export const CHECK_KEYS = "Check apiKey and authKey";

/** The warning where the page has no timers. */
export const NO_TIMERS = "setTimeout is missing, throws or does not wait: events are sent at once.";

/** What happened to lost events, and what to do. */
export const LOSSES: Record<Reason, readonly [happened: string, advice: string]> = {
  consent: ["consent is missing", "Call optIn() when there is consent"],
  disabled: ["sending is disabled", "See disableEventSend"],
  before_send: ["beforeSend threw or returned no event", "Return the event, or null to drop it"],
  identity: ["the identity changed before account and user were known", "Set both before another user comes"],
  overflow: ["more events wait than maxQueueBytes allows", "The least important went first"],
  rejected: ["the collector refused them", "See what it says"],
  too_large: ["the collector finds them too large, each alone", "Send fewer details"],
};

/** Why a collector is unreachable, as far as a page can find out. */
export const UNREACHABLE_CAUSES = {
  policy: "the page's Content-Security-Policy has no connect-src for it",
  page: "a page comes in place of its answer, as from a sign-in or a proxy",
  redirect: "it redirects (301, 308), perhaps to a sign-in page",
  offline: "there is no network",
  cors: "it answers without CORS headers for this page, or redirects",
  down: "it is down, or something blocks it",
};

/** What an event tells. */
export type ActionName =
  | "feature"
  | "moduleEnd"
  | "sessionSync"
  | "sessionIdle"
  | "pageView"
  | "pageViewEnd"
  | "identifyUser"
  | "identifyAccount";

/** The default of `endpoint`. */
export const DEFAULT_ENDPOINT = "https://events.natero.com";

/** The default of `maxStoredBytes`. */
export const DEFAULT_MAX_STORED_BYTES = 1_048_576;

/** The default of `persistence`. */
export const DEFAULT_PERSISTENCE = "storage";

/** The default of `cookiePrefix`. */
export const DEFAULT_COOKIE_PREFIX = "na_";

/** The default of `consent`. */
export const DEFAULT_CONSENT = "granted";

/** What a setting may be; a list has all its values. */
export type Kind = "id" | "endpoint" | "address" | "flag" | "positive" | "token" | "hook" | readonly (string | boolean)[];

/** Each setting: its kind, and its default where it has one. */
export const SETTINGS = {
  accountId: ["id"],
  userId: ["id"],
  endpoint: ["endpoint", "https://events.natero.com"],
  trackUnload: ["flag", true],
  trackPageViews: [[true, false, "hash"], true],
  disableEventSend: ["flag", false],
  debug: ["flag", false],
  debugUrl: ["address"],
  sessionTimeout: ["positive", 1_800_000],
  idleTimeout: ["positive", 60_000],
  sessionSyncInterval: ["positive", 60_000],
  flushInterval: ["positive", 5000],
  batchSize: ["positive", 50],
  maxQueueBytes: ["positive", 8_388_608],
  maxStoredBytes: ["positive", 1_048_576],
  persistence: [["storage", "memory"], "storage"],
  cookieDomain: ["token"],
  cookiePrefix: ["token", "na_"],
  consent: [["granted", "pending", "denied"], "granted"],
  respectGpc: ["flag", false],
  respectDnt: ["flag", false],
  compress: ["flag", true],
  beforeSend: ["hook"],
  onError: ["hook"],
} as const satisfies Record<keyof Settings, readonly [kind: Kind, fallback?: unknown]>;

/** Settings of `new na(apiKey, authKey, settings)`. Numbers are above 0 and below 10^15. */
export interface Settings {
  /** The account, as if set by `setAccountId`. */
  accountId?: Id | null | undefined;
  /** The user, as if set by `setUserId`. */
  userId?: Id | null | undefined;
  /** Origin of the Event API, with a path prefix if it has one, or a path on the page's own origin. The tracker appends `/v1/{authKey}/{apiKey}`. Any other value turns the tracker off. Default `"https://events.natero.com"`. */
  endpoint?: string | undefined;
  /** End page view, module and session timing when the page is hidden or unloaded. Default `true`. */
  trackUnload?: boolean | undefined;
  /** Record a page view on load, on navigation within the page and on return from the back/forward cache. `"hash"` also counts a change of the path in the fragment. Default `true`. */
  trackPageViews?: true | false | "hash" | undefined;
  /** Run as usual, but send and store nothing. Default `false`. */
  disableEventSend?: boolean | undefined;
  /** Print one readable console line per event and per request. Default `false`. */
  debug?: boolean | undefined;
  /** A full URL that also receives a copy of each batch. Failures there have no effect. */
  debugUrl?: string | undefined;
  /** Inactivity after which the next activity starts a new session, in ms. Default `1_800_000`. */
  sessionTimeout?: number | undefined;
  /** Time without activity after which the user counts as idle, in ms. Default `60_000`. */
  idleTimeout?: number | undefined;
  /** Interval between `sessionSync` events while the user is active, in ms. Default `60_000`. */
  sessionSyncInterval?: number | undefined;
  /** Longest time that an event waits before the tracker tries to send it, in ms. Default `5000`. */
  flushInterval?: number | undefined;
  /** Number of waiting events that triggers a send. Default `50`. */
  batchSize?: number | undefined;
  /** Limit for everything kept in memory for sending, in bytes. Default `8_388_608`. */
  maxQueueBytes?: number | undefined;
  /** Limit for everything that this source keeps in web storage, other pages and early calls included, in bytes. Default `1_048_576`. */
  maxStoredBytes?: number | undefined;
  /** `"storage"` uses cookies and web storage. `"memory"` sets no cookie and stores nothing. Default `"storage"`. */
  persistence?: "storage" | "memory" | undefined;
  /** Domain of the cookies: letters, digits, `.`, `-` and `_`. Without it, the cookies belong to this host only. */
  cookieDomain?: string | undefined;
  /** Prefix of the names of cookies and stored items: letters, digits, `.`, `-` and `_`. Default `"na_"`. */
  cookiePrefix?: string | undefined;
  /** `"pending"` holds events in memory and sets no cookie until `optIn()`. `"denied"` drops events. Default `"granted"`. */
  consent?: "granted" | "pending" | "denied" | undefined;
  /** Treat Global Privacy Control as `consent: "denied"`. Default `false`. */
  respectGpc?: boolean | undefined;
  /** Treat Do Not Track as `consent: "denied"`. Default `false`. */
  respectDnt?: boolean | undefined;
  /** Compress bodies over 1 KiB with gzip where the browser can, but never while the page unloads. Default `true`. */
  compress?: boolean | undefined;
  /** Called with each event before it is queued. Return the event, changed or not, or `null` to drop it. If the function throws, the event is dropped and counted. */
  beforeSend?: ((event: TrackedEvent) => TrackedEvent | null) | undefined;
  /** Called when a call is refused, when events are lost, and when the tracker cannot load or send. */
  onError?: ((problem: Problem) => void) | undefined;
}

/** The settings by which the engine decides, checked, with their defaults. */
export interface CoreConfig {
  accountId?: string | undefined;
  userId?: string | undefined;
  trackUnload: boolean;
  trackPageViews: boolean;
  disableEventSend: boolean;
  debug: boolean;
  sessionTimeout: number;
  idleTimeout: number;
  sessionSyncInterval: number;
  flushInterval: number;
  batchSize: number;
  maxQueueBytes: number;
  maxStoredBytes: number;
  persistence: "storage" | "memory";
  consent: "granted" | "pending" | "denied";
  /** There is a `beforeSend`. */
  filter: boolean;
}

/** Why events were not delivered, and how many. */
export interface Dropped {
  /** The sum of all reasons except `invalid`. */
  total: number;
  /** Calls that were refused, also those after `shutdown()`. */
  invalid: number;
  /** Consent was denied. */
  consent: number;
  /** `disableEventSend` is on. */
  disabled: number;
  /** `beforeSend` returned `null` or threw. */
  before_send: number;
  /** The identity changed before both account and user were known. */
  identity: number;
  /** `maxQueueBytes` was reached. */
  overflow: number;
  /** The collector refused them. */
  rejected: number;
  /** Too large, even when sent alone. */
  too_large: number;
}

/** Counters since construction. `accepted = delivered + pending + dropped.total` holds for the events that this page made. Events taken over from closed pages do not count as `accepted` here. */
export interface Stats {
  /** Events that this page made, except those that another page took over while this page was in the back/forward cache. */
  accepted: number;
  /** Events that the collector confirmed. */
  delivered: number;
  /** Events kept for sending. */
  pending: number;
  /** Requests started. */
  requests: number;
  /** Requests started after a failure. */
  retries: number;
  /** Bytes of all bodies, before compression. */
  bytesSent: number;
  /** Events that will not be delivered. */
  dropped: Dropped;
}

/** The counters before the engine is there: of so many events that wait for it, and of so many calls that were refused. */
export const earlyStats = (waiting: number, invalid: number): Stats => ({
  accepted: waiting,
  delivered: 0,
  pending: waiting,
  requests: 0,
  retries: 0,
  bytesSent: 0,
  dropped: { total: 0, invalid, consent: 0, disabled: 0, before_send: 0, identity: 0, overflow: 0, rejected: 0, too_large: 0 },
});
