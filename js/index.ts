// The ES module that loads the host and the wasm as files of their own, beside it.

import { BUILD } from "./build-id.ts";
import { quietly, request, wall } from "./environment.ts";
import { find } from "./intrinsics.ts";
import { reach, shared } from "./load.ts";
import { Tracker } from "./na.ts";
import type { Id, Names, Settings } from "./types.ts";

export type * from "./types.ts";

/** The host. Browsers remember of an address that no module could be loaded from it: it is asked for by another one then. */
async function importHost(): Promise<typeof import("./load-host.ts")> {
  try {
    return (await import("./host.js")) as unknown as typeof import("./load-host.ts");
  } catch (error) {
    // Most name it at the end of what they say.
    const address = find(/http\S+$/, `${error}`);
    if (!address) throw error;
    return await import(/*webpackIgnore:true*/ `${address}?${wall()}`);
  }
}

const load = shared(async () => {
  // Both downloads begin at once.
  const asked = ask();
  quietly(asked);
  const { loadHost } = await reach(importHost());
  return await loadHost(BUILD, asked);
});

/** Asks for the wasm. Rejects where a bundler has left this script without an address, too. */
async function ask(): Promise<Response> {
  // This very expression is what bundlers look for. What an async function returns unawaited is asked for a `then`, which zones have wrapped.
  return await request(new URL("./natero.wasm", import.meta.url).href, {
    __proto__: null,
    cache: "default",
  } as RequestInit);
}

/** A tracker of product usage. Construction returns at once; calls made before the wasm is there are kept with their time. */
export class na<App extends Names = Names> extends Tracker<App> {
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
