// The snippet that a page has in its head: calls wait for a script that comes later.

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { open, serve } from "../support/browser.mjs";
import { Project } from "../support/project.mjs";
import { browser, closing, recordPage } from "../support/stage.mjs";

/** A page with the snippet; `change` may do something to the script that it loads. */
async function run(change = () => {}) {
  const project = new Project({});
  const pkg = `${project.folder}/node_modules/natero-wasm`;
  const snippet = readFileSync(`${pkg}/snippet.js`, "utf8");
  change(`${pkg}/natero.global.js`);
  project.write(
    "index.html",
    `<!doctype html><title>App</title><link rel="icon" href="data:,">
     <script>${snippet.replace("natero.global.js", "/node_modules/natero-wasm/natero.global.js")}</script>
     <script>
       const tracker = new na("api", "auth", { endpoint: location.origin, accountId: "acme", userId: "ann" });
       tracker.setModuleId("reports");
       tracker.sendFeatureEvent("early", 2);
       window.before = tracker.getModuleId();
       tracker.flush().then((flushed) => { window.flushed = flushed; });
       tracker.ready.then((ready) => {
         window.ready = ready;
         window.after = tracker.getModuleId();
       });
     </script>`,
  );
  const site = await serve(project.folder);
  let events;
  const { page, said } = await open(browser, async (opened) => {
    events = await recordPage(opened);
  });
  closing.push(
    () => project.remove(),
    site.close,
    () => page.close(),
  );
  await page.goto(site.origin);
  await page.waitForFunction(() => window.ready !== undefined);
  return { page, events, said };
}

test("calls that a page makes before the script is there are made when it is", async () => {
  const { page, events, said } = await run();
  const early = await events.expectEvent({ feature: "early", module: "reports" });
  assert.equal(early.total, 2);
  await page.waitForFunction(() => window.flushed);
  const seen = await page.evaluate(() => [window.ready, window.before, window.after]);
  assert.deepEqual(seen, [true, null, "reports"]);
  assert.deepEqual(said, []);
});

test("a script that is not the one of the package is not run", async () => {
  const { page, events } = await run((script) => appendFileSync(script, "window.foreign = true;"));
  const seen = await page.evaluate(() => [window.ready, window.foreign ?? null]);
  assert.deepEqual(seen, [false, null]);
  assert.deepEqual(events.events(), []);
});
