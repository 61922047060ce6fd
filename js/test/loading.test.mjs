// Trackers whose engine cannot be loaded, and which are shut down meanwhile.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Collector, SETTINGS, settled } from "./support/collector.mjs";
import { told, unhandled } from "./support/host.mjs";
import { pkg } from "./support/package.mjs";

// A copy of the package without the replacements for a missing wasm.
const folder = mkdtempSync(join(tmpdir(), "natero-loading-"));
for (const file of ["index.js", "host.js"]) copyFileSync(new URL(file, pkg), join(folder, file));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
const { na } = await import(pathToFileURL(join(folder, "index.js")));
after(() => rmSync(folder, { recursive: true }));

const NOBODY = { status: 0 };

test("a tracker that is shut down before its engine turns out to be out of reach settles everything", async () => {
  const network = new Collector(NOBODY);
  const problems = [];
  const tracker = new na("api", "over", { ...SETTINGS, onError: (problem) => problems.push(problem) });
  tracker.sendFeatureEvent("f");
  const flush = tracker.flush();
  tracker.shutdown();
  assert.equal(await tracker.ready, false);
  assert.deepEqual(await flush, { delivered: 0, pending: 0, rejected: 0 });
  await settled();
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["load_failed"],
  );
  assert.equal(told.take().length, 1);
  network.close();
});

test("the end of a tracker leaves the next one of its source what is its own", async () => {
  const network = new Collector(NOBODY);
  const source = ["api", "turns"];
  const one = new na(...source, SETTINGS);
  one.shutdown();
  await undefined;
  await undefined;
  const two = new na(...source, SETTINGS);
  two.setModuleId("reports");
  // Loading fails for both trackers. The first one was shut down.
  assert.equal(await one.ready, false);
  const three = new na(...source, SETTINGS);
  assert.equal(three.getModuleId(), "reports");
  two.shutdown();
  three.shutdown();
  assert.equal(await two.ready, false);
  await settled();
  told.take();
  assert.deepEqual(unhandled, []);
  network.close();
});
