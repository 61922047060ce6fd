// A page in which compiling wasm never finishes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { anew, Collector, SETTINGS } from "./support/collector.mjs";

test("where compiling never comes to an end, it is done at once after a while, and nothing is lost", async () => {
  const { compile } = WebAssembly;
  const { setTimeout: startTimer } = globalThis;
  WebAssembly.compile = () => new Promise(() => {});
  // Timers run 1,000 times faster, so that the test does not take long.
  globalThis.setTimeout = (task, ms) => startTimer(task, ms / 1_000);
  const na = await anew();
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  tracker.sendFeatureEvent("export");
  assert.equal(await tracker.ready, true);
  globalThis.setTimeout = startTimer;
  WebAssembly.compile = compile;
  await tracker.flush();
  assert.deepEqual(
    collector.events.map(({ feature }) => feature),
    ["export"],
  );
  tracker.shutdown();
  collector.close();
});
