// Counters, as the engine lists them and as a page sees them.

import { REASONS } from "./messages.ts";
import type { Stats } from "./types.ts";

/** Names the engine's counters: `src/tracker.rs` writes them in this order. */
export function name(counters: Float64Array, kept: number, invalid: number): Stats {
  const [accepted = 0, delivered = 0, pending = 0, requests = 0, retries = 0] = counters;
  const dropped = { total: 0, invalid } as Stats["dropped"];
  for (const [at, [reason]] of REASONS.entries()) dropped.total += dropped[reason] = counters[5 + at]!;
  return { accepted, delivered, pending: pending + kept, dropped, requests, retries, bytesSent: counters[11]! };
}
