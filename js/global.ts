// The classic script: sets `window.na`, and replaces the snippet's stand-in.

import { na } from "./inline.ts";
import { attempt, succeeds, world } from "./intrinsics.ts";
import { executeSnippetCalls } from "./snippet-calls.ts";
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

/** The snippet's stand-in for the class. */
const standIn = attempt(() => (world as unknown as { na?: { q?: Parameters<typeof executeSnippetCalls>[0] } }).na);

if (!set(world)) set(self);
// A page may have made the name read-only.
attempt(() => {
  if ((world as unknown as Window).na === na && standIn?.q) executeSnippetCalls(standIn.q, loader);
});
