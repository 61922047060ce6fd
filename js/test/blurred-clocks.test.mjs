// A browser that blurs both clocks independently, as a protection against timing attacks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceMonotonic } from "./support/monotonic.mjs";

// The clock alternates between 3 ms ahead and exact.
let isAhead = false;
const now = performance.now.bind(performance);
replaceMonotonic(() => Math.floor(now()) + (isAhead ? 3 : 0));
const { Collector, na, SETTINGS } = await import("./support/collector.mjs");

test("no event is later than the clock of the page when it was handed over", async () => {
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  isAhead = true;
  tracker.sendFeatureEvent("export");
  isAhead = false;
  tracker.stats();
  const handedOver = Date.now();
  await tracker.flush();
  tracker.shutdown();
  collector.close();
  const [{ created_at: at }] = collector.events;
  assert.ok(at <= handedOver, `${at} of ${handedOver}`);
});
