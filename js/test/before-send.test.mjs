// What `beforeSend` can do to an event, and what it cannot.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Collector, Console, na, SETTINGS } from "./support/collector.mjs";
import { BAGS, UNDEFINED } from "./support/wrong.mjs";

let collector;
let told;

before(() => {
  told = new Console();
});

beforeEach(() => {
  collector?.close();
  collector = new Collector();
});

after(() => {
  told.close();
  collector.close();
});

/** Sends one feature event. Returns what was sent, and the counters. */
async function filtered(beforeSend, options) {
  const tracker = new na("api", "auth", { ...SETTINGS, beforeSend });
  await tracker.ready;
  tracker.sendFeatureEvent("f", options);
  await tracker.flush();
  const stats = tracker.stats();
  tracker.shutdown();
  return { events: collector.events, dropped: stats.dropped.before_send, stats };
}

test("an event may be changed, but not the key by which it is deduplicated", async () => {
  let seen;
  const { events } = await filtered((event) => {
    seen = structuredClone(event);
    event.feature = "changed";
    event.event_id = "forged";
    delete event.total;
    event.more = { when: new Date(0) };
    return event;
  });
  const { total, ...rest } = seen;
  assert.equal(total, 1);
  assert.deepEqual(events, [{ ...rest, feature: "changed", more: { when: "1970-01-01T00:00:00.000Z" }, seq: 0 }]);
});

test("null drops an event without a word", async () => {
  const { events, dropped } = await filtered(() => null);
  assert.deepEqual([events, dropped, told.take()], [[], 1, []]);
});

test("a throw costs the event and is told", async () => {
  const { events, dropped } = await filtered(() => {
    throw new Error("in beforeSend");
  });
  assert.deepEqual([events, dropped], [[], 1]);
  assert.deepEqual(told.take(), [
    "natero: 1 event was dropped: beforeSend threw or returned no event. Return the event, or null to drop it.",
  ]);
});

for (const [what, make] of [...BAGS, ...UNDEFINED]) {
  test(`${what} in place of an event costs the event and is told`, async () => {
    const { events, dropped, stats } = await filtered(make);
    assert.deepEqual([events, dropped, stats.pending], [[], 1, 0]);
    assert.equal(told.take().length, 1);
  });
}

test("an event with the largest details passes", async () => {
  const details = { text: "x".repeat(16_000) };
  const { events } = await filtered((event) => event, { details });
  assert.deepEqual(events[0].details, details);
});

test("a call from within is refused", async () => {
  let tracker;
  const beforeSend = (event) => {
    tracker.sendFeatureEvent("again");
    tracker.setModuleId("m");
    return event;
  };
  tracker = new na("api", "auth", { ...SETTINGS, beforeSend });
  await tracker.ready;
  tracker.sendFeatureEvent("f");
  // Features are passed to the engine when the task ends.
  await null;
  const errors = told.take();
  assert.equal(errors.length, 2);
  assert.match(errors[0], /sendFeatureEvent: a call from within beforeSend/);
  assert.match(errors[1], /setModuleId: a call from within beforeSend/);
  await tracker.flush();
  assert.deepEqual(
    collector.events.map((event) => event.feature),
    ["f"],
  );
  tracker.shutdown();
});

test("a promise is no event, and its failure nobody else's", async () => {
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  const { events, dropped } = await filtered(async () => {
    throw new Error("from the page's own code");
  });
  await new Promise((done) => setImmediate(done));
  process.off("unhandledRejection", note);
  assert.deepEqual([events, dropped, unhandled], [[], 1, []]);
});

test("it is called on nothing", async () => {
  let self = "unset";
  await filtered(function (event) {
    self = this;
    return event;
  });
  assert.equal(self, undefined);
});
