// What pages left that are gone.

import { wall } from "../clock.ts";
import { atTaskEnd, lockIfFree, locks } from "../environment.ts";
import { keys, startsWith } from "../intrinsics.ts";
import { storageObject } from "../web-storage.ts";
import type { Locks } from "./locks.ts";

// Pages on origins without locks (plain http) count as gone once they have not
// told for this long that they live. They do so when they store or look for
// others, at least once a minute while they are in use.
const SILENT_MS = 10 * 60_000;

/**
 * Calls `take` for what a page left under `name`, if that page is gone, or was
 * last heard of at `lastAlive` long ago. Nobody else takes it at that time, nor
 * later, while `held` holds, if `take` tells that something had to stay.
 */
export function takeOver(name: string, lastAlive: number, take: () => boolean, held?: Locks): void {
  if (locks()) {
    const hold = held?.whenGranted();
    lockIfFree(name, (free) => (free && !take() ? hold?.() : undefined));
  } else if (wall() - lastAlive > SILENT_MS) {
    // As with a lock, when what goes on now is done.
    atTaskEnd(take);
  }
}

/** The names of everything stored that begin so. Throws where storage is blocked. */
export function namesFrom(start: string): string[] {
  const names = keys(storageObject()!);
  const found: string[] = [];
  for (let at = 0; at < names.length; at += 1) {
    if (startsWith(names[at]!, start)) found[found.length] = names[at]!;
  }
  return found;
}
