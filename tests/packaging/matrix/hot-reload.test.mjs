// An app of React under StrictMode, edited while Vite serves it: parts of it are loaded
// again within the same page, which stays one visit.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { open } from "../support/browser.mjs";
import { until } from "../support/collector.mjs";
import { browser, closing, collector } from "../support/counting.mjs";
import { App, PROJECTS } from "./support/app.mjs";

const { default: ways } = await import(`${PROJECTS}vite-react/project.mjs`);
const [way] = ways;

/** The events that a page sends, each once however often it is sent. */
function sentBy(page) {
  const events = new Map();
  page.on("request", (request) => {
    if (request.method() !== "POST" || !request.url().startsWith(collector.origin)) return;
    const body = request.postDataBuffer() ?? Buffer.alloc(0);
    const text = request.headers()["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    for (const line of text.toString().split("\n").filter(Boolean)) {
      const event = JSON.parse(line);
      events.set(event.event_id, event);
    }
  });
  return (action) => [...events.values()].filter((event) => event.action === action);
}

// The wasm as a file is one more dependency that Vite may prepare late, and load the page again for.
for (const entry of ["natero-wasm/inline"]) {
  test(`${way.name}, edited while it runs under StrictMode: ${entry} counts one visit`, async () => {
    const app = new App("vite-react");
    closing.push(() => app.remove());
    const account = `hot-${entry.replace(/\W/g, "-")}`;
    app.configure(way, entry, collector, account);
    const site = await app.develop(way);
    closing.push(site.close);
    const uses = (feature) => collector.uses(feature, account);

    // What Vite prepares at the first visit, it loads the page again for.
    const first = await open(browser);
    await first.page.goto(site.origin);
    await first.page.waitForFunction(() => window.tracker);
    await first.page.waitForLoadState("networkidle");
    await first.page.close();

    const { page, said } = await open(browser);
    const sent = sentBy(page);
    const began = Date.now();
    await page.goto(site.origin);
    await page.waitForFunction(() => window.tracker);
    assert.equal(await page.evaluate(() => window.tracker.ready), true);
    // Something is used all the while, whatever is loaded again.
    await page.evaluate(() => {
      window.ticks = 0;
      window.ticking = setInterval(() => {
        window.tracker.sendFeatureEvent("tick");
        window.ticks += 1;
      }, 5);
    });
    const isIn = (module) => page.waitForFunction((name) => window.tracker.getModuleId() === name, module);
    /** Presses the button that has this text; the collector has counted that, and what came before, once. */
    const press = async (text, times) => {
      await page.getByRole("button", { name: text }).click();
      await page.evaluate(() => window.tracker.flush());
      await until(async () => (await uses("export")) === times);
    };
    await isIn("reports");
    await press("First text: 0", 1);

    // A component: what it holds stays.
    app.edit("src/app.jsx", "First text", "Second text");
    await press("Second text: 1", 2);
    await isIn("reports");
    assert.equal(await page.evaluate(() => window.constructed), 1);

    // Another module from now on.
    app.edit("src/app.jsx", 'useModule("reports")', 'useModule("orders")');
    await isIn("orders");
    await press(/Second text/, 3);

    // The file that constructs the tracker: another one of the same source.
    app.edit("src/tracker.js", "How often", "How many times");
    await page.waitForFunction(() => window.constructed === 2);
    app.edit("src/app.jsx", "Second text", "Third text");
    await press(/Third text/, 4);
    await isIn("orders");

    const ticks = await page.evaluate(async () => {
      clearInterval(window.ticking);
      // Ends the module and the view of the page.
      window.tracker.reset();
      await window.tracker.flush();
      return window.ticks;
    });
    const elapsed = Date.now() - began;
    assert.ok(ticks > 0, "the page was loaded again");
    await until(async () => (await uses("tick")) === ticks);
    assert.equal(await uses("export"), 4);
    const features = sent("feature").map(({ feature }) => feature);
    assert.deepEqual(
      ["opened", "export", "tick"].map((name) => features.filter((feature) => feature === name).length),
      [1, 4, ticks],
    );
    // The load, and what begins with a new visitor after the reset.
    assert.ok(sent("pageView").length <= 2, `${sent("pageView").length} views of one page`);
    assert.equal(sent("pageViewEnd").length, 1);
    const ends = sent("moduleEnd");
    assert.deepEqual(new Set(ends.map(({ module }) => module)), new Set(["reports", "orders"]));
    const spent = ends.reduce((sum, { time_spent }) => sum + time_spent, 0);
    assert.ok(spent <= elapsed, `${spent} ms in modules within ${elapsed} ms`);
    assert.deepEqual(
      said.filter((line) => /natero:|^(?:thrown|error)/.test(line)),
      [],
    );
    await page.close();
    await site.close();
  });
}
