// Addresses as events name them.

import { pageAddress as fullAddress } from "./environment.ts";
import { MAX_TEXT_UNITS } from "./generated/contract.ts";
import { find, slice } from "./intrinsics.ts";

const BARE = /^[^?#]*/;

// What is no address but a document, of whatever size.
const DOCUMENT = /^(?:data|blob):/i;

// Where routers keep a path in the fragment.
const FRAGMENT_PATH = /#!?\/[^?]*/;

/** An address of bounded length; of a document that is its own address, only what it is. */
export const short = (address: string): string => slice(find(DOCUMENT, address) || address, 0, MAX_TEXT_UNITS);

/** An address without query and fragment: they hold what is nobody else's business. */
export const bare = (address: string): string => find(BARE, short(address));

/** The address of this page, with the path in its fragment where that is wanted. */
export function pageAddress(withHash: boolean): string {
  const address = fullAddress();
  return short(bare(address) + (withHash && !find(DOCUMENT, address) ? find(FRAGMENT_PATH, address) : ""));
}
