// What replaces the wasm file beside the entry: the same wasm inside a script, if a server or bundler has lost the
// file, or the same core as JavaScript, if a page forbids wasm. This module, and each replacement, is loaded only if
// the previous step failed.

import { lookUp } from "./capture.ts";
import { NO_WASM, withNotice } from "./fallback-notice.ts";
import type { startHost, Track } from "./host.ts";
import { succeeds } from "./intrinsics.ts";
import { brokenPart } from "./language.ts";
import { awaitLoad } from "./load.ts";
import { Bytes } from "./natives.ts";
import { unpack } from "./unpack.ts";

const Wasm = /* @__PURE__ */ lookUp<typeof WebAssembly>("WebAssembly");

// The shortest valid module.
const EMPTY = [0, 97, 115, 109, 1, 0, 0, 0];

/** Whether wasm can be compiled here. All browsers can, but a page may forbid it. */
const isWasmAllowed = (): boolean => succeeds(() => new (Wasm()!.Module)(new Bytes(EMPTY)));

/**
 * Starts a replacement for the wasm that failed with this error: the wasm inside a script by `startWith`, or the core
 * as JavaScript.
 */
export async function start(build: string, error: unknown, startWith: typeof startHost): Promise<Track> {
  // If the page has broken a part of the language, the replacements cannot work either, ever.
  if (brokenPart()) throw new Error(`${error}`);
  if (isWasmAllowed()) {
    try {
      const { text, size } = await awaitLoad(import("./wasm-inside.js"));
      const track = await startWith(() => unpack(text, size));
      return withNotice(track, `${error}: the wasm within wasm-inside.js is used instead.`);
    } catch (insideError) {
      // A file that cannot be loaded now may be there later. A file that has loaded and does not start never will.
      if (typeof error === "string") throw error;
      if (typeof insideError === "string") throw insideError;
    }
  }
  try {
    const { startScript } = await awaitLoad(import("./host-script.js"));
    return startScript(build);
  } catch (error) {
    if (typeof error === "string") throw `${NO_WASM}, and host-script.js is out of reach: ${error}`;
    throw error;
  }
}
