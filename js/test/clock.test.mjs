// A page whose clock stands at 0 when the library is loaded.

import assert from "node:assert/strict";
import { test } from "node:test";

const { now } = Date;
Date.now = () => 0;
const { Collector, na, SETTINGS } = await import("./support/collector.mjs");

test("calls keep their parts where the page has set its clock to 0", async () => {
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  tracker.sendFeatureEvent("export", 3);
  tracker.sendFeatureEvent(" plain ");
  await tracker.flush();
  Date.now = now;
  tracker.shutdown();
  collector.close();
  const seen = collector.events.map(({ feature, total }) => [feature, total]);
  assert.deepEqual(seen, [
    ["export", 3],
    ["plain", 1],
  ]);
  // The time of a feature is computed from the monotonic clock when it is passed to the engine.
  for (const { created_at: at } of collector.events) assert.ok(at <= 0 && at > -10_000, at);
});
