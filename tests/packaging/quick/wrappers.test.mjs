// The wrappers in Chromium, with the real tracker: checks what a collector receives.

import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../support/app.mjs";

test("a route stands for a module, by its path or by what its router says of it", async () => {
  const { page, module, isQuiet } = await run("react-routes.jsx", ["react", "react-dom"]);
  const routes = [
    [{ path: "/" }, "dashboard"],
    [{ path: "/reports/2026" }, "reports"],
    // A path segment with the same beginning is another one.
    [{ path: "/reportsx" }, "dashboard"],
    [{ path: "/teams/7" }, "team"],
    [{ path: "/teams/new/" }, "new team"],
    [{ path: "/teams/7/billing" }, "billing"],
    [{ path: "/teams" }, "dashboard"],
    // An optional segment.
    [{ path: "/docs" }, "docs"],
    [{ path: "/docs/start/first" }, "docs"],
    [{ path: "/users" }, "users"],
    [{ path: "/users/7" }, "users"],
    [{ path: "/help" }, null],
    [{ path: null }, "dashboard"],
    [{ matches: [{}, { handle: { module: "reports" } }, { handle: "other" }] }, "reports"],
    [{ matches: [{ handle: { module: "reports" } }, { handle: { module: "export" } }] }, "export"],
    [{ matches: [{ handle: { module: "reports" } }, { handle: { module: null } }] }, null],
    [{ matches: [{ handle: { module: 7 } }, {}] }, null],
  ];
  for (const [route, expected] of routes) {
    await page.evaluate((next) => window.setRoute(next), route);
    const isEntered = (name) => window.tracker.getModuleId() === name;
    await page.waitForFunction(isEntered, expected, { timeout: 10_000 }).catch(() => {});
    assert.equal(await module(), expected, JSON.stringify(route));
  }
  isQuiet();
});

test("components of React enter modules and tell of features, once each under StrictMode", async () => {
  const { page, events, module, isQuiet } = await run("react.jsx", ["react", "react-dom"]);
  assert.equal(await module(), "reports");
  await page.click("#export");
  // Events wait until the provider knows the user.
  assert.equal(events.events().length, 0);
  await page.evaluate(() => window.setUser("ann"));
  const exported = await events.expectEvent({ action: "feature", feature: "export" });
  assert.deepEqual(
    [exported.account_id, exported.user_id, exported.product, exported.module, exported.total, exported.details],
    ["acme", "ann", "studio", "reports", 3, { format: "csv" }],
  );
  assert.deepEqual(await page.evaluate(() => window.order), ["own"]);

  await page.evaluate(() => window.setView("widget"));
  await events.expectEvent({ feature: "widget shown", module: "widget" });
  assert.equal(await module(), "widget");
  await page.evaluate(() => window.setView("reports"));
  await page.waitForFunction(() => window.tracker.getModuleId() === "reports");
  await page.evaluate(() => window.setView("billing"));
  await page.click("#pay");
  await events.expectEvent({ feature: "pay", module: "billing" });
  await page.evaluate(() => window.setView(null));
  await page.waitForFunction(() => window.tracker.getModuleId() === null);
  await page.evaluate(() => window.tracker.flush());
  const features = events.events().filter(({ action }) => action === "feature");
  assert.deepEqual(
    features.map(({ feature }) => feature),
    ["export", "widget shown", "pay"],
  );
  // Each module has ended as often as it was entered.
  const ends = events.events().filter(({ action }) => action === "moduleEnd");
  assert.deepEqual(new Set(ends.map(({ module }) => module)), new Set(["reports", "widget", "billing"]));
  isQuiet();
});

test("components of React stay in their module where the tracker is constructed again", async () => {
  const { page, events, module, isQuiet } = await run("react.jsx", ["react", "react-dom"]);
  await page.evaluate(() => {
    window.setUser("ann");
    window.setView("widget");
  });
  await events.expectEvent({ feature: "widget shown", module: "widget" });
  await page.evaluate(() => {
    window.again();
    return new Promise((go) => setTimeout(go, 100));
  });
  assert.equal(await module(), "widget");
  await page.evaluate(() => window.setView("reports"));
  await page.waitForFunction(() => window.tracker.getModuleId() === "reports");
  await page.evaluate(() => window.setView(null));
  await page.waitForFunction(() => window.tracker.getModuleId() === null);
  isQuiet();
});

test("components and routes of Vue enter modules and tell of features", async () => {
  const { page, events, module, isQuiet } = await run("vue.js", ["vue", "vue-router"]);
  await page.click("#export");
  await events.expectEvent({ feature: "export", total: 3, module: "reports" });
  await page.evaluate(() => window.router.push("/billing"));
  await page.click("#pay");
  await events.expectEvent({ feature: "pay", module: "billing" });
  await page.evaluate(() => {
    window.widget.value = "widget";
  });
  await page.waitForFunction(() => window.tracker.getModuleId() === "widget");
  await page.evaluate(() => {
    window.widget.value = null;
  });
  await page.waitForFunction(() => window.tracker.getModuleId() === "billing");
  await page.evaluate(() => window.router.push("/plain"));
  await page.waitForFunction(() => window.tracker.getModuleId() === null);
  assert.equal(await module(), null);
  isQuiet();
});

test("an app that forgot the provider, the plugin, a tracker or an element goes on, and is told once", async () => {
  const { page, said } = await run("mistakes.jsx", ["react", "react-dom", "vue", "vue-router"]);
  const buttons = ["no-provider", "no-provider-again", "no-tracker", "no-plugin", "no-tracker-of-vue"];
  for (const id of buttons) await page.click(`#${id}`);
  for (const one of await page.$$(".one")) await one.click();
  await page.waitForFunction(() => window.clicked.length === 5);
  assert.equal((await page.$$("i")).length, 6);
  const ours = said.filter((line) => line.includes("natero-wasm/")).map((line) => line.match(/natero-wasm.*?:/)[0]);
  assert.deepEqual([...ours].sort(), [
    "natero-wasm/react:",
    "natero-wasm/react:",
    "natero-wasm/react:",
    "natero-wasm/vue:",
    "natero-wasm/vue:",
  ]);
});

test("attributes of a page name its features, modules and products", async () => {
  const { page, events, module, isQuiet } = await run("declarative.js", []);
  assert.equal(await module(), "reports");
  await page.click("#export b");
  const exported = await events.expectEvent({ feature: "export" });
  assert.deepEqual([exported.total, exported.module, exported.product], [3, "reports", "studio"]);
  assert.deepEqual(exported.details, { format: "csv" });
  await page.click("#label span");
  assert.equal(await page.isChecked("#pin"), true);
  await page.click("#go");
  await page.selectOption("#range", "week");
  await page.click("#more");
  await page.click("#host >> button");
  await events.expectEvent({ feature: "within", module: "reports" });
  assert.equal((await events.expectEvent({ feature: "more" })).module, "widget");
  const features = events.events().filter(({ action }) => action === "feature");
  assert.deepEqual(
    features.map(({ feature }) => feature),
    ["export", "pin", "search", "range", "more", "within"],
  );

  // The next page view.
  await page.evaluate(() => {
    document.querySelector("main").hidden = true;
    document.querySelector("aside").hidden = false;
  });
  await page.waitForFunction(
    () => window.tracker.getModuleId() === "billing" && window.tracker.getProductId() === null,
  );
  await page.evaluate(() => {
    window.stop();
    document.querySelector("main").hidden = false;
    document.getElementById("export").click();
  });
  await page.evaluate(() => window.tracker.flush());
  assert.equal(await module(), "billing");
  assert.equal(events.events().filter(({ feature }) => feature === "export").length, 1);
  isQuiet();
});

test("a page of attributes is in its module and product again for who comes after a reset", async () => {
  const { page, module, isQuiet } = await run("declarative.js", []);
  assert.equal(await module(), "reports");
  await page.evaluate(() => {
    window.tracker.reset();
    window.tracker.setUserId("bob");
    window.tracker.setAccountId("acme");
    // The page shows who is signed in now.
    document.querySelector("main").append("bob");
  });
  await page.waitForFunction(
    () => window.tracker.getModuleId() === "reports" && window.tracker.getProductId() === "studio",
  );
  // An element that names neither leaves both unchanged.
  await page.evaluate(() => {
    document.querySelector("main").remove();
    return new Promise((go) => setTimeout(go));
  });
  assert.equal(await module(), null);
  await page.evaluate(() => {
    window.tracker.setModuleId("by hand");
    document.body.append("more");
    return new Promise((go) => setTimeout(go));
  });
  assert.equal(await module(), "by hand");
  isQuiet();
});

test("attributes count once in every place of a page, whatever its elements are called", async () => {
  const { page, events, module, said } = await run("declarative-places.js", []);
  /** The features of what is done, in order. */
  const used = async (act) => {
    await page.evaluate(() => tracker.flush());
    events.clear();
    await act();
    await page.evaluate(() => tracker.sendFeatureEvent("last"));
    await events.expectEvent({ feature: "last" });
    return events.events().flatMap(({ feature }) => feature ?? []);
  };
  await page.evaluate(() => {
    window.stop = window.follow(document);
  });
  assert.equal(await module(), "reports");
  // The driver reads the attributes of the form.
  assert.deepEqual(await used(() => page.evaluate(() => document.getElementById("send").click())), ["search", "last"]);
  assert.deepEqual(await used(() => page.click("#outer")), ["outer", "last"]);

  const inside = async (place) => {
    await place.locator("#button").click();
    await place.locator("#select").selectOption("b");
    await place.locator("#submit").click();
  };
  // The document sees only those events that leave the shadow root.
  assert.deepEqual(await used(() => inside(page.locator("#host"))), ["button", "last"]);
  await page.evaluate(() => window.follow(document.getElementById("host").shadowRoot));
  assert.deepEqual(await used(() => inside(page.locator("#host"))), ["button", "select", "form", "last"]);
  await page.evaluate(() => {
    window.again = window.follow(document);
  });
  assert.deepEqual(await used(() => page.click("#outer")), ["outer", "last"]);
  await page.evaluate(() => window.stop());
  assert.deepEqual(await used(() => page.click("#outer")), ["outer", "last"]);
  await page.evaluate(() => window.again());
  assert.deepEqual(await used(() => page.click("#outer")), ["last"]);

  await page.evaluate(() => window.follow(document.getElementById("frame").contentDocument));
  assert.deepEqual(await used(() => inside(page.frameLocator("#frame"))), ["button", "select", "form", "last"]);

  await page.evaluate(() => {
    tracker.setModuleId(null);
    window.stop = window.follow(document.getElementById("main"));
  });
  assert.equal(await module(), "reports");
  await page.evaluate(() => {
    document.getElementById("main").dataset.naModule = "billing";
  });
  await page.waitForFunction(() => tracker.getModuleId() === "billing");
  assert.deepEqual(said, []);
  for (const id of ["empty", "no-number"]) assert.deepEqual(await used(() => page.click(`#${id}`)), ["last"]);
  assert.ok(said.length && said.every((line) => /total must be a finite number; got NaN/.test(line)), said.join());
});
