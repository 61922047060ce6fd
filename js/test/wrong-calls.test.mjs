// Every method with every kind of wrong value: nothing is thrown, nothing is unhandled, there is one clear error, and
// the state stays as it was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { na, SETTINGS, settled, state } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";
import * as wrong from "./support/wrong.mjs";

const { BAGS, IDS, NULL, NUMBERS, UNDEFINED, without } = wrong;

/** Method, the argument that the error must name, the call, and the values that are wrong there. */
const TABLE = [
  ["setAccountId", "accountId", (t, v) => t.setAccountId(v), IDS],
  ["setUserId", "userId", (t, v) => t.setUserId(v), IDS],
  ["setModuleId", "moduleId", (t, v) => t.setModuleId(v), IDS],
  ["setProductId", "productId", (t, v) => t.setProductId(v), IDS],
  ["identifyAccount", "accountId", (t, v) => t.identifyAccount(v), [...IDS, ...NULL]],
  ["identifyAccount", "accountId", (t, v) => t.identifyAccount(v, { plan: "pro" }), [...IDS, ...NULL]],
  ["identifyAccount", "details", (t, v) => t.identifyAccount("zoo", v), BAGS],
  ["identifyUser", "userId", (t, v) => t.identifyUser(v), [...IDS, ...NULL]],
  ["identifyUser", "details", (t, v) => t.identifyUser("bob", v), BAGS],
  ["sendFeatureEvent", "feature", (t, v) => t.sendFeatureEvent(v), [...IDS, ...NULL]],
  ["sendFeatureEvent", "feature", (t, v) => t.sendFeatureEvent(v, 2), [...IDS, ...NULL]],
  ["sendFeatureEvent", "feature", (t, v) => t.sendFeatureEvent(v, []), [...IDS, ...NULL]],
  // Objects are options here, which the next line covers.
  ["sendFeatureEvent", "total", (t, v) => t.sendFeatureEvent("f", v), without(NUMBERS, wrong.OBJECTS, wrong.PLAIN)],
  ["sendFeatureEvent", "options", (t, v) => t.sendFeatureEvent("f", v), wrong.OBJECTS],
  ["sendFeatureEvent", "total", (t, v) => t.sendFeatureEvent("f", { total: v }), [...NUMBERS, ...NULL]],
  ["sendFeatureEvent", "module", (t, v) => t.sendFeatureEvent("f", { module: v }), without(IDS, UNDEFINED)],
  ["sendFeatureEvent", "product", (t, v) => t.sendFeatureEvent("f", { product: v }), without(IDS, UNDEFINED)],
  ["sendFeatureEvent", "details", (t, v) => t.sendFeatureEvent("f", { details: v }), BAGS],
  ["sendModuleEvent", "module", (t, v) => t.sendModuleEvent(v, 5), [...IDS, ...NULL]],
  [
    "sendModuleEvent",
    "timeSpent",
    (t, v) => t.sendModuleEvent("m", v),
    [...NUMBERS, ...NULL, ...UNDEFINED, ["less than nothing", () => -1], ["ages", () => 1e16]],
  ],
  ["sendModuleEvent", "options", (t, v) => t.sendModuleEvent("m", 5, v), BAGS],
  ["sendModuleEvent", "product", (t, v) => t.sendModuleEvent("m", 5, { product: v }), without(IDS, UNDEFINED)],
  ["trackPageView", "options", (t, v) => t.trackPageView(v), BAGS],
  ["trackPageView", "url", (t, v) => t.trackPageView({ url: v }), without(IDS, UNDEFINED, wrong.NO_ID)],
  ["trackPageView", "title", (t, v) => t.trackPageView({ title: v }), without(IDS, UNDEFINED, wrong.NO_ID)],
];

for (const running of [true, false]) {
  const when = running ? "" : ", before the wasm is there";
  for (const [method, argument, call, values] of TABLE) {
    test(`${call.toString().replace("(t, v) => t.", "")} refuses every wrong value${when}`, async () => {
      const problems = [];
      const tracker = new na("api", "auth", { ...SETTINGS, onError: (problem) => problems.push(problem) });
      if (running) assert.equal(await tracker.ready, true);
      tracker.setProductId("freight");
      tracker.setModuleId("reports");
      for (const [what, make] of values) {
        const was = state(tracker);
        const invalid = tracker.stats().dropped.invalid;
        assert.equal(call(tracker, make()), undefined, what);
        const errors = told.take();
        assert.equal(
          errors.length,
          1,
          `${what}: ${errors.length ? errors.map((error) => error.slice(0, 200)).join("; ") : "no error"}`,
        );
        const [error] = errors;
        assert.match(
          error,
          new RegExp(`^natero: ${method}: ${argument} must be .+; got .+\\. The call was ignored\\.$`),
          what,
        );
        assert.ok(error.length < 300, `${what}: ${error.length} characters`);
        assert.deepEqual(state(tracker), was, what);
        assert.equal(tracker.stats().dropped.invalid, invalid + 1, what);
        if (running) {
          await settled();
          assert.deepEqual(
            problems.splice(0),
            [{ code: "invalid_argument", message: error.replace("natero: ", ""), dropped: 0 }],
            what,
          );
        }
      }
      assert.equal(await tracker.ready, true);
      // None of it had an effect, and right calls still work.
      tracker.sendFeatureEvent("right");
      await tracker.flush();
      const sent = collector.requests.splice(0).flatMap((request) => request.events);
      assert.deepEqual(
        sent.map((event) => [
          event.action,
          event.feature,
          event.module,
          event.product,
          event.account_id,
          event.user_id,
        ]),
        [["feature", "right", "reports", "freight", "acme", "ann"]],
      );
      tracker.shutdown();
      await settled();
      assert.deepEqual([told.take(), told.take("warn"), unhandled], [[], [], []]);
    });
  }
}

/** A wrong key is reported once, and the tracker is off. */
test("new na() refuses every wrong key and never throws", async () => {
  const calls = (tracker) => {
    tracker.setAccountId("acme");
    tracker.setUserId(Symbol("wrong"));
    tracker.sendFeatureEvent("f", 2);
    tracker.sendFeatureEvent("f");
    tracker.sendModuleEvent("m", 5);
    tracker.trackPageView();
    tracker.identifyUser("bob", {});
    tracker.optIn();
    tracker.optOut();
    tracker.reset();
    tracker.shutdown();
    return tracker.flush();
  };
  for (const [what, make] of [...IDS, ...NULL]) {
    for (const keys of [
      [make(), "auth"],
      ["api", make()],
    ]) {
      const problems = [];
      const tracker = new na(...keys, { ...SETTINGS, onError: (problem) => problems.push(problem) });
      const untried = { delivered: 0, pending: 0, rejected: 0 };
      assert.deepEqual(await calls(tracker), untried, what);
      assert.equal(await tracker.ready, false, what);
      await settled();
      const errors = told.take();
      assert.equal(errors.length, 1, `${what}: ${errors}`);
      assert.match(
        errors[0],
        /^natero: new na: (apiKey|authKey) must be a string of 1 to 256 characters; got .+ new na\(apiKey, authKey, settings\)\.$/,
        what,
      );
      assert.equal(problems.length, 1, what);
      assert.equal(tracker.stats().dropped.invalid, 1, what);
      assert.deepEqual([tracker.getAccountId(), tracker.getSessionId(), tracker.getVisitorId()], [null, null, null]);
    }
  }
  assert.deepEqual([collector.requests, unhandled], [[], []]);
});

test("keys that an address leaves out are refused, and nothing goes elsewhere", async () => {
  for (const [keys, wrong] of [
    [["api", "."], "authKey"],
    [["api", ".."], "authKey"],
    [["..", "auth"], "apiKey"],
    [[".", "..."], "apiKey"],
  ]) {
    const tracker = new na(...keys, SETTINGS);
    assert.equal(await tracker.ready, false);
    tracker.sendFeatureEvent("f");
    await tracker.flush();
    await settled();
    const [error, ...more] = told.take();
    assert.match(error, new RegExp(`new na: ${wrong} must be a string of 1 to 256 characters; got dots alone\\.`));
    assert.deepEqual([more, collector.requests], [[], []]);
  }
  const tracker = new na("...", "a.b", SETTINGS);
  assert.equal(await tracker.ready, true);
  tracker.shutdown();
});

test("new na() without anything is told once", async () => {
  assert.equal(await new na().ready, false);
  const [error, ...more] = told.take();
  assert.match(error, /new na: apiKey must be/);
  assert.deepEqual(more, []);
});
