// Tools that check packages for common mistakes, applied to ours.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Project, TARBALL, tool } from "../support/project.mjs";

const run = (name, args) => {
  try {
    return execFileSync(tool(name), args, { encoding: "utf8" });
  } catch (error) {
    throw new Error(`${name} found:\n${error.stdout}${error.stderr}`);
  }
};

test("publint finds nothing", () => {
  assert.match(run("publint", ["run", TARBALL, "--strict"]), /All good/);
});

test("the types are those of the script, for every way to resolve and every entry", () => {
  // The classic script is for a script tag, and the snippet is pasted: nobody requires them.
  run("attw", [TARBALL, "--format", "ascii", "--exclude-entrypoints", "natero.global.js", "natero.wasm", "snippet.js"]);
});

const scripts = {
  "import.mjs": `
    import inert, { na } from "natero-wasm";
    import { na as inline } from "natero-wasm/inline";
    if (inert !== na || na !== inline) throw new Error("there are two of it");
    const _na = new na("api", "auth", { accountId: "acme", userId: "ann" });
    if (await _na.ready) throw new Error("a server is no page");
    console.log("inert");`,
  "require.cjs": `
    const { na, default: same } = require("natero-wasm");
    const inline = require("natero-wasm/inline");
    if (same !== na || inline.na !== na) throw new Error("there are two of it");
    new na("api", "auth", { accountId: "acme", userId: "ann" }).ready.then((ready) => {
      if (ready) throw new Error("a server is no page");
      console.log("inert");
    });`,
};

for (const file of Object.keys(scripts)) {
  test(`Node gets it by ${file.split(".")[0]}, and ends by itself`, () => {
    const project = new Project(scripts);
    assert.equal(project.run("node", [file]), "inert\n");
    project.remove();
  });
}
