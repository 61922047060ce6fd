// The trackers of a page, one for each source, however many copies of the
// library construct them. What the copies share may be of another version: it is
// no more than what is written here.

import { attempt, world } from "./intrinsics.ts";

/** What is on the page. */
interface Shared {
  /** How to get one more handle to the tracker of a source, by where its batches go. */
  readonly join: Record<string, Join | undefined>;
  /** Names this page among the tabs. */
  tab?: string;
}

/** Gives a handle to a tracker that is there, with the settings of another construction, and of the class of that where this copy can. */
export type Join = (settings: unknown, handle?: unknown) => object;

const KEY = /* @__PURE__ */ attempt(() => Symbol.for("natero-wasm"))!;

const made: Shared = { join: { __proto__: null } as never };

let own: Shared | undefined;

/** What all copies of the library share. Where the page does not let them, each has its own. */
export function sources(): Shared {
  own ??= attempt(() => ((world as unknown as Record<symbol, Shared>)[KEY] ??= made));
  own ??= made;
  return own;
}
