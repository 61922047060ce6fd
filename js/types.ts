// The hand-written types of the public surface. The published declarations are generated from them.

import type { ActionName } from "./generated/contract.ts";

export type { ActionName, Dropped, Settings, Stats } from "./generated/contract.ts";

/** `open` of `natero-wasm/inspector`: shows a tracker in a panel of the page. */
export type OpenInspector = (tracker: object) => void;

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
