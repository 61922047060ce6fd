// Methods that a page passes on, and handles that it wraps or subclasses. Each call works, and nothing is thrown into
// the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { na, SETTINGS } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";
import { entry } from "./support/package.mjs";

await import(entry("natero-wasm/natero.global.js"));
const other = globalThis.na;

const features = () =>
  collector.requests
    .splice(0)
    .flatMap(({ events }) => events)
    .filter(({ action }) => action === "feature")
    .map(({ feature, total }) => [feature, total]);

test("a method works wherever it is called from", async () => {
  const tracker = new na("api", "auth", SETTINGS);
  const { sendFeatureEvent, setModuleId, getModuleId, getUserId, reset, flush, stats, inspect, shutdown } = tracker;
  await tracker.ready;
  setModuleId("reports");
  assert.equal(getModuleId(), "reports");
  await Promise.resolve("detached").then(sendFeatureEvent);
  [2].forEach((total) => void Reflect.apply(sendFeatureEvent, undefined, ["applied", total]));
  setTimeout(flush);
  const { delivered } = await flush();
  assert.equal(delivered, 2);
  assert.deepEqual(features(), [
    ["detached", 1],
    ["applied", 2],
  ]);
  assert.equal(stats().delivered, 2);
  assert.equal(tracker.reset, reset, "a listener can be removed by the method that was added");
  reset();
  assert.equal(getUserId(), null);
  assert.equal(await inspect(() => {}), true);
  shutdown();
  assert.deepEqual([told.take(), unhandled], [[], []]);
});

test("all methods of a tracker can be called from anywhere, and resolve or return", async () => {
  const tracker = new na("every", "auth", SETTINGS);
  await tracker.ready;
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(na.prototype)).filter(
    (name) => name !== "constructor",
  );
  assert.ok(names.length > 20, `found ${names}`);
  for (const name of names) {
    const { [name]: method } = tracker;
    await method();
  }
  told.take();
  assert.deepEqual(unhandled, []);
});

for (const [name, wrap] of Object.entries({
  "a proxy": (tracker) => new Proxy(tracker, {}),
  "an object that inherits from it": (tracker) => Object.create(tracker),
  "a copy of its fields": (tracker) => ({ ...tracker }),
})) {
  test(`a tracker works behind ${name}`, async () => {
    const tracker = wrap(new na("wrapped", "auth", SETTINGS));
    assert.equal(await tracker.ready, true);
    tracker.sendFeatureEvent("wrapped");
    await tracker.flush();
    assert.deepEqual(features(), [["wrapped", 1]]);
    tracker.shutdown();
    assert.deepEqual([told.take(), unhandled], [[], []]);
  });
}

test("what a class replaces after a tracker was made is called", async () => {
  class Watched extends na {}
  const tracker = new Watched("watched", "auth", SETTINGS);
  const seen = [];
  Watched.prototype.sendFeatureEvent = (feature) => seen.push(feature);
  tracker.sendFeatureEvent("a");
  assert.deepEqual(seen, ["a"]);
  tracker.shutdown();
});

test("each handle is of the class that was constructed", async () => {
  class Greeting extends na {
    hello() {
      return "hello";
    }
  }
  const plain = new na("classes", "auth", SETTINGS);
  const greeting = new Greeting("classes", "auth", SETTINGS);
  const again = new na("classes", "auth", SETTINGS);
  assert.equal(greeting.hello(), "hello");
  assert.deepEqual([plain.constructor, greeting.constructor, again.constructor], [na, Greeting, na]);
  const foreign = new other("classes", "auth", SETTINGS);
  foreign.sendFeatureEvent("foreign");
  await foreign.flush();
  assert.deepEqual(features(), [["foreign", 1]]);
  for (const handle of [plain, greeting, again, foreign]) handle.shutdown();
});

test("a class that puts its own in place of the ids' methods has one tracker for a source", async () => {
  class Noting extends na {
    noted = [];
    setUserId(id) {
      this.noted.push(id);
      super.setUserId(id);
    }
    setAccountId(id) {
      this.noted.push(id);
      super.setAccountId(id);
    }
  }
  const one = new Noting("noting", "auth", SETTINGS);
  const two = new Noting("noting", "auth", { ...SETTINGS, userId: "bea" });
  await one.ready;
  assert.equal(one.getUserId(), "bea");
  assert.equal(one.getSessionId(), two.getSessionId());
  two.setUserId("cy");
  assert.deepEqual([two.noted, one.getUserId()], [["cy"], "cy"]);
  one.shutdown();
  two.sendFeatureEvent("on");
  await two.flush();
  assert.deepEqual(features(), [["on", 1]]);
  two.shutdown();
  assert.deepEqual([told.take(), unhandled], [[], []]);
});
