// Takes over what closed pages left.

import { wall } from "../clock.ts";
import { atTaskEnd, locks } from "../environment.ts";
import { CLOSED_AFTER_MS } from "../generated/contract.ts";
import { keys, startsWith } from "../intrinsics.ts";
import { storageObject } from "../web-storage.ts";
import type { Locks } from "./locks.ts";

/**
 * Calls `take` for what a page left under `name`, if that page is closed or its last time stamp is too old. No other
 * page takes it at the same time. If `take` returns that something had to stay, no other page takes it for as long as
 * `holder` holds the lock.
 */
export function takeOver(name: string, lastAlive: number, take: () => boolean, holder: Locks): void {
  if (locks()) {
    holder.take(name, take);
  } else if (!(wall() - lastAlive <= CLOSED_AFTER_MS && lastAlive - wall() <= CLOSED_AFTER_MS)) {
    // Also where the time stamp is missing, or lies in the future because the clock was set back since.
    // As with a lock, this happens after the current task.
    atTaskEnd(take);
  }
}

/** The names of all stored items that begin with `prefix`. Throws if storage is blocked. */
export function namesWithPrefix(prefix: string): string[] {
  const names = keys(storageObject()!);
  const found: string[] = [];
  for (let at = 0; at < names.length; at += 1) {
    if (startsWith(names[at]!, prefix)) found[found.length] = names[at]!;
  }
  return found;
}
