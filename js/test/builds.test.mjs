// A script that gets a wasm of another build, for example from a cache, loads the right one or turns off. It never
// misreads the wrong one.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { entry, pkg } from "./support/package.mjs";
import "./support/worker.mjs";

const right = readFileSync(new URL("natero.wasm", pkg));

/** The same module with the id of another build. */
const stale = (() => {
  const [id] = WebAssembly.Module.customSections(new WebAssembly.Module(right), "natero");
  const at = right.indexOf(Buffer.from(id));
  const bytes = Buffer.from(right);
  bytes[at] ^= 1;
  return bytes;
})();

/** Which wasm is served, and how it was requested. */
let served = [];
const asked = [];
globalThis.fetch = async (url, { cache = "default", method }) => {
  if (method === "POST") return new Response('{"accepted":1}');
  assert.match(String(url), /natero\.wasm$/);
  asked.push(cache);
  return Object.defineProperty(new Response(served.shift()), "url", { value: url });
};
/** A fresh copy of the library. After it has a wasm it requests no other. */
const anew = async (copy) => (await import(`${entry("natero-wasm")}?${copy}`)).na;
const told = [];
console.error = (...parts) => told.push(parts.join(" "));

const SETTINGS = { accountId: "acme", userId: "ann", endpoint: "http://collector.test" };

test("a wasm that stays stale gives way to the one within a script", async () => {
  served = [stale, stale];
  const na = await anew("stale");
  const tracker = new na("api", "auth", SETTINGS);
  assert.equal(await tracker.ready, true);
  assert.deepEqual(asked.splice(0), ["default", "reload"]);
  tracker.sendFeatureEvent("f");
  assert.equal((await tracker.flush()).delivered, 1);
  tracker.shutdown();
  assert.deepEqual(told, []);
});

test("a stale wasm is fetched once more, past the cache", async () => {
  served = [stale, right];
  const na = await anew("renewed");
  const tracker = new na("api", "auth", SETTINGS);
  assert.equal(await tracker.ready, true);
  assert.deepEqual(asked.splice(0), ["default", "reload"]);
  tracker.sendFeatureEvent("f");
  assert.equal((await tracker.flush()).delivered, 1);
  tracker.shutdown();
  assert.deepEqual(told, []);
});
