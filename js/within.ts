// The loader of the scripts that contain everything.

import { BUILD } from "./build-id.ts";
import { startHost } from "./host.ts";
import { type Loader, once } from "./load.ts";
import { type Prepare, prepare } from "./prepare.ts";
import { unpack } from "./unpack.ts";
import { size, text } from "./wasm-inside.ts";

/** Contains the host and the wasm. */
export const loader = {
  __proto__: null,
  prepare,
  core: once(async () => {
    try {
      return await startHost(() => unpack(text, size));
    } catch (error) {
      try {
        // Does not use `ladder.ts`, which a bundler would include together with a second copy of the wasm.
        return (await import("./host-script.js")).startScript(BUILD);
      } catch {
        // The page may have only this script. Then the failure of the wasm is the more helpful error.
        throw error;
      }
    }
  }),
} as Loader & { readonly prepare: Prepare };
