// What the tracker makes of objects of the page that throw, or that answer more than a browser's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

globalThis.History = class {
  pushState() {
    return 42;
  }
  replaceState() {}
};
globalThis.history = new History();
globalThis.location = { href: "https://app.test/" };
globalThis.document = {
  activeElement: {
    get contentWindow() {
      throw new Error("from the page's own code");
    },
  },
};

/** A source of the page side, as a module. */
async function load(name) {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`../page/${name}.ts`, import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const { watchNavigation } = await load("navigation");
const { watchActivity } = await load("activity");

test("what a method of the history returns reaches its caller", () => {
  const { stop } = watchNavigation(false, () => {});
  assert.equal(history.pushState({}, "", "/next"), 42);
  stop();
});

test("a focused element that throws throws nothing into the page", async () => {
  const thrown = [];
  const note = (error) => thrown.push(error);
  process.on("unhandledRejection", note);
  const stop = watchActivity(
    "",
    () => {},
    () => {},
  );
  await new Promise((resolve) => setImmediate(resolve));
  stop();
  process.off("unhandledRejection", note);
  assert.deepEqual(thrown, []);
});
