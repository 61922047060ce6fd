// How the host sends its requests, and what they contain.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pass } from "./support/clock.mjs";
import { settled, WELL } from "./support/collector.mjs";
import { flushed, told } from "./support/flushed.mjs";

test("requests carry credentials on the own origin alone, and follow no redirect", async () => {
  const page = await flushed({});
  const { credentials, redirect, method } = page.collector.requests[0].init;
  assert.deepEqual([credentials, redirect, method], ["same-origin", "manual", "POST"]);
  page.close();
});

test("a request that hangs is aborted after 30 s and made again", async () => {
  const hang = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const page = await flushed({}, hang, WELL);
  await pass(29_000);
  assert.equal(page.collector.requests[0].init.signal.aborted, false);
  await pass(2_000);
  assert.equal(page.collector.requests[0].init.signal.aborted, true);
  assert.equal(page.tracker.stats().delivered, 1);
  page.close();
});

test("copies for debugUrl that hang are not piled up", async () => {
  const copies = [];
  const server = (url) => {
    if (!url.startsWith("http://copies.test")) return new Response('{"accepted":1}');
    copies.push(url);
    return new Promise(() => {});
  };
  const page = await flushed({ debugUrl: "http://copies.test/" }, server);
  for (let number = 0; number < 10; number += 1) {
    page.tracker.sendFeatureEvent("again");
    await page.tracker.flush();
  }
  assert.equal(page.tracker.stats().delivered, 11);
  assert.equal(copies.length, 3);
  page.close();
});

test("a batchSize of more than 32 bits is the largest one", async () => {
  for (const batchSize of [2 ** 32 + 1, 1e14]) {
    const page = await flushed({ batchSize });
    page.tracker.sendFeatureEvent("waits");
    await settled();
    assert.equal(page.tracker.stats().pending, 1);
    assert.equal(page.collector.requests.length, 1);
    page.close();
  }
});

test("under debug, events that wait for ids say so", async () => {
  const page = await flushed({ debug: true, userId: undefined });
  const waiting = told.take("log").filter((line) => line.includes("waits for"));
  assert.equal(waiting.length, 1);
  assert.match(waiting[0], /"feature":"f"/);
  page.tracker.setUserId("ann");
  page.tracker.sendFeatureEvent("g");
  await page.tracker.flush();
  assert.deepEqual(
    told.take("log").filter((line) => line.includes("waits for")),
    [],
  );
  page.close();
});
