// How what stands in for the wasm makes itself known.

import { print } from "./environment.ts";
import type { MakeCrossing } from "./host.ts";

/** Why there is no wasm. */
export const NO_WASM =
  "wasm cannot run here, as where script-src of the Content-Security-Policy lacks 'wasm-unsafe-eval'";

/** As `make`; under `debug` it is said what is used, and why. */
export function said(make: MakeCrossing, what: string): MakeCrossing {
  return (tracking, mono, wall) => {
    if (tracking.settings.debug) print("log", what);
    return make(tracking, mono, wall);
  };
}
