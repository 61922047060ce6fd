// The ES module that loads the host and the wasm as files of their own, beside it.

import { handed } from "#handed";
import { wall } from "./clock.ts";
import { quietly, request } from "./environment.ts";
import { apply, find } from "./intrinsics.ts";
import { once, reach } from "./load.ts";
import { Tracker } from "./na.ts";
import type { Id, Names, Settings } from "./types.ts";

export type * from "./types.ts";

type HostChunk = typeof import("./host-chunk.d.ts");

/** The chunk of the host. Browsers remember of an address that no module could be loaded from it: it is asked for by another one then. */
async function importHost(): Promise<HostChunk> {
  try {
    return (await import("./host.js")) as unknown as HostChunk;
  } catch (error) {
    // Most name it at the end of what they say.
    const address = find(/http\S+$/, `${error}`);
    if (!address) throw error;
    return await import(/*webpackIgnore:true*/ `${address}?${wall()}`);
  }
}

const host = once(async () => {
  const chunk = await reach(importHost());
  return apply(chunk.host, undefined, handed);
});

const core = once(async () => {
  // Both downloads begin at once.
  const asked = ask();
  quietly(asked);
  return await (await host()).loadHost(asked);
});

/** Asks for the wasm. Rejects where a bundler has left this script without an address, too. */
async function ask(): Promise<Response> {
  // This very expression is what bundlers look for. What an async function returns unawaited is asked for a `then`, which zones have wrapped.
  return await request(new URL("./natero.wasm", import.meta.url).href, { __proto__: null } as RequestInit);
}

/** A tracker of product usage. Construction returns at once; calls made before the wasm is there are kept with their time. */
export class na<App extends Names = Names> extends Tracker<App> {
  /**
   * @param apiKey The source's API key.
   * @param authKey The source's auth key.
   * @param settings See {@link Settings}.
   */
  constructor(apiKey: Id, authKey: Id, settings?: Settings) {
    super({ host, core }, apiKey, authKey, settings);
  }
}

export { na as default };
