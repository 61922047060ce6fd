// The ES module that carries the wasm within: one request, no bundler needed.

import wasm from "#wasm";
import { once, unpack } from "./load.ts";
import { Tracker } from "./tracker.ts";
import type { Id, Settings } from "./types.ts";

export type * from "./types.ts";

const load = once(() => unpack(wasm));

/** A tracker of product usage. Construction returns at once; calls made before the wasm is there are kept with their time. */
export class na extends Tracker {
  /**
   * @param apiKey The source's API key.
   * @param authKey The source's auth key.
   * @param settings See {@link Settings}.
   */
  constructor(apiKey: Id, authKey: Id, settings?: Settings) {
    super(load, apiKey, authKey, settings);
  }
}

export default na;
