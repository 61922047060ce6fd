// The built package, as Node and a script tag without a page see it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import vm from "node:vm";

const pkg = new URL("../../pkg/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", pkg), "utf8"));

test("every export leads to a file, with its types", () => {
  const files = (target) => (typeof target === "string" ? [target] : Object.values(target).flatMap(files));
  for (const [name, target] of Object.entries(manifest.exports)) {
    for (const file of files(target)) {
      assert.ok(existsSync(new URL(file, pkg)), `${name} leads to ${file}, which is missing`);
    }
  }
});

test("Node and development servers get the build that needs no file beside it", () => {
  const conditions = Object.entries(manifest.exports["."]);
  // The first matching condition decides.
  assert.deepEqual(
    conditions.filter(([condition]) => condition !== "types"),
    [
      ["require", { types: "./index.d.cts", default: "./inline.cjs" }],
      ["node", "./inline.js"],
      ["development", "./inline.js"],
      ["default", "./index.js"],
    ],
  );
});

test("the package runs no scripts and brings no dependencies", () => {
  for (const field of ["scripts", "dependencies", "optionalDependencies", "bundledDependencies"]) {
    assert.equal(manifest[field], undefined, field);
  }
  // Users of a wrapper have its framework. Other users must not be asked to install it.
  for (const name of Object.keys(manifest.peerDependencies)) {
    assert.deepEqual(manifest.peerDependenciesMeta[name], { optional: true }, name);
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

test("require brings the same class, under the same names", () => {
  const require = createRequire(import.meta.url);
  for (const file of ["inline.cjs", "testing.cjs"]) {
    const module = require(new URL(file, pkg).pathname);
    assert.equal(module.default, module.na, file);
    assert.equal(module.__esModule, true, file);
  }
});

test("scripts say their version and licence, and have their source maps", () => {
  const banner = `/*! natero-wasm ${manifest.version} | MIT OR Apache-2.0 */\n`;
  // Every page downloads these: see `xtask/src/build/bundle.rs`.
  const [parts, wholes] = [
    ["index.js", "host.js"],
    ["inline.js", "natero.global.js"],
  ];
  // Pages paste the snippet.
  const files = readdirSync(pkg).filter((name) => /\.c?js$/.test(name) && name !== "snippet.js");
  for (const file of files) {
    const text = readFileSync(new URL(file, pkg), "utf8");
    const map = JSON.parse(readFileSync(new URL(`${file}.map`, pkg), "utf8"));
    assert.equal(map.sources.length, map.sourcesContent.length, file);
    for (const source of map.sources) assert.match(source, /^(?:js\/|[a-z-]+\.js$)/, file);
    assert.equal(text.startsWith(banner), !parts.includes(file), file);
    const isMapped = text.endsWith(`\n//# sourceMappingURL=${file}.map\n`);
    assert.equal(isMapped, !parts.includes(file) && !wholes.includes(file), file);
  }
});

test("every script and the wasm has its hash, and the snippet that of the classic script", () => {
  const integrity = JSON.parse(readFileSync(new URL("integrity.json", pkg), "utf8"));
  const files = readdirSync(pkg).filter((name) => /\.(?:c?js|wasm)$/.test(name) && name !== "snippet.js");
  assert.deepEqual(Object.keys(integrity), files.sort());
  for (const [file, hash] of Object.entries(integrity)) {
    const digest = createHash("sha384")
      .update(readFileSync(new URL(file, pkg)))
      .digest("base64");
    assert.equal(hash, `sha384-${digest}`, file);
  }
  const snippet = readFileSync(new URL("snippet.js", pkg), "utf8");
  assert.ok(snippet.includes(integrity["natero.global.js"]));
  assert.ok(Buffer.byteLength(snippet) <= 1536, `${snippet.length} bytes`);
});

test("the classic script sets na and no other global", () => {
  const script = readFileSync(new URL("natero.global.js", pkg), "utf8");
  const bare = vm.createContext({ TextDecoder, TextEncoder });
  const globals = () => [...vm.runInContext("Object.getOwnPropertyNames(globalThis)", bare)];
  const before = globals();
  vm.runInContext(script, bare);
  assert.deepEqual(
    globals().filter((name) => !before.includes(name)),
    ["na"],
  );
});
