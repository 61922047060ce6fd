// A wasm that traps while it runs: the page is not affected, and one problem is reported.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

let traps = false;

// Replaced before the library is loaded, because that captures what it needs.
const exports = Object.getOwnPropertyDescriptor(WebAssembly.Instance.prototype, "exports");
/** The functions of an instance, which trap on demand. */
function trapping(functions) {
  const wrapped = Object.entries(functions).map(([name, value]) => {
    if (typeof value !== "function") return [name, value];
    const call = (...input) => {
      if (traps) throw new WebAssembly.RuntimeError("unreachable");
      return value(...input);
    };
    return [name, call];
  });
  return Object.fromEntries(wrapped);
}

Object.defineProperty(WebAssembly.Instance.prototype, "exports", {
  ...exports,
  get() {
    return trapping(exports.get.call(this));
  },
});
const { Collector, Console, na, SETTINGS, settled } = await import("./support/collector.mjs");

let collector;
let told;

before(() => {
  told = new Console();
  collector = new Collector();
});

after(() => {
  told.close();
  collector.close();
});

test("a trap switches the tracker off, is told once, and leaves the page alone", async () => {
  const problems = [];
  const tracker = new na("api", "auth", { ...SETTINGS, onError: (problem) => problems.push(problem) });
  await tracker.ready;
  tracker.sendFeatureEvent("before");
  await tracker.flush();
  traps = true;
  const flushing = tracker.flush();
  for (const feature of ["one", "two"]) tracker.sendFeatureEvent(feature);
  await settled();
  tracker.setModuleId("m");
  assert.deepEqual([tracker.getModuleId(), tracker.getUserId()], [null, null]);
  assert.deepEqual(await flushing, { delivered: 0, pending: 0, rejected: 0 });
  assert.deepEqual(await tracker.flush(), { delivered: 0, pending: 0, rejected: 0 });
  tracker.shutdown();
  await settled();
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["failed"],
  );
  assert.equal(told.take().length, 1);
  assert.deepEqual(
    collector.events.map(({ feature }) => feature),
    ["before"],
  );
});

test("features that wait when the wasm traps are told as dropped", async () => {
  traps = false;
  const problems = [];
  const tracker = new na("api", "auth", { ...SETTINGS, onError: (problem) => problems.push(problem) });
  await tracker.ready;
  traps = true;
  for (const feature of ["one", "two", "three"]) tracker.sendFeatureEvent(feature);
  await settled();
  assert.deepEqual(
    problems.map(({ code, dropped }) => [code, dropped]),
    [["failed", 3]],
  );
});
