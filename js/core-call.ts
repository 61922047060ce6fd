// Reports to the engine what happened: a call, or what the browser did. Work on arguments that the entry has deferred
// is done here.

import { short } from "./address.ts";
import type { Method } from "./calls.ts";
import type { Core } from "./generated/core.d.ts";
import { apply } from "./intrinsics.ts";

/** Calls a method of the engine. */
export function callCore(core: Core, method: Method, mono: number, wall: number, more: readonly unknown[]): void {
  const input: unknown[] = [mono, wall];
  for (let at = 0; at < more.length; at += 1) input[at + 2] = more[at];
  // The address may be a `data:` or `blob:` address.
  if (method === "trackPageView") input[2] = short(more[0] as string);
  apply(core[method] as (...input: unknown[]) => void, core, input);
}
