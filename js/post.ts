// Posts a batch. A string body is sent as text/plain, and nothing that is set
// here makes a browser ask first (a preflight), so that a collector on another
// origin is reached by one request, even while the page unloads.

const GZIP_OVER = 1024;

/** How a request ended; `status` 0: without an answer. */
export interface Answer {
  status: number;
  /** ms; 0 where the server named none. */
  retryAfter: number;
  rejected: number;
  message: string;
}

/** Posts `body`; never rejects. */
export async function post(
  url: string,
  body: string,
  keepalive: boolean,
  unloading: boolean,
  compress: boolean,
): Promise<Answer> {
  const init: RequestInit = { method: "POST", body, keepalive, credentials: "omit" };
  try {
    // Compressing takes a turn of the event loop, and an unloading page may
    // not get one.
    if (compress && !unloading && body.length > GZIP_OVER && typeof CompressionStream === "function") {
      const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
      init.body = await new Response(stream).arrayBuffer();
      init.headers = { "content-type": "text/plain", "content-encoding": "gzip" };
    }
    const response = await fetch(url, init);
    const text = await response.text().catch(() => "");
    return { status: response.status, retryAfter: wait(response.headers.get("retry-after")), ...verdict(text) };
  } catch {
    if (unloading && navigator.sendBeacon?.(url, body)) {
      // A beacon that was taken is on its way, but nobody will say whether it
      // arrived: the events stay until someone does.
    }
    return { status: 0, retryAfter: 0, rejected: 0, message: "" };
  }
}

/** What the server said of the events within an answer; nothing where it cannot be understood. */
function verdict(text: string): { rejected: number; message: string } {
  try {
    const { rejected, error } = JSON.parse(text);
    const [first] = Array.isArray(rejected) ? rejected : [];
    return {
      rejected: Array.isArray(rejected) ? rejected.length : 0,
      message: String(error ?? (first && `line ${first.line}: ${first.error}`) ?? ""),
    };
  } catch {
    return { rejected: 0, message: text.slice(0, 200) };
  }
}

/** `Retry-After` in ms: seconds, or a date. */
function wait(header: string | null): number {
  if (!header) return 0;
  const seconds = Number(header);
  return Math.max(0, Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000) || 0;
}
