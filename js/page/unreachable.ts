// Why a collector is unreachable, as far as a page can find out.

import { request } from "../environment.ts";
import { PROBE_TIMEOUT_MS, UNREACHABLE_CAUSES } from "../generated/contract.ts";
import { attempt, indexOf } from "../intrinsics.ts";
import { isOffline, later, newController } from "./browser.ts";
import { listen } from "./listen.ts";

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
  if (status === -2) return UNREACHABLE_CAUSES.policy;
  if (status === -1) return UNREACHABLE_CAUSES.page;
  if (status === 0) return UNREACHABLE_CAUSES.redirect;
  if (status) return `it answers ${status}`;
  if (isOffline()) return UNREACHABLE_CAUSES.offline;
  const controller = newController();
  const stop = later(() => attempt(() => controller?.abort()), PROBE_TIMEOUT_MS);
  try {
    const init = { __proto__: null, mode: "no-cors", credentials: "omit", signal: controller?.signal } as RequestInit;
    await request(url, init);
    return UNREACHABLE_CAUSES.cors;
  } catch {
    return UNREACHABLE_CAUSES.down;
  } finally {
    stop?.();
  }
}
