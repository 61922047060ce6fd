// Counters, as the engine lists them and as a page sees them.

import type { Stats } from "./types.ts";

/** Names the engine's counters: `src/tracker.rs` writes them in this order. */
export function name(counters: Iterable<number>, kept: number, invalid: number): Stats {
  const [accepted, delivered, pending, requests, retries, consent, disabled, before_send, overflow, rejected, too_large, bytesSent] = counters as unknown as Twelve;
  const total = consent + disabled + before_send + overflow + rejected + too_large;
  const dropped = { total, invalid, consent, disabled, before_send, overflow, rejected, too_large };
  return { accepted, delivered, pending: pending + kept, dropped, requests, retries, bytesSent };
}

type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number];
