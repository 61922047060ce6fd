// Apps that are edited while Vite serves them: parts of them are reloaded within the same page,
// which must remain one visit.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ENTRIES, Table } from "../support/results.mjs";
import { EditedApp, wayOf } from "./support/edited.mjs";

const table = new Table("edited", "app");
after(() => table.write());

/** The modules whose end a page has sent, as often as it has. */
const ended = (app) => app.sent("moduleEnd").map(({ module }) => module);

const react = await wayOf("vite-react");
const vue = await wayOf("vite-vue");

for (const entry of ENTRIES) {
  test(`${react.name}, edited while it runs under StrictMode: ${entry} counts one visit`, async (context) => {
    const row = table.record(react.name, entry);
    const app = await EditedApp.open(context, "vite-react", entry);
    await app.isIn("reports");
    await app.press("First text: 0");

    // A component, whose state is kept.
    app.edit("src/app.jsx", "First text", "Second text");
    await app.press("Second text: 1");
    await app.isIn("reports");
    await app.constructed(1);

    // Changes the module.
    app.edit("src/app.jsx", 'useModule("reports")', 'useModule("orders")');
    await app.isIn("orders");
    await app.press(/Second text/);

    // The file that constructs the tracker, which then constructs another one with the same source.
    app.edit("src/tracker.js", "How often", "How many times");
    await app.constructed(2);
    app.edit("src/app.jsx", "Second text", "Third text");
    await app.press(/Third text/);
    await app.isIn("orders");

    await app.end();
    assert.deepEqual(new Set(ended(app)), new Set(["reports", "orders"]));
    row("one visit");
  });

  test(`${vue.name}, edited while it runs: ${entry} counts one visit`, async (context) => {
    const row = table.record(vue.name, entry);
    const app = await EditedApp.open(context, "vite-vue", entry);
    await app.isIn("reports");
    await app.press("First text: 0");

    // The template of a component, whose state is kept.
    app.edit("src/Reports.vue", "First text", "Second text");
    await app.press("Second text: 1");
    await app.isIn("reports");

    // Its script, which recreates the component in the same module.
    app.edit("src/Reports.vue", "ref(0)", "ref(10)");
    await app.press("Second text: 10");
    await app.isIn("reports");

    // Changes the module.
    app.edit("src/Reports.vue", 'useModule("reports")', 'useModule("orders")');
    await app.isIn("orders");
    await app.press("Second text: 10");

    await app.constructed(1);
    await app.end();
    assert.deepEqual(ended(app), ["reports", "orders"]);
    row("one visit");
  });
}
