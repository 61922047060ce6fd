// The ES module that loads the wasm as a file of its own, beside it.

import { once } from "./load.ts";
import { Tracker } from "./tracker.ts";
import type { Id, Settings } from "./types.ts";

export type * from "./types.ts";

const load = once(async () => {
  // This very expression is what bundlers look for.
  const response = await fetch(new URL("./natero.wasm", import.meta.url));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  // To compile it while it comes gains nothing at this size, and fails where a
  // server does not know wasm and sends it as something else.
  return WebAssembly.compile(await response.arrayBuffer());
});

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
