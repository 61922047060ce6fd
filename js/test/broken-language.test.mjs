// A page that broke a part of the language before the library is loaded: each part in turn is missing, throws, does
// nothing or is a text. Nothing is thrown into the page, and the tracker either works or reports once why it does
// not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { entry } from "./support/package.mjs";

const code = readFileSync(entry("natero-wasm/natero.global.js"), "utf8");
const script = new vm.Script(code, { filename: "natero.global.js" });

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

const LONGEST_MS = 10_000;

/** A separate global environment like a worker's, which `harm` breaks before the script runs. */
function world(harm) {
  const context = vm.createContext({});
  const globals = vm.runInContext("globalThis", context);
  const told = [];
  const tell = (...parts) => told.push(parts.join(" "));
  const bodies = [];
  Object.assign(globals, {
    self: globals,
    console: { error: tell, warn: tell, log: () => {} },
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
  // An async function can only await promises of its own environment.
  const wait = vm.runInContext("(async (promise, done) => done(await promise))", context);
  const settled = (promise) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it never settles")), LONGEST_MS);
      wait(promise, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
    });
  harm(globals);
  script.runInContext(context);
  return { bodies, globals, settled, told };
}

const throwing = () => {
  throw new Error("broken by the page");
};

// It can also be used as a constructor.
function silent() {}

const WAYS = {
  missing: (holder, name) => Reflect.deleteProperty(holder, name),
  throwing: (holder, name) =>
    typeof Reflect.getOwnPropertyDescriptor(holder, name).value === "function"
      ? Reflect.defineProperty(holder, name, { value: throwing, configurable: true, writable: true })
      : Reflect.defineProperty(holder, name, { get: throwing, configurable: true }),
  silent: (holder, name) =>
    typeof Reflect.getOwnPropertyDescriptor(holder, name).value === "function"
      ? Reflect.defineProperty(holder, name, { value: silent, configurable: true, writable: true })
      : Reflect.deleteProperty(holder, name),
  wrong: (holder, name) =>
    Reflect.defineProperty(holder, name, { value: "a text", configurable: true, writable: true }),
};

// Without these, nobody can await a promise.
const UNTESTABLE = new Set(["Promise.prototype.constructor"]);

/** The members of an object that a page can change. */
const membersOf = (object) =>
  Reflect.ownKeys(object).filter((key) => Reflect.getOwnPropertyDescriptor(object, key).configurable);

/** Each global of the language and each member of it: [its name, its path]. */
function parts() {
  const globals = vm.runInNewContext("globalThis");
  const found = [];
  const add = (...path) => found.push([path.map(String).join("."), path]);
  for (const name of Object.getOwnPropertyNames(globals)) {
    const { value } = Object.getOwnPropertyDescriptor(globals, name);
    if (!/^(?:[A-Z]|globalThis|encode|decode|parse|is)/.test(name)) continue;
    add(name);
    if (value === globals || Object(value) !== value) continue;
    for (const key of membersOf(value)) add(name, key);
    for (const key of membersOf(value.prototype ?? {})) add(name, "prototype", key);
  }
  return found.filter(([name]) => !UNTESTABLE.has(name));
}

/** Uses a tracker of such an environment as a page does. Returns what happened. */
async function use({ bodies, globals, settled, told }) {
  const { na } = globals;
  const tracker = new na("api", "auth", { endpoint: "https://events.test", accountId: "acme", userId: "ann" });
  tracker.sendFeatureEvent("early", { details: { list: [1, "two"] } });
  const ready = await settled(tracker.ready);
  tracker.setModuleId("reports");
  tracker.sendFeatureEvent("used");
  tracker.identifyUser("ann", { tags: ["a"] });
  tracker.trackPageView({ url: "https://app.test/", title: "one" });
  tracker.getSessionId();
  tracker.stats();
  await settled(tracker.flush());
  tracker.reset();
  tracker.optOut();
  tracker.shutdown();
  const events = bodies.join("\n").split("\n").filter(Boolean).map(JSON.parse);
  const features = events.filter(({ action }) => action === "feature");
  return { ready, features: features.map(({ feature, details }) => [feature, details]), told };
}

const TRACKED = {
  ready: true,
  features: [
    ["early", { list: [1, "two"] }],
    ["used", undefined],
  ],
  told: [],
};

test("in a world that is whole the tracker tracks", async () => {
  assert.deepEqual(await use(world(() => {})), TRACKED);
});

for (const [way, harm] of Object.entries(WAYS)) {
  test(`whatever of the language is ${way}, the tracker tracks or says once why not`, async () => {
    const outcomes = { tracks: 0, off: 0 };
    for (const [name, path] of parts()) {
      const at = `${name} ${way}`;
      const broken = world((globals) => {
        const holder = path.slice(0, -1).reduce((object, key) => object[key], globals);
        harm(holder, path.at(-1));
      });
      const outcome = await use(broken).catch((error) => assert.fail(`${at}: ${error.stack}`));
      if (outcome.ready) {
        assert.deepEqual(outcome, TRACKED, at);
        outcomes.tracks += 1;
      } else {
        assert.deepEqual(
          [outcome.ready, outcome.features, outcome.told.length],
          [false, [], 1],
          `${at}: ${outcome.told}`,
        );
        assert.match(outcome.told[0], /^natero: .*The tracker .*is off\b/, at);
        outcomes.off += 1;
      }
      assert.deepEqual(unhandled, [], at);
    }
    assert.ok(outcomes.tracks > 400 && outcomes.off > 10, JSON.stringify(outcomes));
  });
}

const BROKEN_TEXTS = {
  "an encoder that returns nothing": ["TextEncoder", "encode", () => undefined],
  "an encoder that returns no bytes": ["TextEncoder", "encode", () => new Uint8Array(0)],
  "an encoder that returns other bytes": ["TextEncoder", "encode", () => new Uint8Array(9)],
  "an encoder that returns a text": ["TextEncoder", "encode", (text) => text],
  "a decoder that returns nothing": ["TextDecoder", "decode", () => undefined],
  "a decoder that returns an empty text": ["TextDecoder", "decode", () => ""],
  "a decoder that returns bytes": ["TextDecoder", "decode", (bytes) => bytes],
};

for (const [name, [holder, method, replacement]] of Object.entries(BROKEN_TEXTS)) {
  test(`with ${name} the tracker is off, and says once why`, async () => {
    const broken = world((globals) => {
      globals[holder] = class {};
      globals[holder].prototype[method] = replacement;
    });
    const { ready, features, told } = await use(broken);
    assert.deepEqual([ready, features, told.length], [false, [], 1], told.join("\n"));
    assert.match(told[0], /is off: Error: TextEncoder, TextDecoder or Uint8Array is missing or broken/);
  });
}
