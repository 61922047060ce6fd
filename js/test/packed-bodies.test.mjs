// How the host finds out whether a server accepts compressed bodies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as reallyPass } from "node:timers/promises";
import { now, pass, until } from "./support/clock.mjs";
import { anew, Collector, SETTINGS, settled, WELL } from "./support/collector.mjs";
import { flushed } from "./support/flushed.mjs";

const encodings = ({ requests }) => requests.map(({ init }) => init.headers?.["content-encoding"]);

for (const status of [0, 400, 403, 406, 411, 415, 422, 501]) {
  test(`a packed body that is answered ${status || "by nobody"} is sent again as it is, and so are all after it`, async () => {
    const page = await flushed({ compress: true }, { status, body: "no" }, WELL);
    await until(
      () => page.collector.requests.length >= 2,
      () => pass(1),
    );
    await page.flush;
    assert.deepEqual(encodings(page.collector), ["gzip", undefined]);
    assert.deepEqual(page.collector.requests[0].events, page.collector.requests[1].events);
    const { bytesSent, delivered, requests } = page.tracker.stats();
    assert.deepEqual([delivered, requests], [1, 2]);
    assert.equal(bytesSent, 2 * page.collector.requests[1].init.body.length);
    page.tracker.sendFeatureEvent("g", { details: { text: "x".repeat(3_000) } });
    await page.tracker.flush();
    assert.deepEqual(encodings(page.collector), ["gzip", undefined, undefined]);
    assert.deepEqual(page.problems, []);
    page.close();
  });
}

test("a body that is refused as it is, too, is judged by that", async () => {
  const page = await flushed({ compress: true }, { status: 403 }, { status: 422, body: '{"error":"no such event"}' });
  assert.deepEqual(await page.flush, { delivered: 0, pending: 0, rejected: 1 });
  assert.equal(page.problems[0].code, "rejected");
  assert.match(page.problems[0].message, /422, no such event/);
  page.close();
});

test("a failing server is no reason to send bodies as they are", async () => {
  const page = await flushed({ compress: true }, { status: 503 }, WELL);
  await page.flush;
  await pass(1_000);
  // Compression takes no time on the page's clock.
  await until(() => page.collector.requests.length >= 2, settled);
  assert.deepEqual(encodings(page.collector), ["gzip", "gzip"]);
  page.close();
});

/** Records one event after the other. Each is delivered before the next. */
async function deliver(page, names) {
  for (const name of names) {
    const { delivered } = page.tracker.stats();
    page.tracker.sendFeatureEvent(name, { details: { text: "x".repeat(3_000) } });
    page.tracker.flush();
    await until(
      () => page.tracker.stats().delivered > delivered,
      async () => {
        // Compression takes real time, and the page's clock must not run ahead of it.
        await reallyPass(1);
        await pass(50);
      },
    );
  }
}

for (const status of [404, 405, 409, 417, 429, 500, 502, 503]) {
  test(`where ${status} answers packed bodies alone, they go as they are from the second trial on`, async () => {
    const page = await flushed({ compress: true }, (_, { headers }) =>
      headers ? new Response("no", { status }) : new Response('{"accepted":1}'),
    );
    await deliver(page, ["g", "h", "i"]);
    const [first, second] = [Array(3).fill("gzip"), ["gzip"]];
    assert.deepEqual(encodings(page.collector).slice(0, 6), [...first, undefined, ...second, undefined]);
    assert.deepEqual(new Set(encodings(page.collector).slice(6)), new Set([undefined]));
    assert.deepEqual([page.problems, page.tracker.stats().dropped.total], [[], 0]);
    page.close();
  });
}

test("after a server has failed for long, bodies are packed as before", async () => {
  const failures = Array(6).fill({ status: 502 });
  const page = await flushed({ compress: true }, ...failures, WELL);
  await deliver(page, ["g", "h", "i"]);
  assert.deepEqual(encodings(page.collector).slice(-3), Array(3).fill("gzip"));
  page.close();
});

test("what one server makes of packed bodies says nothing about another", async () => {
  const page = await flushed({ compress: true }, (url, { headers }) =>
    `${url}`.includes("other.test") && headers ? new Response("no", { status: 502 }) : new Response('{"accepted":1}'),
  );
  const na = page.tracker.constructor;
  const other = new na("api", "auth", { ...SETTINGS, compress: true, endpoint: "http://other.test" });
  await other.ready;
  other.sendFeatureEvent("g", { details: { text: "x".repeat(3_000) } });
  const step = async () => {
    page.tracker.flush();
    other.flush();
    await reallyPass(1);
    await pass(50);
  };
  await until(
    () => other.stats().delivered === 1,
    async () => {
      page.tracker.sendFeatureEvent("f", { details: { text: "x".repeat(3_000) } });
      await step();
    },
  );
  await until(() => page.tracker.stats().pending === 0, step);
  other.shutdown();
  page.close();
});

test("a compression that never comes to an end costs one request", async () => {
  const { CompressionStream } = globalThis;
  globalThis.CompressionStream = class {
    readable = new ReadableStream();
    writable = new WritableStream({ write: () => new Promise(() => {}) });
  };
  const page = await flushed({ compress: true });
  globalThis.CompressionStream = CompressionStream;
  await until(
    () => page.tracker.stats().delivered === 1,
    () => pass(1_000),
  );
  assert.ok(now < 1_000_000 && page.collector.requests.length === 1);
  assert.deepEqual(encodings(page.collector), [undefined]);
  page.close();
});

test("what is being packed when the visitor refuses is not posted", async () => {
  const collector = new Collector();
  const na = await anew();
  const tracker = new na("api", "auth", { ...SETTINGS, compress: true });
  await tracker.ready;
  tracker.sendFeatureEvent("f", { details: { text: "x".repeat(3_000) } });
  const flush = tracker.flush();
  tracker.optOut();
  await flush;
  for (let turn = 0; turn < 20; turn += 1) await settled();
  assert.deepEqual([collector.requests.length, tracker.stats().dropped.consent], [0, 1]);
  tracker.shutdown();
  collector.close();
});
