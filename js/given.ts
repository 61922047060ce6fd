// Settings as the page passed them, as far as a tracker goes by them before they are
// checked, which the host does. Where one is wrong, its default counts or less is kept.

import { fieldsOf } from "./arguments.ts";
import { textOf } from "./capture.ts";
import { browser, pageOrigin } from "./environment.ts";
import { attempt, find } from "./intrinsics.ts";
import type { Settings } from "./types.ts";

/** Settings that nobody has checked. They have no prototype: what the page puts on that is no setting. */
export type Given = Readonly<Partial<Record<keyof Settings, unknown>>>;

// Nothing that could break out of a cookie, and no name of a lock begins with a hyphen.
const TOKEN = /^[\w.][\w.-]*$/;
// What a path can be appended to. A user name in it, browsers refuse.
const ADDRESS = /^https?:\/\/[^\s/?#\\@]+(?:\/[^\s?#\\]*)?$/i;
/** A path of the own origin. Two slashes begin the name of a host. */
export const PATH = /^\/(?!\/)/;
const BEFORE_SLASHES = /.*[^/]/;

export const isToken = (value: unknown): value is string => !!find(TOKEN, textOf(value));

/** Where batches go, without slashes at its end; empty where the value is no endpoint. That it can be read as an address is seen by the host. */
export function endpointOf(value: unknown): string {
  const text = textOf(value);
  return find(BEFORE_SLASHES, find(ADDRESS, find(PATH, text) ? pageOrigin() + text : text));
}

/** A copy of settings. What cannot be read is refused: it may mean an endpoint, and nothing may go to another one. */
export const readSettings = (settings: unknown): Given => fieldsOf("settings", settings);

/** The browser says that its user is not to be tracked, and the page goes by that. */
export const refusesTracking = ({ respectGpc, respectDnt }: Given): boolean =>
  !!(
    (respectGpc && attempt(() => browser()!.globalPrivacyControl)) ||
    (respectDnt && attempt(() => browser()!.doNotTrack) === "1")
  );
