// The built package, as Node and a script tag without a page see it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const pkg = new URL("../../pkg/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", pkg), "utf8"));

test("every export leads to a file, with its types", () => {
  for (const [name, target] of Object.entries(manifest.exports)) {
    for (const file of typeof target === "string" ? [target] : Object.values(target)) {
      assert.ok(existsSync(new URL(file, pkg)), `${name} leads to ${file}, which is missing`);
    }
  }
});

test("the package runs no scripts and brings no dependencies", () => {
  for (const field of ["scripts", "dependencies", "peerDependencies", "optionalDependencies", "bundledDependencies"]) {
    assert.equal(manifest[field], undefined, field);
  }
});

test("the package has the version of the workspace", () => {
  const cargo = readFileSync(new URL("../../Cargo.toml", import.meta.url), "utf8");
  assert.ok(cargo.includes(`version = "${manifest.version}"`), manifest.version);
});

for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) {
  test(`the package carries ${name} as it stands at the root`, () => {
    const read = (folder) => readFileSync(new URL(name, folder), "utf8");
    assert.equal(read(pkg), read(new URL("../../", import.meta.url)));
  });
}

for (const file of ["index.js", "inline.js"]) {
  test(`importing ${file} under Node does nothing but export na`, async () => {
    const before = Object.getOwnPropertyNames(globalThis);
    const refused = (name) => () => assert.fail(`${name} was called`);
    const { fetch, setInterval, setTimeout } = globalThis;
    Object.assign(globalThis, {
      fetch: refused("fetch"),
      setInterval: refused("setInterval"),
      setTimeout: refused("setTimeout"),
    });
    let module;
    try {
      module = await import(new URL(file, pkg));
    } finally {
      Object.assign(globalThis, { fetch, setInterval, setTimeout });
    }
    assert.deepEqual(Object.keys(module).sort(), ["default", "na"]);
    assert.equal(module.default, module.na);
    assert.equal(typeof module.na, "function");
    assert.deepEqual(Object.getOwnPropertyNames(globalThis), before);
  });
}

test("the classic script sets na and no other global", () => {
  const script = readFileSync(new URL("natero.global.js", pkg), "utf8");
  const bare = vm.createContext({ TextDecoder, TextEncoder });
  const globals = () => [...vm.runInContext("Object.getOwnPropertyNames(globalThis)", bare)];
  const before = globals();
  vm.runInContext(script, bare);
  assert.deepEqual(globals().filter((name) => !before.includes(name)), ["na"]);
});
