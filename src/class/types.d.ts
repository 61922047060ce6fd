// Written by `cargo xtask build` from the definitions in Rust and js/types.ts: change those.

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

/** An account, user, module, product or feature: 1–256 characters once trimmed. Numbers count as decimal strings. */
export type Id = string | number | bigint;

/**
 * Plain data about a user, an account or one use of a feature, at most 16 KiB as JSON. Dates become ISO strings,
 * bigints decimal strings, `NaN` and infinities `null`. Functions, symbols and `undefined` are left out. A cycle, or
 * a getter that throws, only costs its own key.
 */
export type Details = Record<string, unknown>;

/** What can be passed as {@link Details}: an object of any type, including interfaces, but not an array. */
export type GivenDetails = Details | (object & { readonly [Symbol.iterator]?: never });

/**
 * The names that an app uses, so that the compiler can check them:
 * `new na<{ feature: "export" | "import"; module: "reports" }>(…)`. A kind that is left out accepts any {@link Id}.
 */
export interface Names {
  feature?: Id;
  module?: Id;
  product?: Id;
}

/** The names that an app may use of one kind. */
export type NameOf<App extends Names, Kind extends keyof Names> =
  App extends Record<Kind, infer Name extends Id> ? Name : Id;

/** The fields of every event. */
export interface EventBase {
  /** Absent while the account or the user is not known. */
  account_id?: string;
  /** Absent while the account or the user is not known. */
  user_id?: string;
  /** In ms since the Unix epoch. */
  created_at: number;
  session_id: string;
  action: ActionName;
  /** Unique. Cannot be changed. */
  event_id: string;
  visitor_id: string;
  /** Identifies the page instance. */
  stream_id: string;
}

/** A feature was used. */
export interface FeatureEvent extends EventBase {
  action: "feature";
  feature: string;
  total: number;
  module?: string;
  product?: string;
  details?: Details;
}

/** Time in a module has ended. */
export interface ModuleEndEvent extends EventBase {
  action: "moduleEnd";
  module: string;
  product?: string;
  /** Active ms in the module. */
  time_spent: number;
}

/** The session goes on, or ends. */
export interface SessionSyncEvent extends EventBase {
  action: "sessionSync";
  /** Active ms since the previous `sessionSync`. */
  active_duration: number;
}

/** The user is idle. */
export interface SessionIdleEvent extends EventBase {
  action: "sessionIdle";
}

/** A page is shown. */
export interface PageViewEvent extends EventBase {
  action: "pageView";
  url: string;
  title?: string;
  referrer?: string;
}

/** A page was left. */
export interface PageViewEndEvent extends EventBase {
  action: "pageViewEnd";
  url: string;
  /** Active ms on the page. */
  time_spent: number;
}

/** Details about a user or an account. */
export interface IdentifyEvent extends EventBase {
  action: "identifyUser" | "identifyAccount";
  details?: Details;
}

/** An event, as `beforeSend` sees it and as the Event API receives it. `action` determines which fields it has. */
export type TrackedEvent =
  | FeatureEvent
  | ModuleEndEvent
  | SessionSyncEvent
  | SessionIdleEvent
  | PageViewEvent
  | PageViewEndEvent
  | IdentifyEvent;

/** What `onError` receives. */
export interface Problem {
  /** A stable code for programs: `invalid_argument`, `unauthorized`, `overflow`, … */
  code: string;
  /** What is wrong, where, and what to do. */
  message: string;
  /** Number of events lost by it. */
  dropped: number;
}

/** Options of one feature event. */
export interface FeatureOptions<App extends Names = Names> {
  /** How often the feature was used: a finite number. The collector takes 0 to 1,000,000. Default 1. */
  total?: number | undefined;
  /** The module of this event, in place of the current one; `null` for none. */
  module?: NameOf<App, "module"> | null | undefined;
  /** The product of this event, in place of the current one; `null` for none. */
  product?: NameOf<App, "product"> | null | undefined;
  /** Details about this use. */
  details?: GivenDetails | null | undefined;
}

/** Options of one module event. */
export interface ModuleOptions<App extends Names = Names> {
  /** The product of this event, in place of the current one; `null` for none. */
  product?: NameOf<App, "product"> | null | undefined;
}

/** Options of a page view. */
export interface PageViewOptions {
  /** The address to record, with query and fragment if you pass them. Default: the page's address without both. */
  url?: string | undefined;
  /** The title to record. Default: the document's title. */
  title?: string | undefined;
}

/** The outcome of a `flush()`. */
export interface FlushResult {
  /** Events that the collector confirmed since the call. */
  delivered: number;
  /** Events still kept for sending. */
  pending: number;
  /** Events that the collector refused since the call. */
  rejected: number;
}
