// Starts the wasm, unless it is of another build: what crosses between this
// script and that wasm would be misread.

import { initSync } from "#core";
import { BUILD } from "./build-id.ts";
import { Bytes, decodeText } from "./natives.ts";
import { compile, customSections } from "./page/browser.ts";
import { needTexts } from "./texts.ts";

/** Gets the bytes of the wasm; once more from the server, past all caches, if `reload`. */
export type FetchWasm = (reload: boolean) => Promise<BufferSource>;

// The section in which the build writes its name.
const SECTION = "natero";

/** Starts the wasm. Rejects where it cannot be had, or is of another build. */
export async function startWasm(fetchWasm: FetchWasm): Promise<void> {
  needTexts();
  const module = (await compileOurs(fetchWasm, false)) ?? (await compileOurs(fetchWasm, true));
  if (!module) throw new Error("natero.wasm is of another version than the script that loads it");
  initSync({ module });
}

/** The compiled wasm, if it is of this build. */
async function compileOurs(fetchWasm: FetchWasm, reload: boolean): Promise<WebAssembly.Module | undefined> {
  const module = await compile(await fetchWasm(reload));
  const sections = customSections(module, SECTION);
  return sections[0] && decodeText(new Bytes(sections[0])) === BUILD ? module : undefined;
}
