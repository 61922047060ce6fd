// The ES module that loads the host and the wasm from files beside it.

import { handed } from "#handed";
import { wall } from "./clock.ts";
import { ignoreRejection, request } from "./environment.ts";
import { apply, find } from "./intrinsics.ts";
import { awaitLoad, type Loader, once } from "./load.ts";
import { Tracker } from "./na.ts";
import type { Id, Names, Settings } from "./types.ts";

export type * from "./types.ts";

type HostChunk = typeof import("./host-chunk.d.ts");

/**
 * Loads the chunk of the host. Browsers remember that a module could not be loaded from an address, so a retry uses
 * another address.
 */
async function importHost(): Promise<HostChunk> {
  try {
    return (await import("./host.js")) as unknown as HostChunk;
  } catch (error) {
    // Most browsers end the message with the address.
    const address = find(/http\S+$/, `${error}`);
    if (!address) throw error;
    return await import(/*webpackIgnore:true*/ `${address}?${wall()}`);
  }
}

const host = once(async () => {
  const chunk = await awaitLoad(importHost());
  return apply(chunk.host, undefined, handed);
});

const core = once(async () => {
  // Starts both downloads at once.
  const requested = requestWasm();
  ignoreRejection(requested);
  return await (await host()).loadHost(requested);
});

/** Requests the wasm. Also rejects if a bundler has left this script without an address. */
async function requestWasm(): Promise<Response> {
  // Bundlers look for exactly this expression. The result is awaited because returning a promise from an async
  // function asks it for a `then`, which zone.js has wrapped.
  return await request(new URL("./natero.wasm", import.meta.url).href, { __proto__: null } as RequestInit);
}

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
    super({ __proto__: null, host, core } as Loader, apiKey, authKey, settings);
  }
}

export { na as default };
