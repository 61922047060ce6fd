// What is reported about an unreachable collector, and what happens to the events.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pass } from "./support/clock.mjs";
import { flushed } from "./support/flushed.mjs";
import { Xhr } from "./support/xhr.mjs";

/** What is reported when the collector gives this answer for two minutes. */
async function complaint(settings, ...answers) {
  const page = await flushed(settings, ...answers);
  await pass(59_000);
  assert.deepEqual(page.problems, []);
  await pass(600_000);
  const { problems } = page;
  const stats = page.tracker.stats();
  page.close();
  assert.equal(problems.length, 1, "once");
  assert.equal(problems[0].code, "unreachable");
  assert.deepEqual([stats.pending, stats.dropped.total], [1, 0]);
  return problems[0].message;
}

test("a collector out of reach for a minute is told of once, with the likely cause", async () => {
  assert.match(await complaint({}, { status: 404 }), /answers 404/);
  assert.match(await complaint({}, { status: 403 }), /answers 403/);
  assert.match(await complaint({}, { status: 200, body: "<html>Sign in</html>" }), /sign-in/);
  assert.match(await complaint({}, () => Response.error()), /redirects/);
  assert.match(await complaint({}, { status: 0 }), /down, or something blocks it/);
  const withoutCors = (_, { mode }) => {
    if (mode === "no-cors") return Response.error();
    throw new TypeError("CORS");
  };
  assert.match(await complaint({}, async (url, init) => withoutCors(url, init)), /CORS/);
});

const NO_RESPONSE = () => "no Response";

test("an XHR without an answer is no redirect, and its events are kept", async () => {
  Xhr.answer = { status: 0, responseText: "" };
  assert.match(await complaint({}, NO_RESPONSE), /down, or something blocks it|CORS/);
  Xhr.answer = {};
});

test("an XHR that was led elsewhere is a redirect, and what is answered there confirms nothing", async () => {
  Xhr.answer = { responseURL: "http://elsewhere.test/v1/auth/api" };
  assert.match(await complaint({}, NO_RESPONSE), /redirects/);
  // The browser's spelling of the requested address counts as the same address.
  Xhr.answer = { responseURL: "http://collector.test/v1/auth/api" };
  const page = await flushed({ endpoint: "HTTP://Collector.test:80" }, NO_RESPONSE);
  assert.equal((await page.flush).delivered, 1);
  page.close();
  Xhr.answer = {};
});
