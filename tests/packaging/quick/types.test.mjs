// Compiles the types with the oldest and the newest TypeScript, with every kind of module
// resolution, and without skipping any file.

import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Project, TOOLS } from "../support/project.mjs";
import { Table } from "../support/results.mjs";

const COMPILERS = { "5.0": "typescript-5.0", latest: "typescript" };

/** `--module`, `--moduleResolution`, and the files that are valid with them. */
const WAYS = {
  nodenext: ["nodenext", "nodenext", ["esm.mts", "common.cts"]],
  node16: ["node16", "node16", ["esm.mts", "common.cts"]],
  bundler: ["esnext", "bundler", ["esm.mts"]],
  // The latest TypeScript no longer supports this.
  node10: ["commonjs", "node10", ["common.cts", "esm.mts"], ["5.0"]],
};

const table = new Table("types", "TypeScript", Object.keys(WAYS));
after(() => table.write());

const USAGE = fileURLToPath(new URL("../../../js/test/types/usage.ts", import.meta.url));
const COMMON = fileURLToPath(new URL("../types/common.cts", import.meta.url));
const WRAPPERS = fileURLToPath(new URL("../types/wrappers.mts", import.meta.url));
const APP = fileURLToPath(new URL("../types/app.tsx", import.meta.url));

test("TypeScript finds the types of the wrappers beside those of their frameworks", () => {
  const project = new Project({ "package.json": '{ "private": true, "type": "module" }' }, [
    "@types/react",
    "react",
    "vue",
  ]);
  project.copy(WRAPPERS, "wrappers.mts");
  project.run("node", [
    join(TOOLS, "typescript/bin/tsc"),
    ...[
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--target",
      "es2022",
      "--lib",
      "es2022,dom,dom.iterable",
    ],
    // The frameworks' own types are not checked.
    ...["--skipLibCheck", "--module", "nodenext", "wrappers.mts"],
  ]);
  project.remove();
});

for (const [compiler, name] of Object.entries(COMPILERS)) {
  test(`TypeScript ${compiler} takes the components of React in JSX`, () => {
    const project = new Project({ "package.json": '{ "private": true, "type": "module" }' }, ["@types/react", "react"]);
    project.copy(APP, "app.tsx");
    project.run("node", [
      join(TOOLS, name, "bin/tsc"),
      ...["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "--jsx", "react-jsx"],
      ...["--target", "es2022", "--lib", "es2022,dom,dom.iterable"],
      ...["--module", "esnext", "--moduleResolution", "bundler", "app.tsx"],
    ]);
    project.remove();
  });
  for (const [way, [module, resolution, files, only = [compiler]]] of Object.entries(WAYS)) {
    if (!only.includes(compiler)) continue;
    test(`TypeScript ${compiler} finds the types by ${way}`, () => {
      const row = table.record(compiler, way);
      const project = new Project({ "package.json": '{ "private": true, "type": "module" }' }, [
        "@types/react",
        "react",
        "vue",
      ]);
      project.copy(USAGE, "esm.mts");
      project.copy(COMMON, "common.cts");
      project.run("node", [
        join(TOOLS, name, "bin/tsc"),
        ...["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"],
        ...["--target", "es2022", "--lib", "es2022,dom", "--esModuleInterop"],
        ...["--module", module, "--moduleResolution", resolution],
        ...files,
      ]);
      project.remove();
      row("compiles");
    });
  }
}
