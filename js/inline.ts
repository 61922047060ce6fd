// The ES module that carries everything within: one request, no bundler needed.

import { BUILD } from "./build-id.ts";
import { startHost } from "./host.ts";
import { type Loader, once } from "./load.ts";
import { Tracker } from "./na.ts";
import { prepare } from "./prepare.ts";
import type { Id, Names, Settings } from "./types.ts";
import { unpack } from "./unpack.ts";
import { size, text } from "./wasm-inside.ts";

export type * from "./types.ts";

const loader: Loader = {
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
};

/** A tracker of product usage. Construction returns at once; calls made before the wasm is there are kept with their time. */
export class na<App extends Names = Names> extends Tracker<App> {
  /**
   * @param apiKey The source's API key.
   * @param authKey The source's auth key.
   * @param settings See {@link Settings}.
   */
  constructor(apiKey: Id, authKey: Id, settings?: Settings) {
    super(loader, apiKey, authKey, settings);
  }
}

export default na;
