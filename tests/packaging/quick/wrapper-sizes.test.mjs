// The size that the wrappers add to a page's own bundle, which docs/guides/frameworks.md also
// states.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Project, tool } from "../support/project.mjs";

const MOST_BYTES = 1_700;

/** Bytes of a bundle, as a server sends it. */
function bundled(project, code) {
  project.write("app.js", code);
  const given = ["--bundle", "--minify", "--format=esm", "--external:react", "--external:vue", "--log-level=error"];
  project.run(tool("esbuild"), ["app.js", "--outfile=out.js", ...given]);
  return gzipSync(readFileSync(join(project.folder, "out.js")), { level: 9 }).length;
}

test("no wrapper adds more than 1.7 KB to the bundle of a page that has the tracker", () => {
  const project = new Project({});
  const tracker = 'export { na } from "natero-wasm";';
  const without = bundled(project, tracker);
  for (const wrapper of ["react", "vue", "declarative"]) {
    const added = bundled(project, `${tracker} export * from "natero-wasm/${wrapper}";`) - without;
    console.log(`${wrapper}: ${added} bytes`);
    assert.ok(added <= MOST_BYTES, `${wrapper} adds ${added} bytes`);
  }
  project.remove();
});
