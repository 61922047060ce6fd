// The defaults of the contract, held against what the facade does, what its
// types tell of, and what the engine takes where it is told nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const snake = (camel) => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const DEFAULTS = {
  endpoint: "https://events.natero.com",
  trackUnload: true,
  trackPageViews: true,
  disableEventSend: false,
  debug: false,
  sessionTimeout: 1_800_000,
  idleTimeout: 60_000,
  sessionSyncInterval: 60_000,
  flushInterval: 5_000,
  batchSize: 50,
  maxQueueBytes: 1_048_576,
  persistence: "storage",
  cookiePrefix: "na_",
  consent: "granted",
  respectGpc: false,
  respectDnt: false,
  compress: true,
};
const NONE = ["accountId", "userId", "debugUrl", "cookieDomain", "beforeSend", "onError"];

/** The doc comment of each setting, by its name. */
function documented() {
  const [, body] = read("js/types.ts").match(/export interface Settings \{(.*?)\n\}/s);
  return new Map([...body.matchAll(/\/\*\* (.*?) \*\/\s+(\w+)\?:/gs)].map(([, doc, name]) => [name, doc]));
}

test("the settings are those of the contract, each with a comment", () => {
  assert.deepEqual([...documented().keys()].sort(), [...Object.keys(DEFAULTS), ...NONE].sort());
});

test("the types tell of each default", () => {
  const docs = documented();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const [, word, number] = docs.get(name).match(/Default `([^`]+)`|Default ([\d ]*\d)/) ?? [];
    const written = word?.replaceAll('"', "") ?? number?.replaceAll(" ", "");
    assert.equal(written, String(value), name);
  }
});

test("the facade takes each default where it is told nothing", () => {
  const [, list] = read("js/settings.ts").match(/const DEFAULTS = \{(.*?)\}/s);
  const facade = Object.fromEntries(
    [...list.matchAll(/(\w+): (.+),/g)].map(([, name, value]) => [name, JSON.parse(value.replace(/(\d)_(?=\d)/g, "$1"))]),
  );
  for (const [name, value] of Object.entries(DEFAULTS)) {
    // What is absent is off: `encode` asks for the other values.
    const off = value === false || value === "storage" || value === "granted";
    assert.equal(facade[name], off ? undefined : value, name);
  }
});

test("the engine has the same defaults", () => {
  const [, body] = read("crates/engine/src/config.rs").match(/fn default\(\) -> Config \{\s+Config \{(.*?)\}/s);
  const engine = Object.fromEntries(
    [...body.matchAll(/(\w+): ([^,]+),/g)].map(([, name, value]) => [name, value.replaceAll("_", "").replace(/\.0$/, "")]),
  );
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (snake(name) in engine && name !== "consent") assert.equal(engine[snake(name)], String(value), name);
  }
  assert.equal(engine.consent, "Consent::Granted");
  assert.equal(engine.memory, "false");
  assert.equal(engine.filter, "false");
});
