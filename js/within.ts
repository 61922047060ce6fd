// What the scripts have that carry everything within.

import { BUILD } from "./build-id.ts";
import { startHost } from "./host.ts";
import { type Loader, once } from "./load.ts";
import { prepare } from "./prepare.ts";
import { unpack } from "./unpack.ts";
import { size, text } from "./wasm-inside.ts";

/** Has the host and the wasm within. */
export const loader = {
  prepare,
  core: once(async () => {
    try {
      return await startHost(() => unpack(text, size));
    } catch (error) {
      try {
        // Not by way of the ladder, with whose wasm a bundler would make the same once more.
        return (await import("./host-script.js")).startScript(BUILD);
      } catch {
        // Somebody took this script alone: that wasm did not start says more.
        throw error;
      }
    }
  }),
} satisfies Loader;
