// Vue apps: modules count only for visible views, and directives may change.

import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../support/app.mjs";

const start = async () => {
  const app = await run("vue-views.js", ["vue", "vue-router"]);
  return { ...app, settled: () => app.page.evaluate(() => new Promise((go) => setTimeout(go))) };
};

test("a route that is shown gives the module from the first, a navigation that fails none, and an app that has gone none", async () => {
  const { page, module, isQuiet } = await start();
  await page.evaluate(async () => {
    window.app = await make();
  });
  assert.equal(await module(), "home");
  await page.evaluate(() => app.router.push("/admin"));
  assert.equal(await module(), "home");
  await page.evaluate(() => app.app.unmount());
  assert.equal(await module(), null);
  await page.evaluate(() => app.router.push("/a").then(() => app.router.push("/")));
  assert.equal(await module(), null);
  isQuiet();
});

test("a view that is kept but not shown gives no module", async () => {
  const { page, module, settled, isQuiet } = await start();
  await page.evaluate(async () => {
    window.app = await make(KeptViews);
  });
  for (const [path, expected] of [
    ["/a", "a"],
    ["/b", "b"],
    ["/a", "a"],
    ["/b", "b"],
    ["/plain", null],
    ["/a", "a"],
  ]) {
    await page.evaluate((next) => app.router.push(next), path);
    await settled();
    assert.equal(await module(), expected, path);
  }
  isQuiet();
});

test("an app that leaves a module leaves that of another app", async () => {
  const { page, module, settled, isQuiet } = await start();
  await page.evaluate(async () => {
    window.first = await make();
    window.second = await make();
    await first.router.push("/a");
    await second.router.push("/b");
  });
  assert.equal(await module(), "b");
  await page.evaluate(() => second.router.push("/plain"));
  await settled();
  assert.equal(await module(), "a");
  isQuiet();
});

test("a view is in its module again for who comes after a reset", async () => {
  const { page, module, isQuiet } = await start();
  await page.evaluate(async () => {
    window.app = await make();
    await app.router.push("/a");
    tracker.reset();
    tracker.setUserId("bob");
    tracker.setAccountId("acme");
    await app.router.push({ path: "/a", query: { tab: "2" } });
  });
  assert.equal(await module(), "a");
  isQuiet();
});

test("v-track follows the event and the feature that it is given, and tells of none for null", async () => {
  const { page, events, isQuiet } = await start();
  await page.evaluate(() => Object.assign(window, button()));
  await page.click("#tracked");
  await page.evaluate(() => {
    window.value.value = "entered";
    window.kind.value = "mouseenter";
  });
  await page.click("#tracked");
  await page.mouse.move(0, 0);
  await page.hover("#tracked");
  await page.evaluate(() => window.tracker.flush());
  const told = events.events().filter(({ action }) => action === "feature");
  assert.deepEqual(
    told.map(({ feature }) => feature),
    ["entered"],
  );
  isQuiet();
});
