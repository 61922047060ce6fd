// A refusal counts from the moment of its call, although calls wait for the wasm, and in a burst for the end of the
// task.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import "./support/page.mjs";

// Each write to storage and to cookies that sets something.
const written = [];
globalThis.Storage = class {
  setItem(name, text) {
    written.push(name);
    this[name] = text;
  }
  removeItem(name) {
    delete this[name];
  }
};
globalThis.localStorage = new Storage();
let cookies = "";
Object.defineProperty(globalThis.document, "cookie", {
  get: () => cookies,
  set(cookie) {
    if (cookie.includes("max-age=0")) return;
    written.push(cookie);
    cookies = cookie.split(";")[0];
  },
});
globalThis.location = { href: "https://page.test/", hostname: "page.test" };

const { anew, SETTINGS, settled } = await import("./support/collector.mjs");
const { collector } = await import("./support/host.mjs");

/** More events than one batch holds. */
const burst = (tracker) => {
  for (let count = 0; count < 60; count += 1) tracker.sendFeatureEvent(`feature ${count}`);
};

const ORDERS = {
  "a burst, then optOut": [burst],
  "an event, flush, then optOut": [(tracker) => tracker.sendFeatureEvent("one"), (tracker) => tracker.flush()],
  "an event, reset, then optOut": [(tracker) => tracker.sendFeatureEvent("one"), (tracker) => tracker.reset()],
  "optOut, optIn, a burst, then optOut": [(tracker) => tracker.optOut(), (tracker) => tracker.optIn(), burst],
};

for (const [order, calls] of Object.entries(ORDERS)) {
  test(`nothing is sent, stored or set in a cookie: ${order}, before the wasm has loaded`, async (t) => {
    const na = await anew();
    collector.requests.length = 0;
    const tracker = new na("api", "auth", SETTINGS);
    t.after(() => tracker.shutdown());
    for (const call of calls) call(tracker);
    tracker.optOut();
    written.length = 0;
    assert.equal(await tracker.ready, true);
    await settled();
    assert.deepEqual(collector.requests, []);
    assert.deepEqual(written, []);
    const { accepted, delivered, dropped, pending } = tracker.stats();
    assert.deepEqual([delivered, pending, dropped.consent], [0, 0, accepted]);
  });
}

test("nothing of a burst is sent after optOut in the same task", async (t) => {
  const na = await anew();
  const tracker = new na("api", "auth", SETTINGS);
  t.after(() => tracker.shutdown());
  await tracker.ready;
  collector.requests.length = 0;
  burst(tracker);
  tracker.optOut();
  await settled();
  assert.deepEqual(collector.requests, []);
});

test("what is recorded after optOut and a later optIn is sent and stored", async (t) => {
  const na = await anew();
  const tracker = new na("api", "auth", { ...SETTINGS, trackPageViews: false });
  t.after(() => tracker.shutdown());
  tracker.sendFeatureEvent("before");
  tracker.optOut();
  tracker.optIn();
  tracker.sendFeatureEvent("after");
  collector.requests.length = 0;
  written.length = 0;
  await tracker.ready;
  await tracker.flush();
  assert.deepEqual(
    collector.events.map(({ feature }) => feature),
    ["after"],
  );
  assert.ok(written.some((cookie) => cookie.startsWith("na_sid=")));
});

test("of all effects an optOut takes back those that send, store, set a cookie or adopt", () => {
  const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
  const [, union] = /export type Effect = (.*);/.exec(read("../generated/core.d.ts"));
  const effects = [...union.matchAll(/type: "(\w+)"/g)].map(([, type]) => type);
  assert.ok(effects.length > 15, `found ${effects}`);
  const [, pattern] = /NEEDS_CONSENT = \/(.*)\/;/.exec(read("../host.ts"));
  const takenBack = effects.filter((type) => new RegExp(pattern).test(type)).sort();
  assert.deepEqual(takenBack, ["adoptOrphans", "send", "setSession", "setVisitor", "store"]);
});
