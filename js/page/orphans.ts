// What closed pages left in the storage.

import { keys, startsWith } from "../intrinsics.ts";
import { storageObject } from "../web-storage.ts";

/** The names of all stored items that begin with `prefix`. Throws if storage is blocked. */
export function namesWithPrefix(prefix: string): string[] {
  const names = keys(storageObject()!);
  const found: string[] = [];
  for (let at = 0; at < names.length; at += 1) {
    if (startsWith(names[at]!, prefix)) found[found.length] = names[at]!;
  }
  return found;
}
