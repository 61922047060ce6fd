// The chunk of the host, which the build makes from `load-host.ts`. Modules that the entry contains too are passed to
// it.

import type { loadHost, prepare } from "./load-host.ts";

/** Makes the host of one page, for an entry of the same build. */
export function host(...handed: readonly unknown[]): {
  readonly loadHost: typeof loadHost;
  readonly prepare: typeof prepare;
};
