// Checks that texts can be passed to the core and back.

import { attempt } from "./intrinsics.ts";
import { Bytes, decodeText, encodeText } from "./natives.ts";

/** Whether encoding and decoding exists and works. */
export const canPassTexts = (): boolean => attempt(() => decodeText(new Bytes(encodeText("é")))) === "é";

/** Throws if texts cannot be passed. Without that no core can be used. */
export function requireTexts(): void {
  if (!canPassTexts()) throw new Error("TextEncoder, TextDecoder or Uint8Array is missing or broken");
}
