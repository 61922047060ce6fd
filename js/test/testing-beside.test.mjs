// Compares `natero-wasm/testing` with the tracker: the same calls, at the same times, lead to the same events, losses
// and messages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import "./support/page.mjs";
import { pass } from "./support/clock.mjs";
import { Collector, Console, na as Real, settled } from "./support/collector.mjs";
import { entry } from "./support/package.mjs";

const testing = await import(entry("natero-wasm/testing"));

let told;

before(() => {
  told = new Console();
});

after(() => told.close());

// Fields that differ between streams, and actions that only a page records, which `testing` does not.
const OWN = ["created_at", "event_id", "seq", "session_id", "stream_id", "visitor_id"];
const OF_PAGES = ["sessionIdle", "sessionSync"];

/** How many events its stream recorded before it. */
const ordinal = ({ event_id }) => Number(event_id.slice(event_id.lastIndexOf("-") + 1));

const comparable = (events) =>
  events
    .filter(({ action }) => !OF_PAGES.includes(action))
    .sort((one, other) => ordinal(one) - ordinal(other))
    .map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !OWN.includes(name))));

const DEFAULTS = {
  accountId: "acme",
  userId: "ann",
  endpoint: "http://collector.test",
  compress: false,
  persistence: "memory",
  trackPageViews: false,
};

let sources = 0;

/** The outcome of calls on one of the two. */
async function outcome(na, calls, { beforeSend, ...settings }, events) {
  const problems = [];
  let ofPages = 0;
  const filter = (event) => {
    if (!OF_PAGES.includes(event.action)) return beforeSend ? beforeSend(event) : event;
    ofPages += 1;
    return null;
  };
  const tracker = new na(`api${sources}`, "auth", {
    ...DEFAULTS,
    ...settings,
    beforeSend: beforeSend || isSeen() ? filter : undefined,
    onError: (problem) => problems.push(problem),
  });
  const isReady = await tracker.ready;
  const answers = await calls(tracker);
  await pass(1_000);
  await tracker.flush();
  const { pending, dropped } = tracker.stats();
  dropped.before_send -= ofPages;
  dropped.total -= ofPages;
  const ids = [tracker.getAccountId(), tracker.getUserId(), tracker.getModuleId(), tracker.getProductId()];
  const made = comparable(events());
  tracker.shutdown();
  await settled();
  return { isReady, answers, events: made, pending, dropped, ids, problems, said: [told.take(), told.take("warn")] };
}

const isSeen = () => document.visibilityState === "visible";

/** Makes the same calls on both. Returns both outcomes. */
async function both(calls, settings = {}) {
  sources += 1;
  const collector = new Collector();
  const real = await outcome(Real, calls, settings, () => collector.events);
  collector.close();
  const inTests = await outcome(testing.na, calls, settings, testing.events);
  testing.clear();
  assert.deepEqual(inTests, real);
  return real;
}

/** The same on a hidden page, which records nothing by itself. */
async function unseen(calls, settings) {
  document.visibilityState = "hidden";
  const outcome = await both(calls, settings);
  document.visibilityState = "visible";
  return outcome;
}

test("what beforeSend returns is an event only where it is a plain object", async () => {
  const returned = {
    nothing: () => undefined,
    null: () => null,
    "a text": () => "x",
    "a number": () => 5,
    "a list": () => [],
    "a promise": async (event) => event,
    "a throw": () => {
      throw new Error("in beforeSend");
    },
  };
  for (const [what, beforeSend] of Object.entries(returned)) {
    const { dropped, events, problems } = await unseen((tracker) => tracker.sendFeatureEvent("f"), { beforeSend });
    assert.deepEqual([events, dropped.before_send, problems.length], [[], 1, what === "null" ? 0 : 1], what);
  }
});

test("what beforeSend makes of an event is read as it is sent", async () => {
  const changes = {
    empty: () => ({}),
    bigint: (event) => ({ ...event, rows: 10n }),
    cycle: (event) => {
      const details = { rows: 1 };
      details.itself = details;
      return { ...event, details };
    },
    function: (event) => ({ ...event, call() {}, nothing: undefined }),
    date: (event) => ({ ...event, module: null, details: { when: new Date(0), not: Number.NaN } }),
    identity: (event) => ({ ...event, account_id: "other", user_id: "" }),
    large: (event) => ({ ...event, details: { text: "x".repeat(40_000) } }),
    frozen: Object.freeze,
  };
  for (const [, beforeSend] of Object.entries(changes)) {
    await unseen(
      async (tracker) => {
        tracker.sendFeatureEvent("f", { details: { rows: 1 } });
        tracker.setUserId(null);
        tracker.sendFeatureEvent("held");
        await pass(200);
        tracker.setUserId("bob");
      },
      { beforeSend },
    );
  }
});

test("what waits for an identity goes with it, and is told", async () => {
  const { dropped } = await unseen(async (tracker) => {
    tracker.setUserId(null);
    tracker.sendFeatureEvent("held");
    tracker.reset();
    tracker.setUserId("bob");
    tracker.setAccountId("zoo");
    tracker.sendFeatureEvent("f");
  });
  assert.equal(dropped.identity > 0, true);
  await unseen(async (tracker) => {
    tracker.setUserId(null);
    tracker.sendFeatureEvent("held");
    tracker.setUserId("bob");
    // The second call of a sign-in. Waiting events belonged to the previous account.
    tracker.setAccountId("zoo");
  });
  await unseen(async (tracker) => {
    tracker.setAccountId(null);
    await pass(200);
    tracker.sendFeatureEvent("held");
    tracker.setUserId("bob");
    tracker.sendFeatureEvent("held, too");
  });
});

test("what waits is completed as soon as the identity is sure", async () => {
  const userFirst = async (tracker) => {
    tracker.sendFeatureEvent("before");
    tracker.setUserId("bob");
    tracker.sendFeatureEvent("user");
    tracker.setUserId("eve");
    tracker.setAccountId("zoo");
    tracker.sendFeatureEvent("both");
  };
  for (const settings of [
    { accountId: null, userId: null },
    { userId: null },
    { accountId: null },
    { userId: null, beforeSend: (event) => event },
    { userId: null, consent: "pending" },
  ])
    await unseen(userFirst, settings);
  await unseen(
    async (tracker) => {
      tracker.sendFeatureEvent("none");
      tracker.setUserId("bob");
      tracker.setUserId(null);
      tracker.sendFeatureEvent("none again");
      tracker.setAccountId("zoo");
      await pass(200);
      tracker.setUserId("eve");
    },
    { accountId: null, userId: null },
  );
});

test("a test that looks is behind the sign-in", async () => {
  const tracker = new testing.na("looked", "auth", { accountId: "acme" });
  tracker.sendFeatureEvent("held");
  tracker.setUserId("ann");
  assert.equal(testing.expectEvent({ feature: "held" }).user_id, "ann");
  assert.deepEqual(testing.heldEvents(), []);
  testing.clear();
});

test("the same module or product again ends nothing", async () => {
  const { events } = await both(async (tracker) => {
    tracker.setModuleId("reports");
    await pass(60);
    tracker.setModuleId("reports");
    tracker.setModuleId(" reports ");
    await pass(60);
    tracker.setProductId("studio");
    await pass(60);
    tracker.setProductId("studio");
    await pass(60);
    tracker.setProductId(null);
    await pass(30);
    tracker.sendFeatureEvent("f", { module: null });
    tracker.setModuleId(null);
  });
  assert.deepEqual(
    events.map(({ action, time_spent }) => [action, time_spent]),
    [
      ["moduleEnd", 120],
      ["moduleEnd", 120],
      ["feature", undefined],
      ["moduleEnd", 30],
    ],
  );
});

test("who signs in ends the timings of who was there, once", async () => {
  for (const calls of [
    (tracker) => [tracker.setUserId("bob"), tracker.setAccountId("zoo")],
    (tracker) => [tracker.setAccountId("zoo"), tracker.setUserId("bob")],
    (tracker) => [tracker.setUserId("bob"), tracker.setModuleId("billing"), tracker.setAccountId("zoo")],
    (tracker) => [tracker.setAccountId("zoo")],
    (tracker) => [tracker.setUserId(null), tracker.setUserId("ann")],
    (tracker) => [tracker.identifyUser("bob", { name: "Bob" }), tracker.identifyAccount("zoo")],
    (tracker) => [tracker.reset(), tracker.setUserId("bob"), tracker.setAccountId("zoo")],
  ])
    await both(async (tracker) => {
      tracker.setModuleId("reports");
      tracker.trackPageView({ url: "/reports", title: "Reports" });
      await pass(250);
      calls(tracker);
      tracker.sendFeatureEvent("f");
      await pass(250);
      tracker.setModuleId(null);
      tracker.trackPageView({ url: "/", title: "Home" });
    });
});

test("fields are as they are sent", async () => {
  await both(async (tracker) => {
    for (const ms of [0, 0.4, 1.5, 1e15 - 1, 10, -1, "5"]) tracker.sendModuleEvent("m", ms);
    tracker.setProductId("studio");
    tracker.sendModuleEvent("m", 7);
    tracker.sendModuleEvent("m", 7, { product: null });
    tracker.identifyUser("ann");
    tracker.identifyUser("ann", {});
    tracker.identifyAccount("acme", { plan: { seats: 3 } });
    for (const total of [0, -1, 1.5, 1e21]) tracker.sendFeatureEvent("f", total);
    for (const id of [5, 10n, 1e21, " f ", "a\0b", "\ud800x"]) tracker.sendFeatureEvent(id);
    tracker.sendFeatureEvent("f", { details: { when: new Date(0), at: new URL("http://a/"), many: new Set([1]) } });
    for (const url of ["/a?x=1#y", "", "z".repeat(5_000), "data:text/html,abc", "blob:http://a/b", "/last"])
      tracker.trackPageView({ url, title: " Title " });
  });
});

test("consent and disableEventSend drop and hold the same", async () => {
  const calls = async (tracker) => {
    tracker.setModuleId("reports");
    await pass(50);
    tracker.sendFeatureEvent("a");
    const flushed = await tracker.flush();
    tracker.optOut();
    tracker.sendFeatureEvent("b");
    tracker.setModuleId("billing");
    await pass(50);
    tracker.optIn();
    tracker.sendFeatureEvent("c");
    return flushed.pending;
  };
  for (const settings of [{}, { consent: "pending" }, { consent: "denied" }, { disableEventSend: true }])
    await both(calls, settings);
});

test("an endpoint that is none turns both off", async () => {
  for (const endpoint of ["//evil.test", "usage.test", "", undefined, 5, "http://a b"]) {
    const { isReady } = await both((tracker) => tracker.sendFeatureEvent("f"), { endpoint });
    assert.equal(isReady, false, String(endpoint));
  }
  // A test has no origin that these paths could belong to.
  for (const [endpoint, isPath] of [
    ["/usage", true],
    ["/usage?to=us", false],
    ["//evil.test/usage", false],
  ])
    assert.equal(await new testing.na("path", "auth", { endpoint }).ready, isPath, endpoint);
  testing.clear();
  await settled();
  told.take();
});

test("sources that differ by their endpoint alone are two", () => {
  const [one, other] = ["http://a.test", "http://b.test"].map(
    (endpoint) => new testing.na("api", "auth", { endpoint, accountId: "acme", userId: "ann" }),
  );
  one.setModuleId("reports");
  assert.equal(other.getModuleId(), null);
  testing.clear();
});
