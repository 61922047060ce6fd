// The settings as the page passed them, as far as a tracker needs them before the host has checked them. If one is
// wrong, its default is used, or less is stored.

import { fieldsOf } from "./arguments.ts";
import { textOf } from "./capture.ts";
import { browser, normalised, pageOrigin } from "./environment.ts";
import { attempt, find } from "./intrinsics.ts";
import type { Settings } from "./types.ts";

/** Unchecked settings. They have no prototype, so that additions to `Object.prototype` do not count as settings. */
export type GivenSettings = Readonly<Partial<Record<keyof Settings, unknown>>>;

// Excludes characters that could break out of a cookie, and a leading hyphen, which names of locks cannot have.
const TOKEN = /^[\w.][\w.-]*$/;
// An address to which a path can be appended. Browsers refuse one with a user name.
const ADDRESS = /^https?:\/\/[^\s/?#\\@]+(?:\/[^\s?#\\]*)?$/i;
/** A path of the page's own origin. Two slashes would begin a host name. */
export const PATH = /^\/(?!\/)/;
const BEFORE_SLASHES = /.*[^/]/;

/** The value if it can be part of a cookie's name, otherwise an empty text. */
export const tokenOf = (value: unknown): string => find(TOKEN, textOf(value));

/**
 * The endpoint as browsers write it, without trailing slashes: one endpoint is one source, whatever its spelling. Empty
 * if the value is not an endpoint. The host checks whether it can be parsed as an address.
 */
export function endpointOf(value: unknown): string {
  const text = textOf(value);
  const address = find(ADDRESS, find(PATH, text) ? pageOrigin() + text : text);
  return find(BEFORE_SLASHES, normalised(address) ?? address);
}

/**
 * A copy of the settings. An object that cannot be read is refused: it may name an endpoint, and nothing must be sent
 * to another one.
 */
export const readSettings = (settings: unknown): GivenSettings => fieldsOf("settings", settings);

/** Whether the browser reports that its user refuses tracking, and the settings respect that. */
export const refusesTracking = (settings: GivenSettings): unknown =>
  (settings.respectGpc && attempt(() => browser()!.globalPrivacyControl)) ||
  (settings.respectDnt && attempt(() => browser()!.doNotTrack) === "1");
