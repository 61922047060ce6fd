// The code samples in the documents. All of them can be parsed, and TypeScript samples run against the class in
// memory, which refuses what the tracker refuses. The suite `types` compiles the same samples.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { files, parseModule, read, samples, toScript } from "./support/documents.mjs";
import { entry } from "./support/package.mjs";

const TESTING = entry("natero-wasm/testing").href;
const { clear, problems } = await import(TESTING);

const DOCUMENTS = [
  "README.md",
  "pkg-template/README.md",
  ...files("docs", ".md"),
  ...files("examples", ".md", ["node_modules"]),
];

const all = (...languages) =>
  DOCUMENTS.flatMap((path) => samples(read(path), languages).map((sample) => ({ ...sample, path })));

beforeEach(clear);

for (const { path, line, language, code } of all("js", "jsx", "ts", "tsx")) {
  test(`the sample of ${path}, line ${line}, can be parsed as ${language}`, () => {
    parseModule(toScript(code, language));
  });
}

for (const { path, line, code } of all("html")) {
  const scripts = [...code.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].filter(([, script]) => script.trim());
  if (!scripts.length) continue;
  test(`the scripts of ${path}, line ${line}, can be parsed`, () => {
    for (const [, script] of scripts) parseModule(toScript(script, "js"));
  });
}

const runnable = all("ts");

test("there are samples that run", () => {
  assert.ok(runnable.length > 4, `found ${runnable.length}`);
});

for (const { path, line, code } of runnable) {
  test(`the sample of ${path}, line ${line}, runs, and nothing of it is refused`, async () => {
    const script = toScript(code, "ts").replaceAll('"natero-wasm"', JSON.stringify(TESTING));
    await import(`data:text/javascript,${encodeURIComponent(script)}`);
    assert.deepEqual(problems(), []);
  });
}
