// The localStorage of a page, and the size of texts in it.

import { lookUp, method } from "./capture.ts";
import { attempt, succeeds } from "./intrinsics.ts";

/** The storage, if the page may read it. */
export const storageObject = /* @__PURE__ */ lookUp<Storage>("localStorage");

const setItem = /* @__PURE__ */ method<Storage, "setItem">("Storage", "setItem");
const removeItem = /* @__PURE__ */ method<Storage, "removeItem">("Storage", "removeItem");

/** Stores a text under a key. Returns whether that succeeded: storage may be blocked or full. */
export const store = (key: string, text: string): boolean => succeeds(() => setItem(storageObject()!, key, text));

/** Removes what is stored under a key. */
export const removeStored = (key: string): boolean => succeeds(() => removeItem(storageObject()!, key));

const Encoder = /* @__PURE__ */ lookUp<typeof TextEncoder>("TextEncoder");
export const encode = /* @__PURE__ */ method<TextEncoder, "encode">("TextEncoder", "encode");

/** Encodes a text as UTF-8. */
export const utf8 = (text: string) => encode(new (Encoder()!)(), text);

/** The length of a text in UTF-8; an upper limit if nothing can encode it. */
export const byteLength = (text: string): number => attempt(() => utf8(text).length) ?? 3 * text.length;
