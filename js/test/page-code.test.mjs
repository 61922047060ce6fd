// Code of the page that the tracker runs. Nothing that it throws gets back into the page.

import assert from "node:assert/strict";
import { after, beforeEach, mock, test } from "node:test";
import { Collector, na, SETTINGS, settled } from "./support/collector.mjs";

let collector;
const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

beforeEach(() => {
  collector?.close();
  collector = new Collector({ status: 400, body: '{"error":"no"}' });
});

after(() => collector.close());

test("a console that throws neither throws into the page nor stops the tracker", async () => {
  const throws = () => {
    throw new Error("no console here");
  };
  const mocks = ["error", "warn", "log"].map((level) => mock.method(console, level, throws));
  const problems = [];
  const tracker = new na("api", "auth", {
    ...SETTINGS,
    unknown: 1,
    debug: true,
    onError: ({ code }) => problems.push(code),
  });
  assert.equal(await tracker.ready, true);
  tracker.setAccountId(undefined);
  tracker.sendFeatureEvent("f");
  await tracker.flush();
  await settled();
  assert.equal(tracker.stats().dropped.rejected, 1);
  assert.deepEqual(problems, ["invalid_argument", "invalid_argument", "rejected"]);
  tracker.shutdown();
  new na();
  await settled();
  for (const { mock } of mocks) mock.restore();
  assert.deepEqual(unhandled, []);
});

test("a clock that the page sets later changes no time", async () => {
  const before = Date.now();
  const now = mock.method(Date, "now", () => 0);
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  tracker.sendFeatureEvent("export", 3);
  tracker.sendFeatureEvent(" plain ");
  await tracker.flush();
  now.mock.restore();
  tracker.shutdown();
  const seen = collector.events.map(({ feature, total }) => [feature, total]);
  assert.deepEqual(seen, [
    ["export", 3],
    ["plain", 1],
  ]);
  for (const { created_at } of collector.events) assert.ok(created_at >= before && created_at <= Date.now());
});

test("features of a task keep their order among other calls, and their time", async () => {
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  const before = Date.now();
  tracker.sendFeatureEvent("first");
  tracker.setModuleId("reports");
  tracker.sendFeatureEvent("second");
  assert.equal(tracker.getModuleId(), "reports");
  tracker.sendFeatureEvent("third", { module: null });
  assert.equal(tracker.stats().accepted, 3);
  await tracker.flush();
  const after = Date.now();
  tracker.shutdown();
  const seen = collector.events.map(({ feature, module, seq }) => [feature, module, seq]);
  assert.deepEqual(seen, [
    ["first", undefined, 0],
    ["second", "reports", 1],
    ["third", undefined, 2],
  ]);
  for (const { created_at } of collector.events) assert.ok(created_at >= before - 1 && created_at <= after + 1);
});
