// A page that makes every object look like a promise, by a `then` on `Object.prototype`. Results of the tracker's
// promises are not affected.

import assert from "node:assert/strict";
import { test } from "node:test";
import { anew, SETTINGS, settled } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";

const { defineProperty, deleteProperty } = Reflect;

const THENS = {
  "never settles": () => {},
  rejects: (_, reject) => reject("of the page"),
  throws: () => {
    throw new Error("of the page");
  },
  "resolves to something else": (resolve) => resolve(1),
};

/** Does something while all objects have this method. */
async function whileThenable(value, action) {
  defineProperty(Object.prototype, "then", { value, configurable: true, writable: true });
  try {
    return await action();
  } finally {
    deleteProperty(Object.prototype, "then");
  }
}

/** An answer that is not a promise either, and has no body, for which Node would use objects of its own. */
function accepted() {
  const response = new Response(null, { status: 200 });
  defineProperty(response, "then", { value: undefined });
  return response;
}

for (const [what, then] of Object.entries(THENS)) {
  test(`a flush ends with its figures where a then of all objects ${what}`, async () => {
    collector.requests.length = 0;
    collector.answers = [accepted];
    const na = await anew();
    const tracker = new na("api", "auth", SETTINGS);
    await tracker.ready;
    const result = await whileThenable(then, async () => {
      tracker.sendFeatureEvent("f");
      return JSON.stringify(await tracker.flush());
    });
    assert.equal(result, '{"delivered":1,"pending":0,"rejected":0}');
    assert.deepEqual(await tracker.flush(), { delivered: 0, pending: 0, rejected: 0 });
    tracker.shutdown();
    await settled();
    assert.equal(collector.events.filter(({ action }) => action === "feature").length, 1);
    assert.deepEqual(unhandled, []);
    told.take();
  });

  test(`a flush of a tracker that is off ends where a then of all objects ${what}`, async () => {
    const na = await anew();
    const tracker = new na("", "");
    const flushed = await whileThenable(then, async () => JSON.stringify(await tracker.flush()));
    assert.equal(flushed, '{"delivered":0,"pending":0,"rejected":0}');
    assert.deepEqual(unhandled, []);
    told.take();
  });
}
