// Whether texts get into the core and back.

import { attempt } from "./intrinsics.ts";
import { Bytes, decodeText, encodeText } from "./natives.ts";

/** What carries texts is there, and does so. */
export const carriesTexts = (): boolean => attempt(() => decodeText(new Bytes(encodeText("é")))) === "é";

/** Throws where nothing carries texts: no core can be used then. */
export function needTexts(): void {
  if (!carriesTexts()) throw new Error("TextEncoder, TextDecoder or Uint8Array is missing or broken");
}
