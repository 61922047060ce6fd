// Each bundler builds a fresh project with the package installed, without any configuration for
// wasm. Chromium opens the result, and the collector counts the event.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serve } from "../support/browser.mjs";
import { app, closing, visit } from "../support/counting.mjs";
import { assertLean, MISSING, outcomeOf } from "../support/output.mjs";
import { Project } from "../support/project.mjs";
import { ENTRIES, Table } from "../support/results.mjs";
import { listen } from "../support/server.mjs";

const TOOLS = fileURLToPath(new URL("./node_modules", import.meta.url));
const tool = (name) => join(TOOLS, name);

const table = new Table("bundlers", "bundler");
after(() => table.write());

const PAGE =
  '<!doctype html><title>App</title><link rel="icon" href="data:,"><script type="module" src="./app.js"></script>';
const CLASSIC = PAGE.replace(' type="module"', "");

const bundled = (project) => ({ folder: join(project.folder, "dist") });

const viteOf = (name) => async (project) => {
  project.write("index.html", PAGE.replace("./app.js", "/app.js"));
  project.run("node", [tool(`${name}/bin/vite.js`), "build", "--logLevel", "warn"]);
  return bundled(project);
};

const devOf = (name) => async (project) => {
  project.write("index.html", PAGE.replace("./app.js", "/app.js"));
  return await listen(["node", tool(`${name}/bin/vite.js`), "--host", "127.0.0.1", "--port", "PORT"], project.folder);
};

/** How each bundler builds. Returns the output folder, or the address at which it serves. */
const BUILDS = {
  "Vite 8": viteOf("vite"),
  "Vite 8, dev server": devOf("vite"),
  "Vite 7": viteOf("vite-7"),
  "Vite 7, dev server": devOf("vite-7"),
  "Vite 5": viteOf("vite-5"),
  "Vite 5, dev server": devOf("vite-5"),
  "webpack 5": async (project) => {
    project.write(
      "build.mjs",
      `import webpack from ${JSON.stringify(pathToFileURL(tool("webpack/lib/index.js")))};
       webpack({ mode: "production", entry: "./app.js", output: { path: import.meta.dirname + "/dist", filename: "app.js" } },
         (error, stats) => { if (error || stats.hasErrors() || stats.hasWarnings()) { console.error(error ?? stats.toString()); process.exit(1); } });`,
    );
    project.run("node", ["build.mjs"]);
    project.write("dist/index.html", CLASSIC);
    return bundled(project);
  },
  Rspack: async (project) => {
    project.write(
      "build.mjs",
      `import { rspack } from ${JSON.stringify(pathToFileURL(tool("@rspack/core/dist/index.js")))};
       rspack({ mode: "production", entry: "./app.js", output: { path: import.meta.dirname + "/dist", filename: "app.js" } },
         (error, stats) => { if (error || stats.hasErrors() || stats.hasWarnings()) { console.error(error ?? stats.toString()); process.exit(1); } });`,
    );
    project.run("node", ["build.mjs"]);
    project.write("dist/index.html", CLASSIC);
    return bundled(project);
  },
  Rollup: async (project) => {
    const { rollup } = await import(pathToFileURL(tool("rollup/dist/es/rollup.js")));
    const { nodeResolve } = await import(pathToFileURL(tool("@rollup/plugin-node-resolve/dist/es/index.js")));
    const bundle = await rollup({ input: join(project.folder, "app.js"), plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ dir: join(project.folder, "dist"), format: "es" });
    project.write("dist/index.html", PAGE);
    return bundled(project);
  },
  "esbuild, esm with splitting": async (project) => {
    esbuild(project, ["--format=esm", "--splitting", "--outdir=dist"]);
    project.write("dist/index.html", PAGE);
    return bundled(project);
  },
  "esbuild, esm in one file": async (project) => {
    esbuild(project, ["--format=esm", "--outdir=dist"]);
    project.write("dist/index.html", PAGE);
    return bundled(project);
  },
  "esbuild, iife": async (project) => {
    esbuild(project, ["--format=iife", "--outdir=dist", "--log-override:empty-import-meta=silent"]);
    project.write("dist/index.html", CLASSIC);
    return bundled(project);
  },
  "no bundler, an import map": async (project) => {
    const imports = {
      "natero-wasm": "/node_modules/natero-wasm/index.js",
      "natero-wasm/inline": "/node_modules/natero-wasm/inline.js",
    };
    project.write(
      "index.html",
      PAGE.replace("<script", `<script type="importmap">${JSON.stringify({ imports })}</script><script`),
    );
    return { folder: project.folder };
  },
};

function esbuild(project, args) {
  project.run(fileURLToPath(new URL("../node_modules/.bin/esbuild", import.meta.url)), [
    ...["app.js", "--bundle", "--minify", "--log-level=warning"],
    ...args,
  ]);
}

// Messages of development servers, and of a browser about a missing file.
const OTHERS = /^(?!.*(?:natero:|thrown|warning))/;

for (const [bundler, build] of Object.entries(BUILDS)) {
  for (const entry of ENTRIES) {
    test(`${bundler}: ${entry} tracks`, async () => {
      const row = table.record(bundler, entry);
      const feature = `${bundler} ${entry}`;
      const project = new Project({
        "package.json": '{ "private": true, "type": "module" }',
        "app.js": `import { na } from "${entry}";${app(feature)}`,
      });
      closing.push(() => project.remove());
      const { folder, origin, close } = await build(project);
      const site = origin ? { origin, close } : await serve(folder);
      closing.push(site.close);
      const { said } = await visit(site.origin, feature, OTHERS);
      let files;
      if (folder?.endsWith("dist")) {
        files = assertLean({ folder, natero: join(project.folder, "node_modules/natero-wasm"), entry });
        assert.deepEqual(
          said.filter((line) => !(files === 0 && entry === "natero-wasm" && MISSING.test(line))),
          [],
        );
      }
      row(outcomeOf(entry, files));
    });
  }
}
