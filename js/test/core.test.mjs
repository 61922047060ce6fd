// The class that wasm-bindgen makes, with the package's wasm: the effects of each method, and that while the wasm
// runs nothing that a page has replaced is called or has an effect.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { build } from "esbuild";

const js = new URL("..", import.meta.url).pathname;
const { outputFiles } = await build({
  entryPoints: [`${js}generated/core.js`],
  bundle: true,
  format: "esm",
  target: "es2022",
  write: false,
});
/** A fresh copy of the glue, which captures what it needs when it is loaded. */
let loaded = 0;
const load = () => {
  loaded += 1;
  return import(`data:text/javascript,${encodeURIComponent(`${outputFiles[0].text}//${loaded}`)}`);
};
const module = await WebAssembly.compile(await readFile(new URL("../../pkg/natero.wasm", import.meta.url)));

const WALL = 1_700_000_000_000;

const CONFIG = {
  __proto__: null,
  accountId: "acme",
  userId: "ann é🦀",
  trackUnload: true,
  trackPageViews: true,
  disableEventSend: false,
  debug: true,
  filter: false,
  persistence: "storage",
  consent: "granted",
  sessionTimeout: 1_800_000,
  idleTimeout: 60_000,
  sessionSyncInterval: 60_000,
  flushInterval: 5_000,
  batchSize: 50,
  maxQueueBytes: 8_388_608,
  maxStoredBytes: 1_048_576,
};

/** Calls every method, and returns the results by call. Uses nothing that a page could have replaced. */
function visit(Core, config) {
  const out = [];
  const core = new Core(config, 1, 2, 3, 4, 0, WALL);
  let mono = 0;
  let request;
  const tell = (method, a, b, c, d, e, f, g) => {
    mono += 1_000;
    core[method](mono, WALL + mono, a, b, c, d, e, f, g);
    const effects = [];
    for (let effect = core.next(); effect !== undefined; effect = core.next()) {
      effects[effects.length] = effect;
      if (effect.type === "send") request = effect.request;
    }
    out[out.length] = [method, effects, core.wakeAt()];
  };
  tell("start", true, false, "https://a.example/p", "title", "https://b.example/", "", "");
  tell("activity");
  tell("inspected", true);
  tell("setModuleId", "m");
  const seen = [core.inspect(mono), core.queued(0), core.queued(1_000)];
  tell("setProductId", "p");
  tell("sendFeatureEvent", "export é🦀", "2.5", "other", "", '{"a":1}');
  tell("sendFeatureEvent", "plain");
  tell("sendModuleEvent", "m2", 1234, "p2");
  tell("identifyAccount", "acme", '{"plan":"gold"}');
  tell("identifyUser", "ann é🦀");
  tell("setAccountId", "other");
  tell("trackPageView", "https://a.example/q", "q");
  tell("navigated", "https://a.example/r", "r");
  tell("taskEnded");
  tell("flush", 7);
  seen[3] = core.queued(0);
  seen[4] = core.inspect(mono);
  tell("answered", request, 200, undefined, 1, "line 2");
  tell("flush", 8);
  tell("unanswered", request);
  tell("online", false);
  tell("online", true);
  tell("answered", request, 200, undefined, 0, "");
  tell("otherTab", -WALL);
  tell("otherTab", WALL + mono);
  tell("cookiesRead", "s.1", "v");
  tell("answered", request, 503, 2_000, 0, "");
  tell("writeFailed", 1);
  tell("adopted", '{"v":1}');
  tell("restored");
  tell("hidden");
  tell("shown");
  tell("timer");
  tell("setUserId");
  tell("optOut");
  tell("optIn");
  tell("reset");
  tell("shutdown");
  return { out, seen, ids: core.ids(), stats: core.stats() };
}

/** As JSON, including undefined values. */
const shown = (value) => JSON.stringify(value, (_, inner) => (inner === undefined ? "undefined" : inner), 1);

test("each method leads to the effects of the contract, as plain objects", async () => {
  const { Core, initSync } = await load();
  initSync({ module });
  const { out, ids, stats } = visit(Core, CONFIG);
  const effects = out.flatMap(([, effects]) => effects);
  for (const effect of effects) assert.equal(Object.getPrototypeOf(effect), null);
  const types = new Set(effects.map(({ type }) => type));
  for (const type of ["send", "showEvent", "readCookies", "setSession", "setVisitor", "eraseCookies", "announceTab"]) {
    assert.ok(types.has(type), type);
  }
  for (const type of ["resolveFlush", "claimStorage", "persistAtTaskEnd", "store", "removeSegment", "adoptOrphans"]) {
    assert.ok(types.has(type), type);
  }
  for (const type of ["eraseStorage", "detach", "reportLoss", "warnAccountChanged"]) assert.ok(types.has(type), type);
  const send = effects.find(({ type }) => type === "send");
  assert.deepEqual(Object.keys(send).sort(), ["asked", "body", "events", "keepalive", "request", "type", "unloading"]);
  assert.deepEqual([send.request, send.keepalive, send.unloading], [1, true, false]);
  const lines = send.body.trimEnd().split("\n").map(JSON.parse);
  assert.equal(lines.length, send.events);
  const feature = lines.find((line) => line.feature === "export é🦀");
  assert.deepEqual(
    [feature.total, feature.module, feature.product, feature.details],
    [2.5, "other", undefined, { a: 1 }],
  );
  assert.equal(typeof out[0][2], "number");
  assert.equal(typeof ids.sessionId, "string");
  assert.equal(stats.dropped.rejected, 1);
  assert.ok(stats.bytesSent > 0);
});

test("somebody who looks into an engine is told in plain objects", async () => {
  const { Core, initSync } = await load();
  initSync({ module });
  const [before, kept, none, carried, during] = visit(Core, CONFIG).seen;
  assert.equal(Object.getPrototypeOf(before), null);
  assert.deepEqual([before.consent, before.clock, before.waitsFor, before.failures], ["granted", "active", "batch", 0]);
  assert.ok(before.sessionTime >= 1_000 && before.idleAt > before.waitsUntil);
  assert.equal(JSON.parse(kept.line).action, "pageView");
  assert.deepEqual({ ...kept.progress }, { type: "waiting" });
  assert.deepEqual([kept.lacksAccount, kept.lacksUser, kept.isStored], [false, false, false]);
  assert.equal(none, undefined);
  assert.deepEqual({ ...carried.progress }, { type: "carried", request: 1 });
  assert.equal(during.waitsFor, "answer");
});

test("a filter is asked, and decides", async () => {
  const { Core, initSync } = await load();
  initSync({ module });
  const core = new Core({ ...CONFIG, filter: true, debug: false }, 1, 2, 3, 4, 0, WALL);
  core.start(0, WALL, false, false, undefined, "", "", "", "");
  core.sendFeatureEvent(1, WALL, "kept");
  core.sendFeatureEvent(1, WALL, "dropped");
  const lines = [];
  for (let effect = core.next(); effect; effect = core.next()) if (effect.type === "filter") lines.push(effect.line);
  assert.equal(lines.length, 2);
  core.filtered(2, WALL, lines[0]);
  core.filteredOut(2, WALL, true);
  core.flush(3, WALL, 1);
  const effects = [];
  for (let effect = core.next(); effect; effect = core.next()) effects.push(effect);
  assert.equal(effects.find(({ type }) => type === "send").events, 1);
  const { reason, count, status, message } = effects.find(({ type }) => type === "reportLoss");
  assert.deepEqual([reason, count, status, message], ["before_send", 1, undefined, ""]);
});

/**
 * Replaces everything that a page can replace by functions that record the call and throw. Returns a function that
 * restores everything.
 */
function vandalize(calls) {
  const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
  const undo = [];
  const set = (holder, name, descriptor) => {
    const original = getOwnPropertyDescriptor(holder, name);
    if (original && !original.configurable) return;
    undo[undo.length] = () => (original ? defineProperty(holder, name, original) : delete holder[name]);
    defineProperty(holder, name, { __proto__: null, configurable: true, ...descriptor });
  };
  const noted = (what) =>
    function note() {
      calls[calls.length] = what;
      throw new Error(what);
    };
  const types = [Object, Array, String, Number, Boolean, ArrayBuffer, Uint8Array, Object.getPrototypeOf(Uint8Array)];
  types.push(DataView, TextEncoder, TextDecoder, FinalizationRegistry, Map, Set, Promise, Math, JSON, Reflect);
  types.push(WebAssembly.Instance, WebAssembly.Memory, WebAssembly.Table, WebAssembly.Module, WebAssembly);
  const holders = types.flatMap((type) => (type.prototype ? [type, type.prototype] : [type]));
  const fields = ["type", "body", "line", "request", "value", "bytes", "length", "exports", "buffer", "text", "memory"];
  const globals = ["Object", "Array", "Uint8Array", "DataView", "TextEncoder", "TextDecoder", "WebAssembly"];
  globals.push("FinalizationRegistry", "Reflect");
  const planned = [];
  for (const holder of holders) {
    for (const name of ownKeys(holder)) {
      if (name === "constructor" || name === "prototype" || name === "__proto__") continue;
      const descriptor = getOwnPropertyDescriptor(holder, name);
      const what = `${holder.name ?? holder.constructor?.name}.${String(name)}`;
      if (typeof descriptor.value === "function") planned.push([holder, name, { value: noted(what), writable: true }]);
      else if (descriptor.get) planned.push([holder, name, { get: noted(what) }]);
    }
  }
  for (const name of fields)
    planned.push([Object.prototype, name, { get: noted(`get ${name}`), set: noted(`set ${name}`) }]);
  for (const name of globals) planned.push([globalThis, name, { value: noted(`new ${name}`), writable: true }]);
  for (let at = 0; at < planned.length; at += 1) set(planned[at][0], planned[at][1], planned[at][2]);
  return () => {
    for (let at = undo.length - 1; at >= 0; at -= 1) apply(undo[at], undefined, []);
  };
}

test("nothing that a page replaces is called, or changes what comes out", async () => {
  const first = await load();
  first.initSync({ module });
  const expected = shown(visit(first.Core, CONFIG));

  const { Core, initSync } = await load();
  const calls = [];
  const restore = vandalize(calls);
  let seen;
  let failure;
  try {
    initSync({ module });
    seen = visit(Core, CONFIG);
  } catch (error) {
    failure = error;
  } finally {
    restore();
  }
  assert.deepEqual(calls, []);
  assert.equal(failure, undefined);
  assert.equal(shown(seen), expected);
});
