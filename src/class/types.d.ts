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
  /** Origin, and path prefix if any, of the Event API, or a path of the page's own origin; `/v1/{authKey}/{apiKey}` is appended. Anything else turns the tracker off. Default `"https://events.natero.com"`. */
  endpoint?: string | undefined;
  /** End page view, module and session timing when the page is hidden or unloaded. Default `true`. */
  trackUnload?: boolean | undefined;
  /** Page views on load, on navigation within the page and on return from the back/forward cache; `"hash"`: the path in the fragment counts, too. Default `true`. */
  trackPageViews?: true | false | "hash" | undefined;
  /** Everything runs, nothing is sent or stored. Default `false`. */
  disableEventSend?: boolean | undefined;
  /** One readable console line per event and per request. Default `false`. */
  debug?: boolean | undefined;
  /** A full URL to which a copy of each batch is posted too; its failures change nothing. */
  debugUrl?: string | undefined;
  /** Inactivity after which the next activity starts a new session, in ms. Default `1_800_000`. */
  sessionTimeout?: number | undefined;
  /** No activity for this long is idle, in ms. Default `60_000`. */
  idleTimeout?: number | undefined;
  /** How often `sessionSync` is made while active, in ms. Default `60_000`. */
  sessionSyncInterval?: number | undefined;
  /** Longest wait of an event before a send is tried, in ms. Default `5000`. */
  flushInterval?: number | undefined;
  /** Events that trigger a send. Default `50`. */
  batchSize?: number | undefined;
  /** Bound of everything kept for sending in memory, in bytes. Default `8_388_608`. */
  maxQueueBytes?: number | undefined;
  /** Bound of everything of this source in web storage, other pages and early calls included, in bytes. Default `1_048_576`. */
  maxStoredBytes?: number | undefined;
  /** `"storage"`: cookies and web storage. `"memory"`: no cookie, nothing stored. Default `"storage"`. */
  persistence?: "storage" | "memory" | undefined;
  /** Domain of the cookies: letters, digits, `.`, `-` and `_`. Without it, this host only. */
  cookieDomain?: string | undefined;
  /** Begin of the names of the cookies and of what is stored: letters, digits, `.`, `-` and `_`. Default `"na_"`. */
  cookiePrefix?: string | undefined;
  /** `"pending"` holds events in memory and sets no cookie until `optIn()`; `"denied"` drops them. Default `"granted"`. */
  consent?: "granted" | "pending" | "denied" | undefined;
  /** Treat Global Privacy Control as `consent: "denied"`. Default `false`. */
  respectGpc?: boolean | undefined;
  /** Treat Do Not Track as `consent: "denied"`. Default `false`. */
  respectDnt?: boolean | undefined;
  /** gzip bodies over 1 KiB where the browser can; never while the page unloads. Default `true`. */
  compress?: boolean | undefined;
  /** Sees each event before it is queued: return it, changed or not, or `null` to drop it. If it throws, the event is dropped and counted. */
  beforeSend?: ((event: TrackedEvent) => TrackedEvent | null) | undefined;
  /** Is told of refused calls and lost events. */
  onError?: ((problem: Problem) => void) | undefined;
}

/** Why events were not delivered, and how many. */
export interface Dropped {
  /** All but `invalid`. */
  total: number;
  /** Calls refused for their arguments. */
  invalid: number;
  /** Consent was denied. */
  consent: number;
  /** `disableEventSend` is on. */
  disabled: number;
  /** `beforeSend` returned `null` or threw. */
  before_send: number;
  /** The identity changed before account and user were known. */
  identity: number;
  /** `maxQueueBytes` was reached. */
  overflow: number;
  /** The collector refused them. */
  rejected: number;
  /** The collector finds them too large, each alone. */
  too_large: number;
}

/** Counters since construction: `accepted = delivered + pending + dropped.total`. */
export interface Stats {
  /** Events made, without those that a page from the back/forward cache leaves to whoever adopts them. */
  accepted: number;
  /** Events that the server confirmed. */
  delivered: number;
  /** Events kept for sending. */
  pending: number;
  /** Requests begun. */
  requests: number;
  /** Requests begun after a failure. */
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
  /** Stable, for programs: `invalid_argument`, `unauthorized`, `overflow`, … */
  code: string;
  /** What was wrong, where, and what to do. */
  message: string;
  /** Events lost by it. */
  dropped: number;
}

/** Options of one feature event. */
export interface FeatureOptions<App extends Names = Names> {
  /** How often the feature was used: a finite number. Default 1. */
  total?: number | undefined;
  /** Instead of the module that is set; `null` for none. */
  module?: NameOf<App, "module"> | null | undefined;
  /** Instead of the product that is set; `null` for none. */
  product?: NameOf<App, "product"> | null | undefined;
  /** More about this use. */
  details?: GivenDetails | null | undefined;
}

/** Options of one module event. */
export interface ModuleOptions<App extends Names = Names> {
  /** Instead of the product that is set; `null` for none. */
  product?: NameOf<App, "product"> | null | undefined;
}

/** Options of a page view. */
export interface PageViewOptions {
  /** The address as it is to be recorded, query and all. Default: the page's, without query and fragment. */
  url?: string | undefined;
  /** Default: the document's. */
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
