// React components: the user to whom their features belong, and what counts as a use.

import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../support/app.mjs";

const REACT = ["react", "react-dom"];

const features = (events) => events.events().filter(({ action }) => action === "feature");

test("what components tell in their first effects is of the user, account, product and module that they are shown for", async () => {
  const { page, events, isQuiet } = await run("react-identity.jsx", REACT);
  const expectFeatures = async (account, user) => {
    for (const feature of ["layout", "show", "effect"]) {
      const event = await events.expectEvent({ feature, user_id: user });
      assert.deepEqual([event.account_id, event.product, event.module], [account, "studio", "reports"], feature);
    }
  };
  await expectFeatures("a1", "u1");
  await page.evaluate(() => window.setUser({ account: "a2", id: "u2" }));
  await expectFeatures("a2", "u2");
  assert.equal(features(events).length, 6);
  // No message about an account that changed while the user stayed.
  isQuiet();
});

test("a component is in its product and module again for who comes after a reset", async () => {
  const { page, events, module, isQuiet } = await run("react-identity.jsx", REACT);
  // Both are on the same view.
  await page.evaluate(() => window.setUser({ account: "a1", id: "u1" }));
  await page.evaluate(() => {
    window.tracker.reset();
    window.setUser({ account: "a3", id: "u1" });
  });
  await page.waitForFunction(() => window.tracker.getProductId() === "studio");
  assert.equal(await module(), "reports");
  assert.equal(await page.evaluate(() => window.tracker.getUserId()), "u1");
  await page.evaluate(() => window.tracker.sendFeatureEvent("after"));
  await events.expectEvent({ feature: "after", account_id: "a3", user_id: "u1", product: "studio", module: "reports" });
  isQuiet();
});

test("apps, nested providers and other copies of the wrapper that use one tracker leave the modules of the others", async () => {
  const { page, module, isQuiet } = await run("react-roots.jsx", REACT, ["react-required.cjs"]);
  const show = async (app, modules, expected) => {
    await page.evaluate(([name, next]) => window[name](next), [app, modules]);
    const isEntered = (name) => window.tracker.getModuleId() === name;
    await page.waitForFunction(isEntered, expected, { timeout: 10_000 }).catch(() => {});
    assert.equal(await module(), expected, JSON.stringify([app, modules]));
  };
  await show("first", { outer: "reports" }, "reports");
  await show("first", { outer: "reports", inner: "widget" }, "widget");
  await show("first", { outer: "reports" }, "reports");
  await show("second", { outer: "aside" }, "aside");
  await show("second", {}, "reports");
  await show("third", { outer: "frame" }, "frame");
  await show("third", {}, "reports");
  await show("first", { outer: "reports", required: "required" }, "required");
  await show("first", { outer: "reports" }, "reports");
  await show("first", {}, null);
  isQuiet();
});

test("a Track tells of its child within another or from a server, of a typed text once, and of nothing where its child is a fragment", async () => {
  const { page, events, said } = await run("react-track.jsx", REACT);
  await page.click("#nested");
  await page.click("#both");
  await page.locator("#typed").pressSequentially("abc");
  await page.press("#typed", "Tab");
  await page.selectOption("#chosen", "week");
  await page.click("#streamed");
  await page.locator("#typed").pressSequentially("d");
  await page.press("#typed", "Enter");
  await page.evaluate(() => document.activeElement.blur());
  await page.evaluate(() => window.tracker.flush());
  const told = features(events).map(({ feature, details }) => [feature, details?.length].filter(Boolean).join(" "));
  assert.deepEqual(told, [
    "inner",
    "outer",
    "pressed",
    "changed",
    "typed 3",
    "chosen",
    "streamed within",
    "streamed",
    "typed 4",
  ]);
  assert.deepEqual(await page.evaluate(() => window.order), ["own"]);
  const ours = said.filter((line) => line.includes("natero-wasm/"));
  assert.equal(ours.length, 1, ours.join("\n"));
  assert.match(ours[0], /<Track feature="fragment"> takes exactly one element/);
});
