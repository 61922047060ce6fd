// The snippet in the head of a page: calls wait for a script that is loaded later.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Project } from "../support/project.mjs";
import { openFor } from "../support/stage.mjs";

const SETTINGS = '{ endpoint: location.origin, flushInterval: 50, accountId: "acme", userId: "ann" }';

const EARLY = `
  const tracker = new na("api", "auth", ${SETTINGS});
  tracker.setModuleId("reports");
  tracker.sendFeatureEvent("early", 2);
  window.before = tracker.getModuleId();
  tracker.flush().then((flushed) => { window.flushed = flushed; });
  tracker.ready.then((ready) => {
    window.ready = ready;
    window.after = tracker.getModuleId();
  });`;

/**
 * A page with the snippet and its own script. `change` may modify the script that the snippet loads, and `rehash`
 * updates its hash. The snippet may be pasted several times, and `head` is put before everything.
 */
async function run({ change, rehash = false, script = EARLY, head = "", pasted = 1, late = false } = {}) {
  const project = new Project({});
  const pkg = `${project.folder}/node_modules/natero-wasm`;
  let snippet = readFileSync(`${pkg}/snippet.js`, "utf8");
  change?.(`${pkg}/natero.global.js`);
  if (rehash) {
    const hash = createHash("sha384").update(readFileSync(`${pkg}/natero.global.js`));
    snippet = snippet.replace(/sha384-[^"]+/, `sha384-${hash.digest("base64")}`);
  }
  snippet = snippet.replace("natero.global.js", "/node_modules/natero-wasm/natero.global.js");
  const once = `<script>${snippet}</script><script>${script}</script>`;
  project.write(
    "index.html",
    `<!doctype html>${head}<title>App</title><link rel="icon" href="data:,">${once.repeat(pasted)}`,
  );
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  const { site, page, said, events } = await openFor(project, {}, async (opened) => {
    if (!late) return;
    await opened.route("**/natero.global.js", async (route) => {
      await released;
      await route.continue();
    });
  });
  await page.goto(site.origin, { waitUntil: "commit" });
  return { page, events, said, site, release };
}

const isReady = (page) => page.waitForFunction(() => window.ready !== undefined);

test("calls that a page makes before the script is there are made when it is", async () => {
  const { page, events, said } = await run();
  await isReady(page);
  const early = await events.expectEvent({ feature: "early", module: "reports" });
  assert.equal(early.total, 2);
  await page.waitForFunction(() => window.flushed);
  const seen = await page.evaluate(() => [window.ready, window.before, window.after]);
  assert.deepEqual(seen, [true, "reports", "reports"]);
  assert.deepEqual(said, []);
});

test("calls that wait for the script have the time and the details of the call, and modules their time", async () => {
  const { page, events, said, release } = await run({
    late: true,
    script: `
      window.calls = {};
      const timed = (name, call) => { call(); calls[name] = [Date.now(), performance.now()]; };
      timed("begin", () => { window.tracker = new na("api", "auth", ${SETTINGS}); });
      timed("early", () => tracker.setModuleId("early"));
      const details = { rows: 1, when: new Date(0), within: { many: new Map([["a", 1]]) } };
      details.itself = details;
      timed("export", () => tracker.sendFeatureEvent("export", { details }));
      details.rows = 2;
      details.within.more = 3;
      tracker.ready.then((ready) => { window.ready = ready; });`,
  });
  const later = (name, ms) => page.waitForFunction(([of, by]) => performance.now() - calls[of][1] > by, [name, ms]);
  await page.waitForFunction(() => window.calls?.export);
  await later("early", 400);
  await page.evaluate(() => timed("late", () => tracker.setModuleId("late")));
  await later("late", 300);
  release();
  await isReady(page);
  await page.evaluate(() => timed("left", () => tracker.setModuleId(null)));
  await events.expectEvent({ action: "moduleEnd", module: "late" });
  const calls = await page.evaluate(() => window.calls);
  const exported = await events.expectEvent({ feature: "export", module: "early" });
  assert.deepEqual(exported.details, { rows: 1, when: "1970-01-01T00:00:00.000Z", within: { many: { a: 1 } } });
  const isNear = (value, expected, what) =>
    assert.ok(Math.abs(value - expected) < 50, `${what}: ${value}, ${expected}`);
  isNear(exported.created_at, calls.export[0], "the feature");
  const view = await events.expectEvent({ action: "pageView" });
  isNear(view.created_at, calls.begin[0], "the page view");
  for (const [module, end] of [
    ["early", "late"],
    ["late", "left"],
  ]) {
    const left = await events.expectEvent({ action: "moduleEnd", module });
    isNear(left.created_at, calls[end][0], `the end of ${module}`);
    isNear(left.time_spent, calls[end][1] - calls[module][1], `the time in ${module}`);
  }
  assert.deepEqual(said, []);
});

test("ids that are set before the script is there can be read, and reset", async () => {
  const { page } = await run({ late: true, script: `window.tracker = new na("api", "auth", ${SETTINGS});` });
  await page.waitForFunction(() => window.tracker);
  const seen = await page.evaluate(() => {
    const ids = () => [tracker.getModuleId(), tracker.getProductId(), tracker.getUserId(), tracker.getSessionId()];
    const before = ids();
    tracker.setModuleId("reports");
    tracker.setProductId("studio");
    tracker.identifyUser("bob");
    const set = ids();
    tracker.setModuleId(null);
    const left = tracker.getModuleId();
    tracker.reset();
    return [before, set, left, ids(), tracker.stats().accepted];
  });
  const given = [null, null, "ann", null];
  const none = [null, null, null, null];
  assert.deepEqual(seen, [given, ["reports", "studio", "bob", null], null, none, 0]);
});

test("a snippet that is pasted twice loads the script once, and keeps the order of calls", async () => {
  const { page, events, site, release } = await run({
    pasted: 2,
    late: true,
    script: `
      window.trackers = [...(window.trackers ?? []), new na("api", "auth", ${SETTINGS})];
      trackers.at(-1).sendFeatureEvent(["one", "two"][trackers.length - 1]);
      trackers[0].sendFeatureEvent("of the first");
      trackers.at(-1).ready.then((ready) => { if (trackers.length > 1) window.ready = ready; });`,
  });
  await page.waitForFunction(() => window.trackers?.length === 2);
  release();
  await isReady(page);
  await page.evaluate(() => Promise.all(window.trackers.map((tracker) => tracker.flush())));
  const features = events.events().flatMap(({ feature }) => feature ?? []);
  assert.deepEqual(features, ["one", "of the first", "two", "of the first"]);
  assert.equal(site.requests.filter((path) => path.endsWith("natero.global.js")).length, 1);
});

test("what a page still holds of the snippet goes on when the script is there", async () => {
  const { page, events } = await run({
    script: `${EARLY}; window.held = { na, sendFeatureEvent: tracker.sendFeatureEvent };`,
  });
  await isReady(page);
  const seen = await page.evaluate(async () => {
    window.held.sendFeatureEvent("by a method");
    const other = new window.held.na("api", "auth", { endpoint: location.origin });
    other.sendFeatureEvent("by a class");
    return [await other.ready, other.getModuleId(), (await other.flush()).rejected];
  });
  assert.deepEqual(seen, [true, "reports", 0]);
  await events.expectEvent({ feature: "by a method" });
  await events.expectEvent({ feature: "by a class" });
});

test("a script that is not the one of the package is not run", async () => {
  const { page, events } = await run({ change: (script) => appendFileSync(script, "window.foreign = true;") });
  await isReady(page);
  const seen = await page.evaluate(() => [window.ready, window.foreign ?? null]);
  assert.deepEqual(seen, [false, null]);
  assert.deepEqual(events.events(), []);
});

for (const [what, options] of [
  ["cannot be had", { change: rmSync }],
  ["cannot be parsed", { change: (script) => writeFileSync(script, "let a = 1 @@ 2;"), rehash: true }],
  [
    "cannot take the name",
    { script: `Object.defineProperty(window, "na", { value: na, writable: false, configurable: false }); ${EARLY}` },
  ],
  [
    "may not be loaded",
    { head: `<meta http-equiv="Content-Security-Policy" content="require-trusted-types-for 'script'">` },
  ],
]) {
  test(`a page whose script ${what} goes on, and nobody waits`, async () => {
    const { page, events, said } = await run(options);
    await isReady(page);
    const seen = await page.evaluate(async () => {
      const { delivered, pending, rejected } = await tracker.flush();
      tracker.sendFeatureEvent("late");
      const late = new na("api", "auth");
      return [
        [window.ready, await tracker.ready, await late.ready, await tracker.inspect()],
        [delivered, pending, rejected],
        [tracker.stats().accepted, tracker.getModuleId(), window.flushed.delivered],
      ];
    });
    assert.deepEqual(seen, [
      [false, false, false, false],
      [0, 0, 0],
      [0, null, 0],
    ]);
    assert.deepEqual(events.events(), []);
    // A syntax error is reported by the browser itself.
    assert.deepEqual(
      said.filter((line) => line.startsWith("thrown") && !/Invalid or unexpected token/.test(line)),
      [],
    );
  });
}
