// A burst of calls on a visible page: the engine executes it in slices, and finishes at once when the page is left.

import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceMonotonic } from "./support/monotonic.mjs";

// A page with a clock that advances by 4 ms each time it is read.
let now = 0;
replaceMonotonic(() => {
  now += 4;
  return now;
});
const listeners = new Map();
EventTarget.prototype.addEventListener = (type, listener) => listeners.set(type, listener);
globalThis.document = { visibilityState: "visible", title: "", referrer: "", cookie: "" };
globalThis.location = { href: "https://page.test/" };
let timers = [];
const { setTimeout } = globalThis;
globalThis.setTimeout = (task, ms) => timers.push({ task, ms });
const { Collector, na, SETTINGS } = await import("./support/collector.mjs");
globalThis.setTimeout = setTimeout;

const CALLS = 2_000;

/** A tracker whose page sees each event when the engine records it, and the events so far. */
async function tracked() {
  const collector = new Collector();
  const made = [];
  const beforeSend = (event) => {
    made.push(event.feature);
    return event;
  };
  const tracker = new na("api", "auth", {
    ...SETTINGS,
    persistence: "memory",
    trackPageViews: false,
    trackUnload: false,
    beforeSend,
  });
  assert.equal(await tracker.ready, true);
  return { collector, made, tracker };
}

/** Runs what was deferred to the next task. */
function nextTask() {
  const due = timers.filter(({ ms }) => ms === 0);
  timers = timers.filter(({ ms }) => ms !== 0);
  for (const { task } of due) task();
  return due.length;
}

const names = Array.from({ length: CALLS }, (_, at) => `feature ${at}`);

test("a burst is made in slices, each in a task of its own, in order and whole", async () => {
  const { collector, made, tracker } = await tracked();
  for (const name of names) tracker.sendFeatureEvent(name);
  assert.equal(made.length, 0);
  await null;
  const sizes = [made.length];
  while (made.length < CALLS) {
    assert.ok(nextTask() > 0, "the rest was put off");
    sizes.push(made.length - sizes.reduce((sum, size) => sum + size, 0));
  }
  assert.ok(Math.max(...sizes) <= 64, `slices of ${sizes}`);
  assert.deepEqual(made, names);
  await tracker.flush();
  tracker.shutdown();
  collector.close();
});

test("a call among a burst is made in its place", async () => {
  const { collector, tracker } = await tracked();
  for (const name of names) tracker.sendFeatureEvent(name);
  tracker.setModuleId("reports");
  tracker.sendFeatureEvent("after");
  assert.equal(tracker.getModuleId(), "reports");
  await tracker.flush();
  const modules = collector.events.filter(({ action }) => action === "feature").map(({ module }) => module);
  assert.deepEqual([modules.length, modules.indexOf("reports")], [CALLS + 1, CALLS]);
  tracker.shutdown();
  collector.close();
});

test("a page that is hidden amid a burst makes all of it at once", async () => {
  const { collector, made, tracker } = await tracked();
  for (const name of names) tracker.sendFeatureEvent(name);
  await null;
  assert.ok(made.length < CALLS);
  document.visibilityState = "hidden";
  listeners.get("visibilitychange")({});
  assert.deepEqual(made, names);
  document.visibilityState = "visible";
  tracker.shutdown();
  collector.close();
});
