// A page whose monotonic clock goes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceMonotonic } from "./support/monotonic.mjs";

let back = 0;
const now = performance.now.bind(performance);
replaceMonotonic(() => now() - back);
const { Collector, na, SETTINGS } = await import("./support/collector.mjs");

test("no time is below 0 where the clock of the page goes back", async () => {
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  tracker.setModuleId("reports");
  tracker.sendFeatureEvent("before");
  back = 3_600_000;
  tracker.sendFeatureEvent("after");
  tracker.setModuleId("orders");
  await tracker.flush();
  tracker.shutdown();
  collector.close();
  const times = collector.events.map(({ time_spent, active_duration }) => time_spent ?? active_duration ?? 0);
  assert.ok(times.length > 1 && times.every((time) => time >= 0), String(times));
  const [before, after] = collector.events.filter(({ action }) => action === "feature");
  assert.ok(after.created_at >= before.created_at, `${before.created_at} ${after.created_at}`);
});
