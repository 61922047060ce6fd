// What `declarative()` does after a mistake in the app. What it tracks is tested in browsers.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const { outputFiles } = buildSync({
  entryPoints: [fileURLToPath(new URL("../declarative/index.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  write: false,
});
const { declarative } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

test("without a tracker the app goes on, and the mistake is told once", () => {
  const { mock: told } = mock.method(console, "error", () => {});
  globalThis.document = {};
  try {
    declarative(undefined)();
    declarative(null)();
  } finally {
    delete globalThis.document;
    told.restore();
  }
  assert.equal(told.callCount(), 1);
  assert.match(told.calls[0].arguments[0], /declarative\(\) needs a tracker/);
});
