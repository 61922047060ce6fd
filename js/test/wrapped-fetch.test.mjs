// How the host deals with a page's replacements of `fetch` and its signals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pass, until } from "./support/clock.mjs";
import { flushed } from "./support/flushed.mjs";
import { Xhr } from "./support/xhr.mjs";

for (const [name, answer] of [
  ["nothing", () => undefined],
  ["an object", () => ({ ok: true })],
  ["a text", () => "sent"],
]) {
  test(`a wrapped fetch that resolves to ${name} is not asked again, and nothing is sent for ever`, async () => {
    Xhr.asked = [];
    const page = await flushed({}, answer);
    assert.equal((await page.flush).delivered, 1);
    page.tracker.sendFeatureEvent("g");
    await page.tracker.flush();
    await pass(600_000);
    assert.equal(page.collector.requests.length, 1);
    assert.equal(Xhr.asked.length, 2);
    assert.equal(Xhr.asked[0].target, "POST http://collector.test/v1/auth/api");
    const { delivered, requests } = page.tracker.stats();
    assert.deepEqual([delivered, requests], [2, 3]);
    page.close();
  });
}

test("a batch that is refused when it was sent another way than by fetch is not sent again", async () => {
  Xhr.asked = [];
  Xhr.answer = { status: 400 };
  const page = await flushed({ compress: true }, () => undefined);
  assert.equal((await page.flush).rejected, 1);
  page.tracker.sendFeatureEvent("g", { details: { text: "x".repeat(3_000) } });
  assert.equal((await page.tracker.flush()).rejected, 1);
  assert.equal(Xhr.asked.length, 2);
  Xhr.answer = {};
  page.close();
});

test("a wrapped fetch that has read the answer is not asked again, and nothing is sent for ever", async () => {
  Xhr.asked = [];
  const page = await flushed({}, async () => {
    const response = new Response('{"accepted":1}');
    await response.json();
    return response;
  });
  assert.equal((await page.flush).delivered, 1);
  page.tracker.sendFeatureEvent("g");
  await page.tracker.flush();
  assert.deepEqual([page.collector.requests.length, Xhr.asked.length], [1, 2]);
  page.close();
});

test("a fetch whose answers can never be read to their end is given up", async () => {
  Xhr.asked = [];
  const page = await flushed({}, () => {
    const response = new Response('{"accepted":1}');
    response.body.getReader();
    return response;
  });
  await until(
    () => page.tracker.stats().delivered === 1,
    () => pass(1_000),
  );
  assert.deepEqual([page.collector.requests.length, Xhr.asked.length], [3, 1]);
  page.close();
});

test("a signal that fetch would not take is not passed to it", async () => {
  const { AbortController } = globalThis;
  globalThis.AbortController = class {
    signal = { aborted: false };
    abort() {}
  };
  const page = await flushed({});
  globalThis.AbortController = AbortController;
  assert.equal((await page.flush).delivered, 1);
  assert.equal(page.collector.requests[0].init.signal, undefined);
  page.close();
});
