// Posts a batch. A text body makes no browser ask first (a preflight), so that
// a collector on another origin is reached by one request, even while the page
// unloads.

import { attempt } from "./storage.ts";

const GZIP_OVER = 1024;

/** How a request ended, as the engine takes it. `status` 0: without an answer. */
export type Answer = [message: string, status: number, retryAfter: number, rejected: number];

// A compressed body makes browsers ask first, and a server that knows nothing of
// compression may then refuse. After a failure the page goes on without.
let packing = typeof CompressionStream === "function";

/** Posts `body`; never rejects. */
export async function post(
  url: string,
  body: string,
  keepalive: number,
  unloading: number,
  compress: boolean,
): Promise<Answer> {
  // A redirected POST becomes a GET, and its answer would look like success.
  const init: RequestInit = { method: "POST", body, keepalive: !!keepalive, credentials: "omit", redirect: "error" };
  // Compressing takes a turn of the event loop, and an unloading page may not
  // get one.
  const pack = compress && packing && !unloading && body.length > GZIP_OVER;
  try {
    if (pack) {
      const { readable, writable } = new CompressionStream("gzip");
      const writer = writable.getWriter();
      // Four times as quick as a stream that is piped through. If these fail,
      // reading does, too.
      writer.write(new TextEncoder().encode(body)).catch(() => {});
      writer.close().catch(() => {});
      init.body = await new Response(readable).arrayBuffer();
      init.headers = { "content-type": "text/plain", "content-encoding": "gzip" };
    }
    const response = await fetch(url, init);
    const text = await response.text().catch(() => "");
    // A page that says all is well is that of a network that wants a sign-in.
    const signIn = response.ok && /^\s*</.test(text);
    if (!signIn && !(pack && response.status === 415)) {
      const [message, rejected] = verdict(text);
      return [message, response.status, wait(response.headers.get("retry-after")), rejected];
    }
  } catch {
    // Nobody will say whether a beacon arrived: its events stay until someone
    // does, and receivers deduplicate.
    if (unloading) attempt(() => globalThis.navigator?.sendBeacon?.(url, body));
  }
  if (pack) packing = false;
  return ["", 0, 0, 0];
}

/** What the server said of the events, and how many it refused. */
function verdict(text: string): [message: string, rejected: number] {
  try {
    const { rejected = [], error } = JSON.parse(text);
    const [first] = rejected;
    return [String(error ?? (first ? `line ${first.line}: ${first.error}` : "")), rejected.length];
  } catch {
    return [text.slice(0, 200), 0];
  }
}

/** `Retry-After` in ms, from seconds or a date; 0 where there is none. */
function wait(header: string | null): number {
  const seconds = Number(header);
  return Math.max(0, Number.isNaN(seconds) ? Date.parse(header!) - Date.now() : seconds * 1000) || 0;
}
