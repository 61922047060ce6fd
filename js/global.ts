// The classic script: sets `window.na`, in place of what the snippet has put there.

import { na } from "./inline.ts";
import { attempt, succeeds, world } from "./intrinsics.ts";
import { takeKept } from "./kept.ts";
import { loader } from "./within.ts";

declare global {
  interface Window {
    /** The tracker's class. */
    na: typeof na;
  }
}

const set = (holder: unknown): boolean =>
  succeeds(() => {
    (holder as Window).na = na;
  });

/** What stands in for the class until this script is there. */
const standIn = attempt(() => (world as unknown as { na?: { q?: Parameters<typeof takeKept>[0] } }).na);

if (!set(world)) set(self);
// A page may keep the name for itself.
attempt(() => {
  if ((world as unknown as Window).na === na && standIn?.q) takeKept(standIn.q, loader);
});
