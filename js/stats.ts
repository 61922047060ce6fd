// Counters, as the engine lists them and as a page sees them.

import type { Stats } from "./types.ts";

/** Reads the engine's counters: `src/core.rs` writes them in this order. */
export function parse(counters: string, kept: number, invalid: number): Stats {
  const [accepted, delivered, pending, requests, retries, consent, disabled, before_send, overflow, rejected, too_large, bytesSent] =
    (counters || "0,0,0,0,0,0,0,0,0,0,0,0").split(",").map(Number) as Twelve;
  const total = consent + disabled + before_send + overflow + rejected + too_large;
  const dropped = { total, invalid, consent, disabled, before_send, overflow, rejected, too_large };
  return { accepted, delivered, pending: pending + kept, dropped, requests, retries, bytesSent };
}

type Twelve = [number, number, number, number, number, number, number, number, number, number, number, number];
