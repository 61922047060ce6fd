// Loading the wasm: once for all trackers of a page, again after a failure.

import { Core, initSync } from "#glue";

/** Brings the engine's class. */
export type Load = () => Promise<typeof Core>;

/** A load that is shared while it goes on and once it has succeeded. */
export function once(compile: () => Promise<WebAssembly.Module>): Load {
  let loading: Promise<typeof Core> | undefined;
  return () =>
    (loading ??= compile().then(
      (module) => {
        initSync({ module });
        return Core;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    ));
}

/** Compiles wasm that came within the script. */
export async function unpack(base64: string): Promise<WebAssembly.Module> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return WebAssembly.compile(bytes);
}
