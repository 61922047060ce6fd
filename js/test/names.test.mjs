// The names of properties that the build shortens. It must not shorten a name that a browser, a page, the wasm or the
// storage also uses.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { files, read } from "./support/documents.mjs";

const NAMES = JSON.parse(read("js/names.json"));

/** The names of properties and methods in some declarations. */
const declared = (text) => new Set(text.replace(/\/\*[\s\S]*?\*\//g, "").match(/[\w$]+(?=\??[:(<])/g));

/** The names that TypeScript knows of browsers and of the language. */
function ofBrowsers() {
  const folder = new URL("../node_modules/@typescript/", import.meta.url);
  const native = readdirSync(folder).find((name) => name.startsWith("typescript-"));
  const lib = new URL(`${native}/lib/`, folder);
  const texts = readdirSync(lib).filter((name) => /^lib\.(?:dom|es)[\w.]*\.d\.ts$/.test(name));
  assert.ok(texts.length > 10, `found ${texts}`);
  return texts.map((name) => readFileSync(new URL(name, lib), "utf8")).join("\n");
}

test("names that are shortened are in order, and each is one that the sources have", () => {
  assert.deepEqual(NAMES, [...new Set(NAMES)].sort());
  const sources = files("js", ".ts", ["node_modules", "test", "generated", "testing"]).map(read).join("\n");
  assert.deepEqual(
    // Names with this prefix belong to wasm-bindgen's glue.
    NAMES.filter((name) => !name.startsWith("__") && !new RegExp(`[.#?{ ,(]${name}\\b`).test(sources)),
    [],
  );
});

for (const [what, text] of [
  ["the page sees", read("js/types.ts")],
  ["Rust defines", read("js/generated/contract.ts")],
  ["the wasm has", read("js/generated/core.d.ts")],
  ["browsers have", ofBrowsers()],
]) {
  test(`no name is shortened that ${what}`, () => {
    const known = declared(text);
    assert.ok(known.size > 20, `found ${known.size}`);
    assert.deepEqual(
      NAMES.filter((name) => known.has(name)),
      [],
    );
  });
}

test("no name is shortened that is stored, crosses to another copy of the library, or stands between quotes", () => {
  const sources = files("js", ".ts", ["node_modules", "test", "generated", "testing"]);
  const stored = [
    declared(/interface StoredCalls \{[^}]*\}/.exec(read("js/early.ts"))[0]),
    declared(/interface Call \{[^}]*\}/.exec(read("js/calls.ts"))[0]),
    declared(/interface Shared \{[^}]*\}/.exec(read("js/sources.ts"))[0]),
  ];
  for (const names of stored) {
    assert.ok(names.size > 1);
    assert.deepEqual(
      NAMES.filter((name) => names.has(name)),
      [],
    );
  }
  const quoted = sources.flatMap((path) =>
    [...read(path).matchAll(/\["(\w+)"\]|"(\w+)" in /g)].map(([, name, other]) => name ?? other),
  );
  assert.deepEqual(
    NAMES.filter((name) => quoted.includes(name)),
    [],
  );
});
