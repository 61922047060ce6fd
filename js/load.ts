// Loading the wasm: once for all trackers of a page, again after a failure.

import { type Engine, start } from "./core.ts";

/** Brings what makes engines. */
export type Load = () => Promise<Engine>;

/** A load that is shared while it goes on and once it has succeeded. */
export function once(compile: () => Promise<WebAssembly.Module>): Load {
  let loading: Promise<Engine> | undefined;
  return () =>
    (loading ??= compile().then(start).catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));
}

/** Compiles wasm that came within the script. */
export async function unpack(base64: string): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return WebAssembly.compile(bytes);
}
