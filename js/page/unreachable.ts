// Why a collector is unreachable, as far as a page can find out.

import { request } from "../environment.ts";
import { attempt, indexOf } from "../intrinsics.ts";
import { isOffline, later, newController } from "./browser.ts";
import { listen } from "./listen.ts";

// How long to wait for the test request. A server that lets requests hang will let this one hang, too.
const PROBE_MS = 5_000;

/**
 * Calls `onBlocked` when the page's Content-Security-Policy forbids requests to an address. Returns a function that
 * stops.
 */
export function watchPolicy(url: string, onBlocked: () => void): () => void {
  return listen("securitypolicyviolation", (event) => {
    const { blockedURI, disposition, effectiveDirective } = event as SecurityPolicyViolationEvent;
    if (effectiveDirective === "connect-src" && disposition === "enforce" && indexOf(blockedURI, url) >= 0) onBlocked();
  });
}

/**
 * The likely cause. `status` is that of the last answer, or a code in its place: 0 and -1 as in `ServerAnswer`, or -2
 * for the page's Content-Security-Policy.
 */
export async function causeOf(url: string, status: number | undefined): Promise<string> {
  if (status === -2) return "the page's Content-Security-Policy has no connect-src for it";
  if (status === -1) return "a page comes in place of its answer, as from a sign-in or a proxy";
  if (status === 0) return "it redirects (301, 308), perhaps to a sign-in page";
  if (status) return `it answers ${status}`;
  if (isOffline()) return "there is no network";
  const controller = newController();
  const stop = later(() => attempt(() => controller?.abort()), PROBE_MS);
  try {
    const init = { __proto__: null, mode: "no-cors", credentials: "omit", signal: controller?.signal } as RequestInit;
    await request(url, init);
    return "it answers without CORS headers for this page, or redirects";
  } catch {
    return "it is down, or something blocks it";
  } finally {
    stop?.();
  }
}
