// A page that replaces parts of the language after the library was loaded. No replacement decides about consent,
// identity or delivery, and nothing that one throws gets into the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { na, SETTINGS, settled } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";

const { defineProperty } = Reflect;

const throws = () => {
  throw new Error("replaced by the page");
};

const PROTOTYPES = { Array, String, Number, Promise, RegExp, Map, Set, Function, Date, Object, Uint8Array };
const STATICS = { Array, Object, Number, String, JSON, Math, Promise, Reflect, Date };

// Node, the assertions and the test's own code need these while the others are replaced.
const NEEDED = new Set(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]);

/** Every function that a page could replace: [a description, its holder, its name]. */
function replaceable() {
  const found = [];
  const add = (holder, path) => {
    for (const name of Reflect.ownKeys(holder)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(holder, name);
      if (NEEDED.has(name) || typeof descriptor.value !== "function" || !descriptor.writable) continue;
      found.push([`${path}.${String(name)}`, holder, name]);
    }
  };
  for (const [name, type] of Object.entries(PROTOTYPES)) add(type.prototype, `${name}.prototype`);
  for (const [name, object] of Object.entries(STATICS)) add(object, name);
  return found;
}

/** Does something while a function is replaced by one that returns `value`, or throws. */
function replaced([, holder, name], value, action) {
  const original = holder[name];
  defineProperty(holder, name, { value, configurable: true, writable: true });
  try {
    return action();
  } finally {
    defineProperty(holder, name, { value: original, configurable: true, writable: true });
  }
}

const REPLACEABLE = replaceable();

test("no replaced function makes a refused consent a given one", async () => {
  for (const one of REPLACEABLE) {
    for (const value of [throws, () => undefined, () => Number.NaN]) {
      const tracker = replaced(one, value, () => {
        const made = new na("api", "auth", { ...SETTINGS, consent: "denied" });
        made.sendFeatureEvent("f");
        made.sendFeatureEvent("f", { details: { a: 1 } });
        return made;
      });
      assert.equal(await tracker.ready, true, one[0]);
      tracker.sendFeatureEvent("f");
      await tracker.flush();
      assert.equal(tracker.stats().dropped.consent, 3, one[0]);
      tracker.shutdown();
    }
  }
  assert.deepEqual([collector.requests, told.take(), unhandled], [[], [], []]);
});

test("calls made while a function is replaced arrive as they are", async () => {
  for (const one of REPLACEABLE) {
    const tracker = new na("api", "auth", SETTINGS);
    await tracker.ready;
    replaced(one, throws, () => {
      tracker.setModuleId("reports");
      tracker.sendFeatureEvent("plain");
      tracker.sendFeatureEvent(" padded ", { total: 2, details: { list: [1, "two"], deep: { when: new Date(0) } } });
      tracker.identifyUser("ann", { name: "Ann\ud83e" });
      assert.equal(tracker.getModuleId(), "reports", one[0]);
    });
    await tracker.flush();
    const seen = collector.requests.splice(0).flatMap(({ events }) => events);
    assert.deepEqual(
      seen.map(({ action, feature, total, module, details }) => [action, feature, total, module, details]),
      [
        ["feature", "plain", 1, "reports", undefined],
        ["feature", "padded", 2, "reports", { list: [1, "two"], deep: { when: "1970-01-01T00:00:00.000Z" } }],
        ["identifyUser", undefined, undefined, undefined, { name: "Ann\ufffd" }],
      ],
      one[0],
    );
    tracker.shutdown();
  }
  await settled();
  assert.deepEqual([told.take(), unhandled], [[], []]);
});

test("a toJSON that the page gives to all objects and arrays changes nothing that is sent", async () => {
  const tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
  const details = { list: [1, [2]], deep: { a: {} } };
  for (const holder of [Object.prototype, Array.prototype]) {
    Object.defineProperty(holder, "toJSON", { configurable: true, value: () => "forged" });
    tracker.sendFeatureEvent("f", { details });
    tracker.getModuleId();
    delete holder.toJSON;
  }
  await tracker.flush();
  assert.deepEqual(
    collector.events.map((event) => event.details),
    [details, details],
  );
  tracker.shutdown();
});
