// The ES module that contains everything: one request, and no bundler needed.

import { Tracker } from "./na.ts";
import type { Id, Names, Settings } from "./types.ts";
import { loader } from "./within.ts";

export type * from "./types.ts";

/**
 * A tracker of product usage. Construction returns at once. Calls made before the wasm has loaded are kept with their
 * time.
 */
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
