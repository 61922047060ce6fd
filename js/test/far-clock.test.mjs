// Pages whose clocks return impossible times.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { replaceMonotonic } from "./support/monotonic.mjs";

const clocks = { monotonic: performance.now.bind(performance), wall: Date.now };
let { monotonic, wall } = clocks;
replaceMonotonic(() => monotonic());
Date.now = () => wall();
const { anew, Collector, SETTINGS } = await import("./support/collector.mjs");

const FAR = [1e308, Number.MAX_VALUE, Infinity, -Infinity, -1e308, 1e16, Number.NaN, -1];

for (const far of FAR) {
  test(`where the monotonic clock stands at ${far}, a batch is sent once, and waits and timers end`, async () => {
    monotonic = () => far;
    const na = await anew();
    const collector = new Collector({ status: 500 }, { status: 200, body: '{"accepted":1}' });
    const tracker = new na("api", "auth", { ...SETTINGS, flushInterval: 1 });
    await tracker.ready;
    tracker.sendFeatureEvent("export");
    // The request fails, and is retried within a second.
    for (let tries = 0; tries < 200 && !tracker.stats().delivered; tries += 1) await pass(10);
    assert.deepEqual([tracker.stats().delivered, collector.requests.length], [1, 2]);
    const { signal } = collector.requests[1].init;
    assert.equal(signal.aborted, false);
    tracker.shutdown();
    collector.close();
    monotonic = clocks.monotonic;
  });

  test(`where the wall clock stands at ${far}, events are dated by the language's own`, async () => {
    wall = () => far;
    const na = await anew();
    const collector = new Collector();
    const tracker = new na("api", "auth", SETTINGS);
    await tracker.ready;
    tracker.sendFeatureEvent("export");
    await tracker.flush();
    tracker.shutdown();
    collector.close();
    wall = clocks.wall;
    const [{ created_at: at }] = collector.events;
    assert.ok(Math.abs(at - Date.now()) < 60_000, String(at));
  });
}
