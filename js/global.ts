// The classic script: sets `window.na`.

import { na } from "./inline.ts";
import { succeeds, world } from "./intrinsics.ts";

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

if (!set(world)) set(self);
