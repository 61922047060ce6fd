// How the host reads a server's answers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { now, pass, until, WALL } from "./support/clock.mjs";
import { WELL } from "./support/collector.mjs";
import { flushed } from "./support/flushed.mjs";

test("a success is confirmed by JSON or an empty body, and by nothing else", async () => {
  for (const body of ['{"accepted":1}', "{}", "[]", "null", '"ok"', "", " \n"]) {
    const page = await flushed({}, { status: 200, body });
    assert.equal((await page.flush).delivered, 1, body);
    page.close();
  }
  for (const body of ["<!doctype html><title>Sign in</title>", "\n <?xml version='1.0'?><a/>", "Welcome", "{cut"]) {
    const page = await flushed({}, { status: 200, body }, WELL);
    assert.deepEqual(await page.flush, { delivered: 0, pending: 1, rejected: 0 }, body);
    await pass(1_000);
    assert.equal(page.tracker.stats().delivered, 1);
    page.close();
  }
});

test("an answer that is cut short confirms nothing", async () => {
  const cut = () => new Response(new ReadableStream({ start: (stream) => stream.error(new Error("cut")) }));
  const page = await flushed({}, cut, WELL);
  assert.equal((await page.flush).pending, 1);
  page.close();
});

test("what a prototype says is no answer of the server", async () => {
  Object.prototype.rejected = [{ line: 1, error: "of the page" }];
  try {
    const page = await flushed({}, { status: 200, body: "{}" });
    assert.deepEqual(await page.flush, { delivered: 1, pending: 0, rejected: 0 });
    page.close();
  } finally {
    delete Object.prototype.rejected;
  }
});

/** When the next request is sent after an answer with these headers. */
async function waited(headers) {
  const page = await flushed({}, { status: 503, headers }, WELL);
  const from = now;
  await until(
    () => page.collector.requests.length >= 2,
    () => pass(100),
  );
  page.close();
  return now - from;
}

test("Retry-After as a date is read against the answer's own Date", async () => {
  const at = (ms) => new Date(ms).toUTCString();
  const threeHours = 3 * 3_600_000;
  for (const clock of [-threeHours, 0, threeHours]) {
    const there = WALL + clock;
    const ms = await waited({ "retry-after": at(there + 60_000), date: at(there) });
    assert.ok(ms >= 60_000 && ms <= 75_100, `${clock}: ${ms}`);
  }
  const here = await waited({ "retry-after": at(WALL + now + 60_000) });
  assert.ok(here >= 59_000 && here <= 75_100, `${here}`);
});

test("Retry-After is digits, of a list the first item, or a date, and nothing else", async () => {
  for (const text of ["Infinity", "1e9", "0x200", "-5", "soon", "60s"]) {
    const ms = await waited({ "retry-after": text });
    assert.ok(ms < 5_000, `${text}: ${ms}`);
  }
  const ms = await waited({ "retry-after": "60, 3600" });
  assert.ok(ms >= 60_000 && ms <= 75_100, `${ms}`);
});

test("losses that a repeated message hides are reported when its second is over", async () => {
  const lost = [];
  const page = await flushed({ maxQueueBytes: 1, onError: ({ dropped }) => lost.push(dropped) }, WELL);
  for (let turn = 0; turn < 10; turn += 1) {
    page.tracker.sendFeatureEvent("f");
    await pass(1);
  }
  await pass(1_100);
  const sum = lost.reduce((one, other) => one + other, 0);
  assert.equal(sum, page.tracker.stats().dropped.overflow);
  assert.ok(lost.length >= 2 && lost.length <= 3, lost.join());
  page.close();
});

// Node 18 reads its own answers with functions that the page has replaced.
const isNode18 = process.versions.node.startsWith("18.");

test("what a page makes later of answers and their headers decides nothing", { skip: isNode18 }, async () => {
  const { text } = Response.prototype;
  const { get } = Headers.prototype;
  const page = await flushed({}, { status: 503, headers: { "retry-after": "60" } }, WELL);
  await page.flush;
  const throws = () => {
    throw new Error("of the page");
  };
  Response.prototype.text = throws;
  Headers.prototype.get = throws;
  try {
    await pass(59_000);
    assert.equal(page.collector.requests.length, 1);
    await pass(30_000);
    assert.equal(page.tracker.stats().delivered, 1);
  } finally {
    Response.prototype.text = text;
    Headers.prototype.get = get;
  }
  page.close();
});
