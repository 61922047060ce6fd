// The chunk of the host, as the build makes it of `load-host.ts`: what the entry has, too, it is handed.

import type { loadHost, prepare } from "./load-host.ts";

/** Makes the host of one page, of an entry of the same build. */
export function host(...handed: readonly unknown[]): {
  readonly loadHost: typeof loadHost;
  readonly prepare: typeof prepare;
};
