// Code of the page that runs on behalf of the tracker and calls it. None of it recurses or goes on without end.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { na, SETTINGS, settled } from "./support/collector.mjs";
import { told, unhandled } from "./support/host.mjs";

/** Does something, and lets the current task end. A loop of microtasks would prevent that. */
async function turn(action) {
  action();
  await settled();
  await settled();
}

const ways = {
  "at once": (call) => call(),
  "a microtask later": (call) => Promise.resolve().then(call),
  "after waiting": async (call) => {
    await null;
    call();
  },
};

for (const [when, later] of Object.entries(ways)) {
  test(`an onError that sends a feature ${when} while the queue is full does so once a second`, async () => {
    let problems = 0;
    const tracker = new na("api", "auth", {
      ...SETTINGS,
      maxQueueBytes: 1,
      onError() {
        problems += 1;
        return later(() => tracker.sendFeatureEvent("error"));
      },
    });
    await tracker.ready;
    await turn(() => tracker.sendFeatureEvent("first"));
    assert.ok(problems >= 1 && problems <= 2, String(problems));
    const { accepted, dropped } = tracker.stats();
    assert.equal(dropped.overflow, accepted);
    assert.ok(told.take().length <= 2);
    tracker.shutdown();
    await settled();
    told.take();
  });

  test(`an onError that makes a wrong call ${when} is told of it once a second`, async () => {
    let problems = 0;
    const tracker = new na("api", "auth", {
      ...SETTINGS,
      onError() {
        problems += 1;
        return later(() => tracker.sendModuleEvent("m", -problems));
      },
    });
    await tracker.ready;
    await turn(() => tracker.setModuleId({}));
    assert.equal(problems, 2);
    assert.equal(told.take().length, 2);
    assert.equal(tracker.stats().dropped.invalid, 3);
    tracker.shutdown();
  });

  test(`a console.error that makes a wrong call ${when} does not recurse`, async () => {
    const tracker = new na("api", "auth", SETTINGS);
    await tracker.ready;
    let calls = 0;
    const { error } = console;
    console.error = () => {
      calls += 1;
      later(() => tracker.setUserId({}));
      later(() => tracker.sendFeatureEvent("an error was logged"));
    };
    await turn(() => tracker.setModuleId({}));
    console.error = error;
    assert.ok(calls <= 2, String(calls));
    assert.equal((await tracker.flush()).pending, 0);
    assert.ok(tracker.stats().delivered >= 1 && tracker.stats().delivered <= 2);
    tracker.shutdown();
  });

  test(`a console.log that sends a feature ${when} under debug lets the page go on`, async () => {
    // The stub answers without a turn of the event loop, which a network would take.
    const tracker = new na("api", "auth", { ...SETTINGS, debug: true, flushInterval: 60_000, batchSize: 1e6 });
    await tracker.ready;
    const logged = mock.method(console, "log", () => {
      later(() => tracker.sendFeatureEvent("a line was logged"));
    });
    await turn(() => tracker.sendFeatureEvent("first"));
    logged.mock.restore();
    assert.ok(logged.mock.callCount() < 1000, String(logged.mock.callCount()));
    tracker.shutdown();
    told.take("log");
  });

  test(`a beforeSend that sends a feature ${when} lets the page go on`, async () => {
    let seen = 0;
    const tracker = new na("api", "auth", {
      ...SETTINGS,
      flushInterval: 60_000,
      batchSize: 1e6,
      beforeSend(event) {
        seen += 1;
        if (seen < 100_000) later(() => tracker.sendFeatureEvent("sent while sending"));
        return event;
      },
    });
    await tracker.ready;
    await turn(() => tracker.sendFeatureEvent("first"));
    assert.ok(seen < 1000, String(seen));
    tracker.shutdown();
    await settled();
    told.take();
  });
}

for (const [what, settings] of [
  ["without keys", undefined],
  ["of another source with the same mistake", { ...SETTINGS, batchSize: "many" }],
]) {
  test(`an onError that makes a tracker ${what} does not go on without end`, async () => {
    let made = 0;
    const trackers = [];
    const begun = performance.now();
    const onError = () => {
      made += 1;
      // A limit, so that an endless loop fails the test instead of blocking it.
      if (made < 5_000) trackers.push(new na(settings && `api ${made}`, "auth", { ...settings, onError }));
    };
    await turn(onError);
    for (let at = 0; at < 20; at += 1) await settled();
    // All trackers of a page tell 250 messages a second. A busy machine may take several.
    // The first and the last of them are seconds that have begun.
    const seconds = Math.floor((performance.now() - begun) / 1_000) + 2;
    assert.ok(made > 1 && made <= 251 * seconds && made < 5_000, `${made} in ${seconds} s`);
    for (const tracker of trackers) tracker.shutdown();
    await settled();
    told.take();
  });
}

test("a console.warn that changes the account again does not go on without end", async () => {
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  let warnings = 0;
  const warned = mock.method(console, "warn", () => {
    warnings += 1;
    tracker.setAccountId(`account ${warnings}`);
  });
  await turn(() => tracker.setAccountId("another"));
  warned.mock.restore();
  assert.ok(warnings >= 1 && warnings <= 2, String(warnings));
  tracker.shutdown();
});

test("a console.error that does the same again is told of it once", async () => {
  const problems = [];
  const tracker = new na("api", "auth", { ...SETTINGS, onError: (problem) => problems.push(problem) });
  await tracker.ready;
  const logged = mock.method(console, "error", () => tracker.setModuleId({}));
  await turn(() => tracker.setModuleId({}));
  assert.equal(logged.mock.callCount(), 1);
  logged.mock.restore();
  assert.equal(problems.length, 1);
  assert.equal(tracker.stats().dropped.invalid, 2);
  tracker.shutdown();
});

test("a console.log that ends the tracker ends it", async () => {
  const tracker = new na("api", "auth", { ...SETTINGS, debug: true, flushInterval: 60_000 });
  await tracker.ready;
  const logged = mock.method(console, "log", () => tracker.shutdown());
  await turn(() => tracker.sendFeatureEvent("logged"));
  logged.mock.restore();
  assert.equal(tracker.stats().delivered, 1, "what waited was sent at the end");
  told.take();
  told.take("log");
});

test("a console.log that refuses consent refuses it", async () => {
  const tracker = new na("api", "auth", { ...SETTINGS, debug: true, flushInterval: 60_000 });
  await tracker.ready;
  const logged = mock.method(console, "log", () => tracker.optOut());
  await turn(() => tracker.sendFeatureEvent("logged"));
  logged.mock.restore();
  assert.deepEqual(await tracker.flush(), { delivered: 0, pending: 0, rejected: 0 });
  assert.equal(tracker.stats().dropped.consent, 1);
  tracker.shutdown();
  told.take("log");
});

test("what is not told again is counted, and told of when it is told next", async () => {
  const problems = [];
  const tracker = new na("api", "auth", {
    ...SETTINGS,
    maxQueueBytes: 1,
    onError: (problem) => problems.push(problem),
  });
  await tracker.ready;
  for (let round = 0; round < 2; round += 1) {
    for (const feature of ["one", "two", "three"]) {
      tracker.sendFeatureEvent(feature);
      await settled();
    }
    told.take();
  }
  const { dropped } = tracker.stats();
  assert.equal(dropped.overflow, 6);
  assert.deepEqual(
    problems.map((problem) => problem.dropped),
    [1, 3],
  );
  tracker.shutdown();
  await settled();
  told.take();
  assert.deepEqual(unhandled, []);
});
