// How the inspector shows an engine, whatever that does; and that no page downloads it unasked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { pkg } from "./support/package.mjs";

/** A source of the inspector, as a module. */
async function load(name) {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`../inspector/${name}.ts`, import.meta.url))],
    bundle: true,
    format: "esm",
    write: false,
  });
  return await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const { Ledger } = await load("ledger");
const { statusOf } = await load("status");
const { observe } = await load("observe");

const DROPPED = { consent: 0, disabled: 0, before_send: 0, overflow: 0, rejected: 0, too_large: 0 };

/** An engine whose state a test sets. */
class Engine {
  queue = [];
  counters = { accepted: 0, delivered: 0, pending: 0, requests: 0, retries: 0, bytesSent: 0 };
  dropped = { ...DROPPED };
  waitsFor = "nothing";

  stats() {
    return { ...this.counters, dropped: { ...this.dropped } };
  }
  inspect() {
    return { waitsFor: this.waitsFor };
  }
  queued(at) {
    return this.queue[at];
  }

  /** Adds an event to those that the engine keeps. */
  keep(id, more = {}) {
    this.queue = this.queue.filter(({ line }) => !line.includes(`"${id}"`));
    this.queue.push({
      line: line(id),
      progress: { type: "waiting" },
      lacksAccount: false,
      lacksUser: false,
      isStored: false,
      ...more,
    });
  }

  forget(id) {
    this.queue = this.queue.filter((event) => !event.line.includes(`"${id}"`));
  }
}

const line = (id) => JSON.stringify({ action: "feature", feature: id, total: 1, created_at: 1, event_id: id });

/** A ledger, its engine, and a function that returns one event. */
function started() {
  const engine = new Engine();
  const ledger = new Ledger(engine, () => 0);
  const entry = (id) => ledger.entries.get(id);
  return { engine, ledger, entry };
}

/** An event that a request carries. */
function sent(engine, ledger, ids) {
  for (const id of ids) ledger.requested({ type: "showEvent", line: line(id), waitsForIds: false });
  for (const id of ids) engine.keep(id, { progress: { type: "carried", request: 1 } });
  ledger.requested({ type: "send", request: 1, events: ids.length, body: `${ids.map(line).join("\n")}\n`, asked: "" });
  ledger.settled();
}

test("a batch of which some were refused says how many, and what was said of them", () => {
  const { engine, ledger, entry } = started();
  sent(engine, ledger, ["a", "b"]);
  assert.equal(entry("a").stage, "sent");
  ledger.answered(1, 200, undefined, 1, "line 2: no such account");
  engine.queue = [];
  engine.counters.delivered += 1;
  engine.dropped.rejected += 1;
  ledger.refresh();
  assert.equal(entry("a").stage, "confirmed");
  assert.match(entry("b").note, /^1 of its batch were refused: line 2: no such account$/);
});

test("a batch that comes back is queued again, and one that is refused is dropped with what was said", () => {
  const { engine, ledger, entry } = started();
  sent(engine, ledger, ["a"]);
  ledger.unanswered(1);
  engine.keep("a");
  ledger.refresh();
  assert.equal(entry("a").stage, "queued");
  assert.ok(entry("a").history.some(({ what }) => what === "no answer came to request 1"));
  engine.keep("a", { progress: { type: "carried", request: 2 } });
  ledger.requested({ type: "send", request: 2, events: 1, body: `${line("a")}\n`, asked: "" });
  ledger.settled();
  ledger.answered(2, 401, undefined, 0, "unknown key");
  engine.queue = [];
  engine.dropped.rejected += 1;
  ledger.requested({ type: "reportLoss", reason: "rejected", count: 1, status: 401, message: "unknown key" });
  ledger.settled();
  assert.equal(entry("a").stage, "dropped");
  assert.match(entry("a").note, /\(401, unknown key\).*Check apiKey and authKey/);
});

test("an event that goes for want of room says so", () => {
  const { engine, ledger, entry } = started();
  engine.keep("a");
  ledger.refresh();
  engine.forget("a");
  engine.dropped.overflow += 1;
  ledger.refresh();
  assert.equal(entry("a").stage, "dropped");
  assert.match(entry("a").note, /maxQueueBytes/);
});

test("what a closed page left is unsure until the collector has told of it", () => {
  const { engine, ledger, entry } = started();
  engine.keep("a", { progress: { type: "uncertain" } });
  ledger.refresh();
  assert.equal(entry("a").stage, "unsure");
  engine.queue = [];
  engine.counters.delivered += 1;
  ledger.refresh();
  assert.equal(entry("a").stage, "confirmed");
});

test("what is left to the storage is no loss, and may come back", () => {
  const { engine, ledger, entry } = started();
  engine.keep("a");
  ledger.refresh();
  engine.queue = [];
  ledger.refresh();
  assert.equal(entry("a").stage, "left");
  engine.keep("a");
  ledger.refresh();
  assert.equal(entry("a").stage, "queued");
});

test("what beforeSend makes of an event is shown, in the order in which it decides", () => {
  const { engine, ledger, entry } = started();
  for (const id of ["a", "b", "c"]) {
    ledger.requested({ type: "showEvent", line: line(id), waitsForIds: false });
    ledger.requested({ type: "filter", line: line(id) });
  }
  ledger.settled();
  assert.equal(entry("a").stage, "made");
  ledger.passed(line("a").replace('"total":1', '"total":5'));
  engine.keep("a");
  ledger.filteredOut(false);
  ledger.filteredOut(true);
  ledger.refresh();
  assert.deepEqual([entry("a").stage, entry("a").event.total], ["queued", 5]);
  assert.deepEqual([entry("b").stage, entry("b").note], ["dropped", "beforeSend returned null"]);
  assert.deepEqual([entry("c").stage, entry("c").note], ["dropped", "beforeSend threw or returned no event"]);
});

test("consent and ids that are missing are named together", () => {
  const { engine, ledger, entry } = started();
  engine.waitsFor = "consent";
  engine.keep("a", { lacksAccount: true, lacksUser: true });
  ledger.refresh();
  assert.deepEqual([entry("a").stage, entry("a").note], ["held", "waits for consent and accountId and userId"]);
});

test("a page that makes events without end keeps no more than are looked at", () => {
  const { engine, ledger } = started();
  for (let at = 0; at < 2_000; at += 1) {
    ledger.requested({ type: "showEvent", line: line(`e${at}`), waitsForIds: false });
    engine.dropped.consent += 1;
  }
  ledger.settled();
  assert.equal(ledger.entries.size, 300);
  assert.ok(ledger.entries.has("e1999"));
});

test("before the wasm is there, and when the tracker is off, the panel says so", () => {
  const calls = { count: 3, isOff: false, isSuspended: false };
  assert.match(statusOf({ calls }, 0).text, /being loaded. Calls that wait: 3/);
  assert.match(statusOf({ calls: { ...calls, isSuspended: true } }, 0).text, /could not be loaded so far/);
  assert.equal(statusOf({ calls: { ...calls, isOff: true } }, 0).tone, "off");
});

test("a mistake of the panel reaches neither the tracker nor what it returns, and nothing is left behind", () => {
  class Core {
    next() {
      return { type: "detach" };
    }
    answered() {}
    unanswered() {}
    filtered() {}
    filteredOut() {}
  }
  const core = new Core();
  const later = [];
  const enqueue = mock.method(globalThis, "queueMicrotask", (task) => later.push(task));
  const stop = observe(core, {
    requested: () => {
      throw new Error("a mistake");
    },
    settled: () => {},
  });
  assert.deepEqual(core.next(), { type: "detach" });
  enqueue.mock.restore();
  assert.throws(later[0], /a mistake/);
  stop();
  assert.deepEqual(Object.keys(core), []);
});

test("what a page loads holds nothing of the inspector", () => {
  const names = ["index.js", "host.js", "inline.js", "inline.cjs", "natero.global.js", "ladder.js", "testing.js"];
  for (const name of names) {
    const text = readFileSync(new URL(name, pkg), "utf8");
    assert.ok(!/natero-inspector|adoptedStyleSheets/.test(text), `${name} holds the panel`);
  }
  assert.match(readFileSync(new URL("inspector.js", pkg), "utf8"), /natero-inspector/);
});

test("an event from which beforeSend has removed or changed fields is shown like any other", async () => {
  const { EventList } = await load("event-list");
  const element = () => ({
    addEventListener() {},
    append() {},
    prepend() {},
    setAttribute() {},
  });
  globalThis.location = { origin: "https://app.test" };
  globalThis.document = { createElement: element };
  try {
    const actions = ["pageView", "pageViewEnd", "moduleEnd", "sessionSync", "identifyUser", "feature", undefined];
    for (const more of [{}, { url: 5, time_spent: "x", active_duration: {}, total: [] }]) {
      const entries = actions.map((action) => ({ event: { action, ...more }, stage: "made", note: "", history: [] }));
      new EventList().update({ entries: new Map(entries.map((entry, at) => [`${at}`, { ...entry, version: 1 }])) });
    }
  } finally {
    delete globalThis.document;
    delete globalThis.location;
  }
});
