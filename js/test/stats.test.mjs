// What stats() counts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Collector, Console, na, SETTINGS, settled } from "./support/collector.mjs";

let told;

before(() => {
  told = new Console();
});

after(() => told.close());

const ZERO = { accepted: 0, delivered: 0, pending: 0, requests: 0, retries: 0, bytesSent: 0 };
const NONE = {
  total: 0,
  invalid: 0,
  consent: 0,
  disabled: 0,
  before_send: 0,
  identity: 0,
  overflow: 0,
  rejected: 0,
  too_large: 0,
};

/** The result of `stats()` after three features and a flush. */
async function counted(settings, ...answers) {
  const collector = new Collector(...answers);
  const tracker = new na("api", "auth", { ...SETTINGS, ...settings });
  await tracker.ready;
  for (const feature of ["one", "two", "three"]) tracker.sendFeatureEvent(feature);
  await tracker.flush();
  const { dropped, ...stats } = tracker.stats();
  const bytes = collector.requests.reduce((sum, { init }) => sum + Buffer.byteLength(init.body), 0);
  assert.equal(stats.bytesSent, bytes);
  assert.equal(stats.requests, collector.requests.length);
  assert.equal(stats.accepted, stats.delivered + stats.pending + dropped.total);
  assert.equal(
    told.take().length > 0,
    ["overflow", "rejected", "too_large"].some((reason) => dropped[reason] > 0),
  );
  tracker.shutdown();
  collector.close();
  return { ...stats, requests: undefined, bytesSent: undefined, dropped };
}

const counters = (changes, dropped = {}) => ({
  ...ZERO,
  accepted: 3,
  ...changes,
  requests: undefined,
  bytesSent: undefined,
  dropped: { ...NONE, ...dropped },
});

test("each counter counts what its name says", async () => {
  assert.deepEqual(await counted({}), counters({ delivered: 3 }));
  assert.deepEqual(await counted({}, { status: 500 }), counters({ pending: 3 }));
  assert.deepEqual(await counted({}, { status: 0 }), counters({ pending: 3 }));
  assert.deepEqual(await counted({ consent: "pending" }), counters({ pending: 3 }));
  assert.deepEqual(await counted({ consent: "denied" }), counters({}, { total: 3, consent: 3 }));
  assert.deepEqual(await counted({ disableEventSend: true }), counters({}, { total: 3, disabled: 3 }));
  assert.deepEqual(await counted({ beforeSend: () => null }), counters({}, { total: 3, before_send: 3 }));
  assert.deepEqual(await counted({ maxQueueBytes: 10 }), counters({}, { total: 3, overflow: 3 }));
  assert.deepEqual(await counted({}, { status: 400 }), counters({}, { total: 3, rejected: 3 }));
  const partial = {
    status: 200,
    body: JSON.stringify({
      accepted: 1,
      rejected: [
        { line: 1, error: "x" },
        { line: 2, error: "y" },
      ],
    }),
  };
  assert.deepEqual(await counted({}, partial), counters({ delivered: 1 }, { total: 2, rejected: 2 }));
});

test("an event that is too large alone, and a retry, are counted as such", async () => {
  const collector = new Collector({ status: 413 }, { status: 500 }, { status: 200 });
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  tracker.sendFeatureEvent("large");
  await tracker.flush();
  assert.deepEqual(tracker.stats().dropped, { ...NONE, total: 1, too_large: 1 });
  tracker.sendFeatureEvent("again");
  await tracker.flush();
  assert.equal(tracker.stats().retries, 0);
  await tracker.flush();
  const { delivered, requests, retries } = tracker.stats();
  assert.deepEqual([delivered, requests, retries], [1, 3, 1]);
  tracker.setUserId({});
  assert.equal(tracker.stats().dropped.invalid, 1);
  tracker.shutdown();
  collector.close();
});

test("calls that wait for the wasm are pending", async () => {
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  tracker.sendFeatureEvent("early");
  tracker.sendFeatureEvent("early");
  assert.equal(tracker.stats().pending, 2);
  await tracker.ready;
  tracker.shutdown();
  collector.close();
});

test("a tracker that was shut down before its wasm was there refuses what comes later", async () => {
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  tracker.sendFeatureEvent("before");
  tracker.shutdown();
  assert.equal(await tracker.ready, true);
  told.take();
  tracker.sendFeatureEvent("after");
  tracker.sendFeatureEvent("after", 2);
  assert.equal(told.take().length, 1, "the same is said once a second");
  tracker.sendFeatureEvent("after");
  assert.equal(told.take().length, 1);
  const { accepted, dropped } = tracker.stats();
  assert.deepEqual([accepted, dropped.invalid], [1, 3]);
  await settled();
  collector.close();
});

test("calls that wait for the wasm are accepted and pending as far as they make an event", async () => {
  const collector = new Collector();
  const tracker = new na("api", "auth", SETTINGS);
  tracker.setModuleId("m");
  tracker.setUserId("u");
  tracker.sendFeatureEvent("early");
  tracker.identifyUser("u");
  tracker.sendModuleEvent("m", 5);
  tracker.trackPageView();
  tracker.flush();
  const { accepted, pending, dropped } = tracker.stats();
  assert.deepEqual([accepted, pending, dropped.total], [4, 4, 0]);
  await tracker.ready;
  const later = tracker.stats();
  assert.equal(later.accepted, later.delivered + later.pending + later.dropped.total);
  tracker.shutdown();
  collector.close();
});
