// How what stands in for the wasm makes itself known.

import { print } from "./environment.ts";
import type { Track } from "./host.ts";

/** Why there is no wasm. */
export const NO_WASM =
  "wasm cannot run here, as where script-src of the Content-Security-Policy lacks 'wasm-unsafe-eval'";

/** As `track`; under `debug` it is said what is used, and why. */
export function said(track: Track, what: string): Track {
  return (construction, mono, wall) => {
    if (construction.given.debug === true) print("log", what);
    return track(construction, mono, wall);
  };
}
