// `natero-wasm/testing`, as the test of an app uses it.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, mock, test } from "node:test";
import { gzipSync } from "node:zlib";
import { entry, pkg } from "./support/package.mjs";

// The module must need neither of these.
const { WebAssembly } = globalThis;
delete globalThis.WebAssembly;
delete globalThis.fetch;

const { clear, events, expectEvent, expectNoEvent, heldEvents, na, problems, recordPage } = await import(
  entry("natero-wasm/testing")
);
const told = mock.method(console, "error", () => {});

afterEach(() => {
  clear();
  told.mock.resetCalls();
  mock.timers.reset();
});

const tracker = () => new na("api", "auth", { accountId: "acme", userId: "ann", endpoint: "/collect" });

test("a feature is an event at once, with what was set", async () => {
  const _na = tracker();
  _na.setProductId("studio");
  _na.setModuleId("reports");
  _na.sendFeatureEvent("export", { total: 3, details: { rows: 3, format: "csv" } });
  const event = expectEvent({ action: "feature", feature: "export" });
  assert.equal(event.account_id, "acme");
  assert.equal(event.user_id, "ann");
  assert.equal(event.product, "studio");
  assert.equal(event.module, "reports");
  assert.equal(event.total, 3);
  assert.deepEqual(event.details, { rows: 3, format: "csv" });
  assert.equal(await _na.ready, true);
  assert.deepEqual(await _na.flush(), { delivered: 1, pending: 0, rejected: 0 });
});

test("an event is found by values, patterns, functions, matchers and parts of its details", () => {
  tracker().sendFeatureEvent("export", { total: 3, details: { rows: 3, format: "csv" } });
  expectEvent({ feature: /^exp/, total: (total) => total > 2 });
  expectEvent({ details: { format: "csv" } });
  expectEvent({ total: { asymmetricMatch: (value) => typeof value === "number" } });
  expectEvent({ module: undefined });
  expectNoEvent({ feature: "exp" });
  expectNoEvent({ details: { format: "pdf" } });
});

test("what is missing is told beside what there is", () => {
  const _na = tracker();
  assert.throws(() => expectEvent({ feature: "export" }), {
    name: "AssertionError",
    message: 'expectEvent: expected an event with { feature: "export" }, and 0 had that. There was no event.',
  });
  _na.sendFeatureEvent("import", 2);
  assert.throws(
    () => expectEvent({ feature: "export" }),
    /There was one:\n {2}1\. feature .*feature: "import" total: 2/,
  );
  _na.sendFeatureEvent("import");
  expectEvent({ feature: "import" }, { times: 2 });
  assert.throws(() => expectEvent({ feature: "import" }, { times: 1 }), /expected 1 events .* and 2 had that/);
  assert.throws(() => expectNoEvent({ feature: "import" }), /There were 2:/);
});

test("none may be expected, and what is expected may be of any kind", () => {
  assert.equal(expectEvent({ feature: "none" }, { times: 0 }), undefined);
  tracker().sendFeatureEvent("one", { details: { rows: 1 } });
  assert.equal(expectEvent({ feature: "none" }, { times: 0 }), undefined);
  assert.throws(() => expectEvent({ feature: "one" }, { times: 0 }), /expected 0 events with .* and 1 had that/);
  const itself = {};
  itself.itself = itself;
  for (const [details, shown] of [
    [5n, "details: 5n"],
    [{ rows: 5n }, 'details: {"rows":"5n"}'],
    [{ rows: /5/ }, 'details: {"rows":"/5/"}'],
    [itself, "details: "],
    [undefined, "details: undefined"],
  ])
    assert.throws(
      () => expectEvent({ feature: "none", details }),
      ({ message }) => message.startsWith(`expectEvent: expected an event with { feature: "none", ${shown}`),
    );
});

test("events without an account wait, and a failure says so", () => {
  const _na = new na("api", "auth", { userId: "ann" });
  _na.sendFeatureEvent("export");
  assert.throws(() => expectEvent({ feature: "export" }), /Held, since accountId and userId are not both set/);
  assert.equal(heldEvents().length, 1);
  assert.equal(_na.stats().pending, 1);
  _na.setAccountId("acme");
  assert.equal(expectEvent({ feature: "export" }).account_id, "acme");
  assert.equal(_na.stats().pending, 0);
});

test("time in a module is that of the test's clock", () => {
  let now = 0;
  const clock = mock.method(performance, "now", () => now);
  const _na = tracker();
  _na.setModuleId("reports");
  now = 1500;
  _na.setModuleId("billing");
  clock.mock.restore();
  assert.equal(expectEvent({ action: "moduleEnd" }).time_spent, 1500);
  expectNoEvent({ action: "moduleEnd", module: "billing" });
});

test("consent and beforeSend decide as they do in a page", () => {
  const pending = new na("a", "b", { accountId: "acme", userId: "ann", consent: "pending" });
  pending.sendFeatureEvent("held");
  expectNoEvent({ feature: "held" });
  pending.optIn();
  expectEvent({ feature: "held" });
  pending.optOut();
  pending.sendFeatureEvent("denied");
  expectNoEvent({ feature: "denied" });
  assert.equal(pending.stats().dropped.consent, 1);

  const filtered = new na("c", "d", {
    accountId: "acme",
    userId: "ann",
    beforeSend: (event) => (event.feature === "secret" ? null : { ...event, feature: `${event.feature}!` }),
  });
  filtered.sendFeatureEvent("secret");
  filtered.sendFeatureEvent("open");
  expectEvent({ feature: "open!" }, { times: 1 });
  expectNoEvent({ feature: /secret/ });
});

test("wrong calls are refused in the words of the tracker", async () => {
  const onError = mock.fn();
  const _na = new na("api", "auth", { accountId: "acme", userId: "ann", onError });
  _na.sendFeatureEvent({});
  assert.match(
    problems()[0].message,
    /^sendFeatureEvent: feature must be a string of 1 to 256 characters; got an object/,
  );
  assert.equal(told.mock.callCount(), 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(onError.mock.callCount(), 1);
  assert.deepEqual(events(), []);

  const off = new na("", "auth");
  assert.equal(await off.ready, false);
  assert.match(problems()[1].message, /apiKey/);
});

test("a source is constructed again as another handle, and ends with the last", () => {
  const [first, second] = [tracker(), tracker()];
  first.setModuleId("reports");
  assert.equal(second.getModuleId(), "reports");
  first.shutdown();
  second.sendFeatureEvent("export");
  expectEvent({ feature: "export", module: "reports" });
  second.shutdown();
  second.sendFeatureEvent("late");
  expectNoEvent({ feature: "late" });
});

test("the next test begins anew", () => {
  tracker().setModuleId("reports");
  clear();
  assert.deepEqual(events(), []);
  assert.equal(tracker().getModuleId(), null);
});

test("require brings the same, for Jest", () => {
  const testing = createRequire(import.meta.url)(new URL("testing.cjs", pkg).pathname);
  assert.equal(testing.default, testing.na);
  new testing.na("api", "auth", { accountId: "acme", userId: "ann" }).sendFeatureEvent("export");
  testing.expectEvent({ feature: "export" });
});

/** A Playwright page, as far as it is used. */
class Page {
  answers = [];
  async route(url, handler) {
    Object.assign(this, { url, handler });
  }
  post(body, url = "https://usage.example.com/v1/auth/api") {
    return this.request("POST", body, url);
  }
  request(method, body, url) {
    return this.handler({
      request: () => ({ method: () => method, url: () => url, postDataBuffer: () => body }),
      fulfill: async (answer) => this.answers.push(answer),
      fallback: async () => this.answers.push("fallback"),
    });
  }
}

const line = (feature, event_id) => JSON.stringify({ action: "feature", feature, event_id });

test("what a page of Playwright sends is recorded, packed or not, once each", async () => {
  // Node needs it to decompress.
  globalThis.WebAssembly = WebAssembly;
  const page = new Page();
  const recorded = await recordPage(page);
  assert.match("https://usage.example.com/v1/auth/api", page.url);
  assert.doesNotMatch("https://app.example.com/v1/orders", page.url);
  const expected = recorded.expectEvent({ feature: "later" });
  await page.post(Buffer.from(`${line("export", "1")}\n${line("import", "2")}\n`));
  await page.post(gzipSync(`${line("export", "1")}\n${line("later", "3")}\n`));
  assert.equal((await expected).event_id, "3");
  assert.deepEqual(
    recorded.events().map(({ feature }) => feature),
    ["export", "import", "later"],
  );
  assert.deepEqual(
    page.answers.map(({ status, body }) => [status, body]),
    [
      [200, '{"accepted":2}'],
      [200, '{"accepted":2}'],
    ],
  );
  await assert.rejects(recorded.expectEvent({ feature: "never" }, { timeout: 1 }), /came within 1 ms. There were 3:/);
});

test("requests of the app that look like those of a tracker go where they would have gone", async () => {
  const page = new Page();
  const recorded = await recordPage(page);
  const url = "https://app.example.com/api/v1/users/5";
  assert.match(url, page.url);
  await page.request("GET", null, url);
  await page.request("GET", null, `${url}?asked=1`);
  for (const body of [
    '{"name":"x"}',
    "a=b",
    "[1]",
    "null",
    "",
    `${line("export", "1")}\n{"name":"x"}`,
    '{"event_id":5,"action":"feature"}',
    Buffer.from([0x1f, 0x8b, 1, 2]),
  ])
    await page.post(Buffer.from(body), url);
  await page.post(null, url);
  assert.deepEqual(recorded.events(), []);
  assert.deepEqual(page.answers, Array(11).fill("fallback"));
  page.answers = [];
  // A tracker first asks about events that were under way when their page went.
  await page.post(null, "https://usage.example.com/v1/auth/api?asked=1,2");
  // An event from which `beforeSend` has removed all fields.
  await page.post(Buffer.from('{"event_id":"1","seq":0}'));
  assert.deepEqual(
    page.answers.map(({ body }) => body),
    ['{"accepted":0}', '{"accepted":1}'],
  );
});

test("an address that contains a document is named and not sent, however it is written", () => {
  const sent = ["data:text/html,x", "da\nta:text/html,x", " \u0001BLOB:https://a.test/1", "https://a.test/data:x"];
  const page = tracker();
  for (const url of sent) page.trackPageView({ url });
  const views = events().filter(({ action }) => action === "pageView");
  assert.deepEqual(
    views.map(({ url }) => url),
    ["data:", "data:", "BLOB:", "https://a.test/data:x"],
  );
  page.shutdown();
});
