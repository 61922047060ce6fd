// Addresses as events name them.

import { pageAddress as fullAddress, pageTitle as fullTitle } from "./environment.ts";
import { MAX_TEXT_UNITS } from "./generated/contract.ts";
import { find, replaceAll, slice } from "./intrinsics.ts";

const BARE = /^[^?#]*/;

// Some routers keep a path in the fragment.
const FRAGMENT_PATH = /#!?\/[^?]*/;

// Addresses that contain a whole document, of any size. Browsers ignore control characters and spaces in front of them,
// and some within.
const DOCUMENT = /^(?:data|blob):/i;
const IGNORED = /[\0- ]/;

/** An address without query and fragment, which may hold private data. If `withHash`, a path in the fragment stays. */
export const bare = (address: string, withHash?: boolean): string =>
  find(BARE, address) + (withHash ? find(FRAGMENT_PATH, address) : "");

/** An address of limited length. Of a `data:` or `blob:` address only the scheme remains. */
export const short = (address: string): string =>
  slice(
    find(
      DOCUMENT,
      replaceAll(slice(address, 0, MAX_TEXT_UNITS), IGNORED, () => ""),
    ) || address,
    0,
    MAX_TEXT_UNITS,
  );

/** The title of this page, as page views report it. */
export const pageTitle = (): string => slice(fullTitle(), 0, MAX_TEXT_UNITS);

/** The address of this page, as page views report it. */
export const pageAddress = (withHash: boolean): string => short(bare(fullAddress(), withHash));
