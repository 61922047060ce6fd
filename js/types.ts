// The types of the public surface, and the one place where they are written:
// the published declarations are made from here, and a test holds the names of
// the settings against those that the engine knows.

/** An account, user, module, product or feature: 1–256 characters once trimmed; numbers are taken as their decimal string. */
export type Id = string | number | bigint;

/**
 * Plain data about a user, an account or one use of a feature, at most 16 KiB
 * as JSON. Dates become ISO strings, bigints decimal strings, `NaN` and
 * infinities `null`; functions, symbols and `undefined` are left out; a cycle
 * or a getter that throws costs its own key alone.
 */
export type Details = Record<string, unknown>;

/** Settings of `new na(apiKey, authKey, settings)`. Numbers are above 0 and below 10^15; times are in ms. */
export interface Settings {
  /** The account, as if set by `setAccountId`. */
  accountId?: Id | null | undefined;
  /** The user, as if set by `setUserId`. */
  userId?: Id | null | undefined;
  /** Origin, and path prefix if any, of the Event API; `/v1/{authKey}/{apiKey}` is appended. Default `https://events.natero.com`. */
  endpoint?: string | undefined;
  /** End page view, module and session timing when the page is hidden or unloaded. Default `true`. */
  trackUnload?: boolean | undefined;
  /** Page views on load, on history navigation and on return from the back/forward cache. Default `true`. */
  trackPageViews?: boolean | undefined;
  /** Everything runs, nothing is sent or stored. Default `false`. */
  disableEventSend?: boolean | undefined;
  /** One readable console line per event and per request. Default `false`. */
  debug?: boolean | undefined;
  /** A full URL to which a copy of each batch is posted too; its failures change nothing. */
  debugUrl?: string | undefined;
  /** Inactivity after which the next activity starts a new session. Default 1 800 000 ms. */
  sessionTimeout?: number | undefined;
  /** No activity for this long is idle. Default 60 000 ms. */
  idleTimeout?: number | undefined;
  /** How often `sessionSync` is made while active. Default 60 000 ms. */
  sessionSyncInterval?: number | undefined;
  /** Longest wait of an event before a send is tried. Default 5 000 ms. */
  flushInterval?: number | undefined;
  /** Events that trigger a send. Default 50. */
  batchSize?: number | undefined;
  /** Bound of everything kept for sending, in memory and stored, in bytes. Default 1 048 576. */
  maxQueueBytes?: number | undefined;
  /** `"storage"`: cookies and web storage. `"memory"`: no cookie, nothing stored. Default `"storage"`. */
  persistence?: "storage" | "memory" | undefined;
  /** Domain of the cookies: letters, digits, `.`, `-` and `_`. Default: this host only. */
  cookieDomain?: string | undefined;
  /** Begin of the names of the cookies and of what is stored: letters, digits, `.`, `-` and `_`. Default `na_`. */
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

/** An event, as `beforeSend` sees it and as the Event API receives it. */
export interface TrackedEvent {
  /** Absent while the account or the user is not known. */
  account_id?: string;
  /** Absent while the account or the user is not known. */
  user_id?: string;
  /** ms since the Unix epoch. */
  created_at: number;
  session_id: string;
  action:
    | "feature"
    | "moduleEnd"
    | "sessionSync"
    | "sessionIdle"
    | "pageView"
    | "pageViewEnd"
    | "identifyUser"
    | "identifyAccount";
  /** Unique. Cannot be changed. */
  event_id: string;
  visitor_id: string;
  /** One per page instance. */
  stream_id: string;
  feature?: string;
  total?: number;
  module?: string;
  product?: string;
  details?: Details;
  /** Active ms in a module or on a page. */
  time_spent?: number;
  /** Active ms since the previous `sessionSync`. */
  active_duration?: number;
  url?: string;
  title?: string;
  referrer?: string;
}

/** What `onError` is told. */
export interface Problem {
  /** Stable, for programs: `invalid_argument`, `unauthorized`, `overflow`, … */
  code: string;
  /** What was wrong, where, and what to do. */
  message: string;
  /** Events lost by it. */
  dropped: number;
}

/** What may be said of one feature event, for this event alone. */
export interface FeatureOptions {
  /** How often the feature was used: a finite number. Default 1. */
  total?: number | undefined;
  /** Instead of the module that is set; `null` for none. */
  module?: Id | null | undefined;
  /** Instead of the product that is set; `null` for none. */
  product?: Id | null | undefined;
  /** More about this use. */
  details?: Details | null | undefined;
}

/** What may be said of one module event, for this event alone. */
export interface ModuleOptions {
  /** Instead of the product that is set; `null` for none. */
  product?: Id | null | undefined;
}

/** What may be said of a page view. */
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
  /** `maxQueueBytes` was reached. */
  overflow: number;
  /** The collector refused them. */
  rejected: number;
  /** The collector found them too large, each alone. */
  too_large: number;
}

/** Counters since construction: `accepted = delivered + pending + dropped.total`. */
export interface Stats {
  /** Events made. */
  accepted: number;
  /** Events that the collector confirmed. */
  delivered: number;
  /** Events kept for sending, and calls that wait for the wasm. */
  pending: number;
  dropped: Dropped;
  /** Requests begun. */
  requests: number;
  /** Requests begun after a failure. */
  retries: number;
  /** Bytes of all bodies, before compression. */
  bytesSent: number;
}
