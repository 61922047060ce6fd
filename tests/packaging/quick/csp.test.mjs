// Pages whose policy forbids wasm, and pages that cannot load the wasm file: each must track, and
// the same calls must make the same events.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Project } from "../support/project.mjs";
import { openFor } from "../support/stage.mjs";

const APP = `
window.told = [];
window.tracker = new na("api", "auth", {
  endpoint: location.origin + "/collect", accountId: "acme", userId: "ann", flushInterval: 50,
  onError: (problem) => told.push(problem),
});
tracker.setModuleId("m\\u00f6dule \\u{1f980}");
tracker.sendFeatureEvent("early", { total: 2.5, details: { text: "\\u00e9\\u{1f980}".repeat(20), rows: [1, null] } });
tracker.ready.then(async (ready) => {
  window.ready = ready;
  // More than the initial memory holds.
  for (let at = 0; at < 300; at += 1) tracker.sendFeatureEvent("burst", { details: { at, text: "x".repeat(500) } });
  tracker.setModuleId(null);
  window.flushed = await tracker.flush();
  window.left = tracker.stats();
});`;

const PKG = "/node_modules/natero-wasm";

/** The tags in a page's head that load it, given a nonce. */
const ENTRIES = {
  "the main entry": () => `<script type="module" src="main.js"></script>`,
  "the inline module": () => `<script type="module" src="inline.js"></script>`,
  "the classic script": () => `<script src="${PKG}/natero.global.js"></script><script src="classic.js"></script>`,
  "the main entry with a nonce": (nonce) => `<script type="module" nonce="${nonce}" src="main.js"></script>`,
  "the classic script with a nonce": (nonce) =>
    `<script nonce="${nonce}" src="${PKG}/natero.global.js"></script><script nonce="${nonce}">${APP}</script>`,
};

const SELF = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:";
const STRICT = "object-src 'none'; base-uri 'none'; script-src 'nonce-abc' 'strict-dynamic'";
const TRUSTED = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

async function run(entry, policy, without = []) {
  const head = ENTRIES[entry]("abc");
  const project = new Project({
    "index.html": `<!doctype html><title>App</title><link rel="icon" href="data:,">${head}`,
    "main.js": `import { na } from "${PKG}/index.js";${APP}`,
    "inline.js": `import { na } from "${PKG}/inline.js";${APP}`,
    "classic.js": APP,
  });
  for (const [name, text] of without) {
    const place = `${project.folder}${PKG}/${name}`;
    if (text === undefined) rmSync(place);
    else writeFileSync(place, text);
  }
  const headers = {};
  const { site, page, said, events } = await openFor(project, headers);
  if (policy) headers["content-security-policy"] = policy.replace("ORIGIN", site.origin);
  await page.goto(site.origin);
  await page.waitForFunction(() => window.flushed, undefined, { timeout: 20_000 });
  const { ready, told, left } = await page.evaluate(() => ({
    ready: window.ready,
    told: window.told,
    left: window.left,
  }));
  const asked = site.requests.filter((path) => path.startsWith(PKG)).map((path) => path.slice(PKG.length + 1));
  // The browser's own messages about a violated policy and a missing file.
  const ours = said.filter((line) => /natero|thrown/.test(line) && !/Content Security Policy|404/.test(line));
  return { ready, told, left, events: events.events(), asked, ours };
}

function assertTracked({ ready, told, left, events, ours }) {
  assert.equal(ready, true);
  assert.deepEqual([told, ours], [[], []]);
  const features = events.filter(({ action }) => action === "feature");
  assert.equal(features.length, 301);
  const { feature, total, module, details } = features[0];
  assert.deepEqual([feature, total, module], ["early", 2.5, "m\u00f6dule \u{1f980}"]);
  assert.deepEqual(details, { text: "\u00e9\u{1f980}".repeat(20), rows: [1, null] });
  assert.deepEqual(
    features.slice(1).map((event) => event.details.at),
    Array.from({ length: 300 }, (_, at) => at),
  );
  assert.ok(events.some(({ action, time_spent }) => action === "moduleEnd" && time_spent > 0));
  assert.equal(left.accepted, left.delivered);
}

for (const [policy, name, entries] of [
  [SELF, "script-src 'self'", ["the main entry", "the inline module", "the classic script"]],
  [STRICT, "a nonce and 'strict-dynamic'", ["the main entry with a nonce", "the classic script with a nonce"]],
  [TRUSTED, "trusted types", ["the main entry", "the classic script"]],
]) {
  for (const entry of entries) {
    test(`${entry} tracks under ${name}`, async () => {
      const result = await run(entry, policy);
      assertTracked(result);
      assert.ok(result.asked.includes("host-script.js"));
      assert.ok(!result.asked.includes("wasm-inside.js"));
      // An entry that contains the wasm needs no fallback.
      assert.equal(result.asked.includes("ladder.js"), entry.startsWith("the main entry"));
    });
  }
}

test("where wasm may run, nothing else is loaded", async () => {
  const result = await run("the main entry", SELF.replace("'self'", "'self' 'wasm-unsafe-eval'"));
  assertTracked(result);
  assert.deepEqual(result.asked.sort(), ["host.js", "index.js", "natero.wasm"]);
});

for (const [what, file] of [
  ["is missing", undefined],
  ["is a page of HTML", "<!doctype html><title>not found</title>"],
]) {
  test(`the main entry tracks where the wasm ${what}`, async () => {
    const result = await run("the main entry", "", [["natero.wasm", file]]);
    assertTracked(result);
    assert.ok(result.asked.includes("wasm-inside.js"));
    assert.ok(!result.asked.includes("host-script.js"));
  });
}

test("the main entry tracks where connect-src keeps the wasm from it", async () => {
  const result = await run("the main entry", "script-src 'self' 'wasm-unsafe-eval'; connect-src ORIGIN/collect/");
  assertTracked(result);
  assert.deepEqual(result.asked.sort(), ["host.js", "index.js", "ladder.js", "wasm-inside.js"]);
});
