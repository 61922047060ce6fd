// Requests that nobody answers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pass } from "./support/clock.mjs";
import { flushed } from "./support/flushed.mjs";

test("a flush ends after shutdown though nobody answers, and its request is aborted", async () => {
  const page = await flushed({}, () => new Promise(() => {}));
  let result;
  page.flush.then((ended) => {
    result = ended;
  });
  page.tracker.shutdown();
  await pass(29_000);
  assert.equal(result, undefined);
  await pass(1_001);
  assert.deepEqual({ ...result }, { delivered: 0, pending: 1, rejected: 0 });
  assert.equal(page.collector.requests[0].init.signal.aborted, true);
  await pass(600_000);
  assert.equal(page.collector.requests.length, 1);
  page.close();
});
