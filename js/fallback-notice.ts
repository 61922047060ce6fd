// How a replacement for the wasm makes itself known.

import { print } from "./environment.ts";
import type { Track } from "./host.ts";

/** Why there is no wasm. */
export const NO_WASM =
  "wasm cannot run here, as where script-src of the Content-Security-Policy lacks 'wasm-unsafe-eval'";

/** The same as `track`, but under `debug` it reports what is used instead of the wasm, and why. */
export function withNotice(track: Track, what: string): Track {
  return (construction, mono, wall) => {
    if (construction.givenSettings.debug === true) print("log", what);
    return track(construction, mono, wall);
  };
}
