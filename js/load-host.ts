// The chunk that the entry loads: the host, and how it gets the wasm.

import { BUILD } from "./build-id.ts";
import { request } from "./environment.ts";
import { startHost, type Track } from "./host.ts";
import { awaitLoad } from "./load.ts";
import { Bytes } from "./natives.ts";

export { prepare } from "./prepare.ts";

/** Starts the wasm that the entry has requested, or a replacement. */
export async function loadHost(requested: Promise<Response>): Promise<Track> {
  try {
    return await startHost((reload) => download(requested, reload));
  } catch (error) {
    return await (await awaitLoad(import("./ladder.js"))).start(BUILD, error, startHost);
  }
}

/** The bytes of the wasm file beside this script. */
async function download(requested: Promise<Response>, reload: boolean): Promise<ArrayBuffer> {
  let response = await awaitLoad(requested);
  const { url } = response;
  if (reload) response = await awaitLoad(request(url, { __proto__: null, cache: "reload" } as RequestInit));
  if (!response.ok) throw `${url} answered ${response.status}`;
  // Streaming compilation gains nothing at this size, and fails if a server sends the file with a wrong content type.
  const bytes = await awaitLoad(response.arrayBuffer());
  // Some servers answer with an HTML page instead.
  if (new Bytes(bytes)[0] !== 0) throw `${url} is no wasm`;
  return bytes;
}
