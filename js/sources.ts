// The trackers of a page, one for each source, however many copies of the library construct them. Other copies may
// have another version, so what is shared is limited to what is declared here.

import { SHARED_STATE_KEY } from "./generated/contract.ts";
import { attempt, world } from "./intrinsics.ts";

/** What the copies share. */
interface Shared {
  /** By the address for batches: how to get another handle to the tracker of that source. */
  readonly join: Record<string, Join | undefined>;
  /** The id of this page among the tabs. */
  tab?: string;
}

/**
 * Returns a handle to an existing tracker, for a construction with these settings. The handle has the class of that
 * construction, if this copy of the library can make it.
 */
export type Join = (settings: unknown, handle?: unknown) => object;

const KEY = /* @__PURE__ */ attempt(() => Symbol.for(SHARED_STATE_KEY))!;

type Sharing = { readonly [KEY in symbol]?: Shared };

/** Whether a window of this origin has a tracker of a source, given by its address for batches. */
export const hasTracker = (window: object, url: string): unknown => (window as Sharing)[KEY]?.join[url];

const created = { __proto__: null, join: { __proto__: null } } as unknown as Shared;

let shared: Shared | undefined;

/** What all copies of the library share. If the page does not allow that, each copy has its own. */
export const sources = (): Shared =>
  (shared ??= attempt(() => ((world as unknown as Record<symbol, Shared>)[KEY] ??= created)) ?? created);
