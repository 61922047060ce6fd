// Built-in functions that give wrong answers, and fields that a page has added to all objects, before the library is
// loaded.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { entry } from "./support/package.mjs";

const script = new vm.Script(readFileSync(entry("natero-wasm/natero.global.js"), "utf8"));

/** A tracker in a global environment like a worker's, in which `harm` ran first. */
async function tracked(harm) {
  const context = vm.createContext({});
  const globals = vm.runInContext("globalThis", context);
  const told = [];
  const bodies = [];
  const tell = (...parts) => told.push(parts.join(" "));
  Object.assign(globals, {
    self: globals,
    console: { error: tell, warn: tell, log() {} },
    setTimeout: (task, ms) => setTimeout(task, ms).unref(),
    clearTimeout,
    TextEncoder,
    TextDecoder,
    URL,
    WorkerGlobalScope: class {},
    fetch: async (_, { body }) => {
      bodies.push(body);
      return new Response('{"accepted":1}');
    },
  });
  vm.runInContext(harm, context);
  script.runInContext(context);
  const tracker = new globals.na("api", "auth", { endpoint: "https://events.test", accountId: "acme", userId: "ann" });
  tracker.sendFeatureEvent("used", 2);
  for (let turn = 0; turn < 50 && !told.length && !tracker.getSessionId(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  tracker.flush();
  await new Promise((resolve) => setImmediate(resolve));
  const events = bodies.join("\n").split("\n").filter(Boolean).map(JSON.parse);
  return { told, features: events.filter(({ action }) => action === "feature") };
}

const LIES = {
  "TextEncoder, TextDecoder or Uint8Array": "Uint8Array.prototype.set = () => {}",
  "Object.keys": "Object.keys = () => []",
  "RegExp.prototype.exec": "RegExp.prototype.exec = () => null",
  "String.prototype.trim": "String.prototype.trim = () => ''",
  "String.prototype.slice": "String.prototype.slice = () => ''",
  "JSON.stringify": "const S = JSON.stringify; JSON.stringify = (v) => S(v).replace(/a/g, 'Q')",
  "Array.prototype[0]": "Object.defineProperty(Array.prototype, 0, { configurable: true, get: () => 1, set() {} })",
  "Object.prototype.then": "Object.prototype.then = (resolve) => resolve(1)",
};

for (const [name, harm] of Object.entries(LIES)) {
  test(`where ${name} gives wrong answers, the tracker is off and names it once`, async () => {
    const { told, features } = await tracked(harm);
    assert.deepEqual([told.length, features], [1, []], told.join("\n"));
    assert.match(told[0], /The tracker is off: /);
    assert.ok(told[0].includes(`${name} is missing or broken`), told[0]);
  });
}

// Contexts of Node cannot have `get` and `value` for all objects: see the last test.
const FIELDS = ["module", "product", "details", "prepare", "host", "tab", "settings", "ignoreBOM", "fatal"];

test("an iterator of lists that throws changes nothing that is sent", async () => {
  const { told, features } = await tracked(
    "Array.prototype[Symbol.iterator] = () => { throw new Error('iterator'); };",
  );
  assert.deepEqual([told, features.length], [[], 1]);
});

test("a field of all objects that cannot be set changes nothing that is sent", async () => {
  for (const field of ["count", "end", "key", "method", "module", "ready", "removed", "type", "url"]) {
    const { told, features } = await tracked(
      `Object.defineProperty(Object.prototype, "${field}", {
         configurable: true, get() {}, set() { throw new Error("${field}"); } })`,
    );
    assert.deepEqual([told, features.length], [[], 1], field);
  }
});

test("a field that a page has added to all objects changes nothing that is sent", async () => {
  for (const field of FIELDS) {
    const { told, features } = await tracked(
      `Object.defineProperty(Object.prototype, "${field}", { configurable: true, writable: true, value: 5 })`,
    );
    assert.deepEqual(told, [], field);
    const sent = features.map(({ feature, total, module, product, details }) => [
      feature,
      total,
      module,
      product,
      details,
    ]);
    assert.deepEqual(sent, [["used", 2, undefined, undefined, undefined]], field);
  }
});

for (const field of ["value", "get", "set"]) {
  test(`a ${field} of all objects does not hide the accessors of the page`, async () => {
    const set = [];
    class Document {
      // Only a document has it, as accessors of browsers demand.
      #jar = set;

      get cookie() {
        return "";
      }
      set cookie(text) {
        this.#jar.push(text);
      }
      get visibilityState() {
        return "visible";
      }
    }
    const document = new Document();
    Object.assign(globalThis, { Document, fetch: async () => new Response('{"accepted":1}') });
    Object.defineProperty(globalThis, "document", { configurable: true, get: () => document });
    Object.defineProperty(Object.prototype, field, { configurable: true, writable: true, value: 5 });
    try {
      script.runInThisContext();
    } finally {
      delete Object.prototype[field];
    }
    const tracker = new globalThis.na("api", field, { endpoint: "https://events.test", accountId: "a", userId: "u" });
    assert.equal(await tracker.ready, true);
    assert.ok(
      set.some((text) => text.startsWith("na_vid=")),
      set.join(),
    );
    tracker.shutdown();
  });
}
