// An app that uses the wrappers, in Chromium, with the real tracker.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Project, tool } from "./project.mjs";
import { openFor } from "./stage.mjs";

/** Bundles an app with its imports, and opens it. */
export async function run(name, packages, beside = []) {
  const project = new Project(
    {
      "index.html":
        '<!doctype html><title>App</title><div id="root"></div><script type="module" src="app.js"></script>',
    },
    packages,
  );
  for (const file of [name, "tracker.js", ...beside])
    project.copy(fileURLToPath(new URL(`../apps/${file}`, import.meta.url)), file);
  project.run(tool("esbuild"), [
    ...[name, "--bundle", "--format=esm", "--jsx=automatic", "--outfile=app.js", "--log-level=error"],
    '--define:process.env.NODE_ENV="development"',
    // Vue needs these definitions.
    "--define:__VUE_OPTIONS_API__=true",
    "--define:__VUE_PROD_DEVTOOLS__=false",
    "--define:__VUE_PROD_HYDRATION_MISMATCH_DETAILS__=false",
  ]);
  const { site, page, said, events } = await openFor(project);
  await page.goto(site.origin);
  assert.equal(await page.evaluate(() => window.tracker.ready), true);
  const module = () => page.evaluate(() => window.tracker.getModuleId());
  return {
    page,
    events,
    module,
    said,
    isQuiet: () =>
      assert.deepEqual(
        said.filter((line) => !/DevTools/.test(line)),
        [],
      ),
  };
}
