// What the ES module refuses before its host has loaded, which contains the messages.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { SETTINGS } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";
import { entry, pkg } from "./support/package.mjs";

// The stub of the network also serves the wasm.
const { na } = await import(entry("natero-wasm"));

const folder = mkdtempSync(join(tmpdir(), "natero-refusals-"));
copyFileSync(new URL("index.js", pkg), join(folder, "index.js"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
const { na: alone } = await import(pathToFileURL(join(folder, "index.js")));
after(() => rmSync(folder, { recursive: true }));

test("missing keys are told in full by the time ready settles, to onError, too", async () => {
  const problems = [];
  const tracker = new na("api", undefined, { onError: (problem) => problems.push(problem) });
  assert.equal(tracker.stats().dropped.invalid, 1);
  assert.equal(await tracker.ready, false);
  assert.deepEqual(told.take(), [
    "natero: new na: authKey must be a string of 1 to 256 characters; got undefined. The tracker is off: pass the two keys of your source, new na(apiKey, authKey, settings).",
  ]);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["invalid_argument"],
  );
});

test("an endpoint that no URL can be made of turns the tracker off, and nothing is sent", async () => {
  const before = collector.requests.length;
  const tracker = new na("api", "port", { ...SETTINGS, endpoint: "https://collector.test:99999" });
  tracker.sendFeatureEvent("f");
  const flush = tracker.flush();
  assert.equal(await tracker.ready, false);
  assert.deepEqual(await flush, { delivered: 0, pending: 0, rejected: 0 });
  assert.equal(tracker.getUserId(), null);
  const [error, ...more] = told.take();
  const sent = collector.requests.slice(before).filter(({ init }) => init.method === "POST");
  assert.deepEqual([more, sent, tracker.stats().dropped.invalid], [[], [], 1]);
  assert.match(error, /new na: endpoint must be .+; got a string\. The tracker is off\.$/);
});

test("where the host is out of reach, a wrong argument and missing keys are told in short", async () => {
  const off = new alone(undefined, "auth", {});
  assert.equal(await off.ready, false);
  assert.deepEqual(told.take(), ["natero: new na: refused for apiKey."]);

  const tracker = new alone("api", "auth", SETTINGS);
  for (const value of [{}, [], ""]) tracker.setModuleId(value);
  tracker.sendFeatureEvent("right");
  const { dropped, pending } = tracker.stats();
  assert.deepEqual([dropped.invalid, pending, tracker.getModuleId()], [3, 1, null]);
  assert.equal(await tracker.ready, false);
  const [first, ...more] = told.take();
  assert.equal(first, "natero: setModuleId: refused for moduleId.");
  assert.match(more.at(-1), /Loading failed. Trying again: .+\.$/);
  tracker.shutdown();
  assert.deepEqual(unhandled, []);
});
