// The chunk that the entry loads: the host, and how it comes by the wasm.

import { BUILD } from "./build-id.ts";
import { request } from "./environment.ts";
import { startHost, type Track } from "./host.ts";
import { reach } from "./load.ts";
import { Bytes } from "./natives.ts";

export { prepare } from "./prepare.ts";

/** Starts the wasm that the entry has asked for, or what there is in its place. */
export async function loadHost(asked: Promise<Response>): Promise<Track> {
  try {
    return await startHost((again) => download(asked, again));
  } catch (error) {
    return await (await reach(import("./ladder.js"))).climb(BUILD, error, startHost);
  }
}

/** The bytes of the wasm beside this. */
async function download(asked: Promise<Response>, again: boolean): Promise<ArrayBuffer> {
  let response = await reach(asked);
  const { url } = response;
  if (again) response = await reach(request(url, { __proto__: null, cache: "reload" } as RequestInit));
  if (!response.ok) throw `${url} answered ${response.status}`;
  // To compile it while it comes gains nothing at this size, and fails where a
  // server does not know wasm and sends it as something else.
  const bytes = await reach(response.arrayBuffer());
  // Servers answer with a page of HTML, too.
  if (new Bytes(bytes)[0] !== 0) throw `${url} is no wasm`;
  return bytes;
}
