// The trackers of a page, one for each source, however many copies of the
// library construct them. What the copies share may be of another version: it is
// no more than what is written here.

import { attempt, create, defineProperty } from "./intrinsics.ts";

/** What is on the page. */
interface Shared {
  /** How to get one more handle to the tracker of a source, by where its batches go. */
  readonly join: Record<string, Join | undefined>;
  /** Names this page among the tabs. */
  tab?: string;
}

/** Gives a handle to a tracker that is there, with the settings of another construction. */
export type Join = (settings: unknown) => object;

const KEY = Symbol.for("natero-wasm");

let own: Shared | undefined;

/** What all copies of the library share. Where the page does not let them, each has its own. */
export function sources(): Shared {
  own ??= attempt(() => (globalThis as unknown as Record<symbol, Shared | undefined>)[KEY]);
  if (!own) {
    const value: Shared = { join: create(null) };
    attempt(() => defineProperty(globalThis, KEY, { __proto__: null, value } as PropertyDescriptor));
    own = value;
  }
  return own;
}
