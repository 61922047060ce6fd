// The host with the core as JavaScript: the chunk for pages that forbid wasm.

import { initSync } from "#core";
import { instantiate } from "#core-script";
import { BUILD } from "./build-id.ts";
import { NO_WASM, withNotice } from "./fallback-notice.ts";
import { type Track, track } from "./host.ts";
import { requireLanguage } from "./language.ts";

const FILE = "host-script.js";

/** Starts the core. Throws if it belongs to another build than `build`. */
export function startScript(build: string): Track {
  if (build !== BUILD) throw new Error(`${FILE} is of another version than the script that loads it`);
  requireLanguage();
  initSync({ module: instantiate as never });
  return withNotice(track, `${NO_WASM}: the core as JavaScript is used instead.`);
}
