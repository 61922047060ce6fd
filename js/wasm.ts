// Starts the wasm, unless it belongs to another build, whose data this script would misread.

import { initSync } from "#core";
import { BUILD } from "./build-id.ts";
import { requireLanguage } from "./language.ts";
import { Bytes, decodeText } from "./natives.ts";
import { compile, customSections } from "./page/browser.ts";

/** Gets the bytes of the wasm. If `reload`, gets them again from the server, bypassing all caches. */
export type FetchWasm = (reload: boolean) => Promise<BufferSource>;

// The section that contains the build id.
const SECTION = "natero";

/** Starts the wasm. Rejects if it cannot be loaded or belongs to another build. */
export async function startWasm(fetchWasm: FetchWasm): Promise<void> {
  requireLanguage();
  const module = (await compileOurs(fetchWasm, false)) ?? (await compileOurs(fetchWasm, true));
  if (!module) throw new Error("natero.wasm is of another version than the script that loads it");
  initSync({ module });
}

/** The compiled wasm, if it belongs to this build. */
async function compileOurs(fetchWasm: FetchWasm, reload: boolean): Promise<WebAssembly.Module | undefined> {
  const module = await compile(await fetchWasm(reload));
  const sections = customSections(module, SECTION);
  return sections[0] && decodeText(new Bytes(sections[0])) === BUILD ? module : undefined;
}
