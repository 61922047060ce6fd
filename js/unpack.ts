// Unpacks the wasm that is contained in the script.

import { charCode } from "./intrinsics.ts";
import { Bytes } from "./natives.ts";

/** Decodes the text that the build made of the wasm. `xtask/src/build/pack.rs` describes the encoding. */
export async function unpack(text: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Bytes(size);
  let place = 0;
  const next = (): number => {
    const code = charCode(text, place);
    place += 1;
    return code;
  };
  for (let at = 0; at < size; at += 1) {
    let code = next();
    let row = 0;
    if (code > 123) {
      row = code - 123;
      code = next();
    }
    // Two characters that would have to be escaped in scripts are replaced by others.
    if (code < 34) code = 224 - 4 * code;
    bytes[at] = code - 35 + 89 * row;
  }
  return bytes;
}
