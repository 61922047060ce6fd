// What there is in place of the wasm beside the entry: the same within a script, where
// servers and bundlers have lost the file; and where a page forbids wasm, the same core
// as JavaScript. This, and each of them, comes only where what is before it cannot be
// had.

import { lookUp } from "./capture.ts";
import type { startHost, Track } from "./host.ts";
import { succeeds } from "./intrinsics.ts";
import { reach } from "./load.ts";
import { Bytes } from "./natives.ts";
import { NO_WASM, said } from "./stand-in.ts";
import { carriesTexts } from "./texts.ts";
import { unpack } from "./unpack.ts";

const Wasm = /* @__PURE__ */ lookUp<typeof WebAssembly>("WebAssembly");

// The shortest module that there is.
const EMPTY = [0, 97, 115, 109, 1, 0, 0, 0];

/** Wasm can be compiled here: browsers can, but a page may forbid it. */
const isWasmAllowed = (): boolean => succeeds(() => new (Wasm()!.Module)(new Bytes(EMPTY)));

/** Starts what there is in place of a wasm that did not start for this error: the wasm within a script by `start`, or the core as JavaScript. */
export async function climb(build: string, error: unknown, start: typeof startHost): Promise<Track> {
  // A page that has broken this has broken what comes in place of wasm, too, and for good.
  if (!carriesTexts()) throw new Error(`${error}`);
  if (isWasmAllowed()) {
    try {
      const { text, size } = await reach(import("./wasm-inside.js"));
      const track = await start(() => unpack(text, size));
      return said(track, `${error}: the wasm within wasm-inside.js is used instead.`);
    } catch (second) {
      // What cannot be had now may be there later. What is there and does not start never will.
      if (typeof error === "string") throw error;
      if (typeof second === "string") throw second;
    }
  }
  try {
    const { startScript } = await reach(import("./host-script.js"));
    return startScript(build);
  } catch (error) {
    if (typeof error === "string") throw `${NO_WASM}, and host-script.js is out of reach: ${error}`;
    throw error;
  }
}
