// Addresses as events name them.

import { pageAddress as fullAddress, pageTitle as fullTitle } from "./environment.ts";
import { MAX_TEXT_UNITS } from "./generated/contract.ts";
import { find, slice } from "./intrinsics.ts";

const BARE = /^[^?#]*/;

// Where routers keep a path in the fragment.
const FRAGMENT_PATH = /#!?\/[^?]*/;

// What is no address but a document, of whatever size.
const DOCUMENT = /^(?:data|blob):/i;

/** An address without query and fragment, which are nobody else's business; with the path in its fragment where that is wanted. */
export const bare = (address: string, withHash?: boolean): string =>
  find(BARE, address) + (withHash ? find(FRAGMENT_PATH, address) : "");

/** An address of bounded length; of a document that is its own address, only what it is. */
export const short = (address: string): string => slice(find(DOCUMENT, address) || address, 0, MAX_TEXT_UNITS);

/** The title of this page as its views have it. */
export const pageTitle = (): string => slice(fullTitle(), 0, MAX_TEXT_UNITS);

/** The address of this page as its views have it. */
export const pageAddress = (withHash: boolean): string => short(bare(fullAddress(), withHash));
