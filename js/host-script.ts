// The host with the core as JavaScript: the chunk for pages that forbid wasm.

import { initSync } from "#core";
import { instantiate } from "#core-script";
import { type MakeCrossing, makeCrossing } from "./host.ts";
import { NO_WASM, said } from "./stand-in.ts";
import { checkBuild } from "./wasm.ts";

/** Starts the core. Throws where it is of another build than `build`. */
export function startScript(build: string): MakeCrossing {
  checkBuild(build, "host-script.js");
  initSync({ module: instantiate as never });
  return said(makeCrossing, `${NO_WASM}: the core as JavaScript is used instead.`);
}
