// Invalid settings: each is reported by its name, and gets its default.

import assert from "node:assert/strict";
import { test } from "node:test";
import { na, SETTINGS } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";
import * as wrong from "./support/wrong.mjs";

const {
  BAGS,
  BIGINT,
  BOOLEANS,
  FUNCTIONS,
  IDS,
  NO_ID,
  NULL,
  NUMBER,
  OBJECTS,
  PLAIN,
  SYMBOLS,
  TEXT,
  UNDEFINED,
  without,
} = wrong;

const NO_TEXT = [
  ...OBJECTS,
  ...PLAIN,
  ...FUNCTIONS,
  ...SYMBOLS,
  ...BOOLEANS,
  ...wrong.NOT_FINITE,
  ...NUMBER,
  ...BIGINT,
];
const NO_FLAG = [...without(NO_TEXT, BOOLEANS), ...TEXT, ...NO_ID];
const NO_TIME = [...without(NO_TEXT, NUMBER), ...TEXT, ...NO_ID, ["zero", () => 0], ["less than nothing", () => -5]];
const NO_URL = [
  ...NO_TEXT,
  ...TEXT,
  ["another protocol", () => "ftp://collector.test"],
  ["a script", () => "javascript:alert(1)"],
  ["a path", () => "/events"],
  ["a port too high", () => "https://collector.test:99999"],
  ["a host with a space", () => "https://a b.test"],
];
const NO_TOKEN = [
  ...NO_TEXT,
  ["more of a cookie", () => "a; domain=b"],
  ["a space", () => "a b"],
  ["an empty string", () => ""],
  ["a line", () => "a\nb"],
  ["half a surrogate pair", () => "\ud83e"],
  ["a hyphen first", () => "-na"],
];
const NO_HOOK = [...without(NO_TEXT, FUNCTIONS), ...TEXT, ...NO_ID];
const NO_WORD = [...NO_TEXT, ...TEXT, ...NO_ID, ["another word", () => "disk"], ["its capital", () => "Granted"]];

const TABLE = {
  accountId: without(IDS, UNDEFINED),
  userId: without(IDS, UNDEFINED),
  trackUnload: NO_FLAG,
  trackPageViews: NO_FLAG,
  disableEventSend: NO_FLAG,
  debug: NO_FLAG,
  respectGpc: NO_FLAG,
  respectDnt: NO_FLAG,
  compress: NO_FLAG,
  sessionTimeout: NO_TIME,
  idleTimeout: NO_TIME,
  sessionSyncInterval: NO_TIME,
  flushInterval: NO_TIME,
  batchSize: NO_TIME,
  maxQueueBytes: NO_TIME,
  debugUrl: NO_URL,
  cookieDomain: NO_TOKEN,
  cookiePrefix: NO_TOKEN,
  persistence: NO_WORD,
  consent: NO_WORD,
  beforeSend: NO_HOOK,
  onError: NO_HOOK,
};

const NO_ENDPOINT = [
  ...NO_URL,
  ...UNDEFINED,
  ...NULL,
  ...NO_ID,
  ["a host alone", () => "usage.example.com"],
  ["a host and a port", () => "localhost:8088"],
  ["one slash", () => "http:/x"],
  ["no host", () => "https://"],
  ["a host of slashes", () => "https:///usage"],
  ["another host by two slashes", () => "//usage.example.com"],
  ["another host by a backslash", () => "/\\usage.example.com"],
  ["backslashes", () => "https:\\\\usage.example.com"],
  ["a query", () => "https://usage.example.com/?a=1"],
  ["a fragment", () => "https://usage.example.com/#a"],
  ["a user", () => "https://me:secret@usage.example.com"],
  ["a blank before", () => " https://usage.example.com"],
  ["the name of nothing", () => "undefined"],
];

/** Checks that a tracker with these settings works, whatever they are. */
async function works(settings, what) {
  const tracker = new na("api", "auth", settings);
  assert.equal(tracker.stats().dropped.invalid, 1, what);
  assert.equal(await tracker.ready, true, what);
  tracker.setAccountId("acme");
  tracker.setUserId("ann");
  tracker.sendFeatureEvent("f");
  await tracker.flush();
  assert.equal(tracker.stats().delivered, 1, what);
  tracker.shutdown();
  const errors = told.take();
  assert.equal(errors.length, 1, `${what}: ${errors.map((error) => error.slice(0, 200)).join("; ")}`);
  assert.deepEqual(unhandled, [], what);
  return errors[0];
}

const REST = { endpoint: SETTINGS.endpoint, compress: false };
const WHO = { accountId: "acme", userId: "ann" };

for (const [name, values] of Object.entries(TABLE)) {
  test(`${name} refuses every wrong value`, async () => {
    for (const [what, make] of values) {
      const error = await works({ ...REST, [name]: make() }, what);
      assert.match(error, new RegExp(`^natero: new na: ${name} must be .+; got .+\\. The default is used\\.$`), what);
    }
  });

  test(`${name} takes undefined and null for its default`, async () => {
    for (const [what, make] of [...UNDEFINED, ...NULL]) {
      await works({ ...REST, [name]: make(), another: 1 }, what).then((error) => assert.match(error, /another/));
    }
  });
}

test("one endpoint is one source, however it is written", async () => {
  const endpoints = ["https://usage.test/a", "HTTPS://Usage.TEST:443/a//", "https://usage.test/./b/../a"];
  const trackers = endpoints.map((endpoint) => new na("api", "auth", { ...REST, endpoint, ...WHO }));
  for (const tracker of trackers) tracker.sendFeatureEvent("f");
  await trackers[0].flush();
  assert.deepEqual(
    trackers.map((tracker) => tracker.stats().delivered),
    [3, 3, 3],
  );
  assert.equal(collector.requests.at(-1).url, "https://usage.test/a/v1/auth/api");
  for (const tracker of trackers) tracker.shutdown();
  told.take("warn");
});

/** Checks that a tracker with these settings is off, and reports that once. */
async function isOff(settings, what) {
  const before = collector.requests.length;
  const problems = [];
  const tracker = new na("api", "auth", { ...settings, onError: (problem) => problems.push(problem) });
  tracker.sendFeatureEvent("f");
  assert.equal(await tracker.ready, false, what);
  assert.deepEqual(await tracker.flush(), { delivered: 0, pending: 0, rejected: 0 }, what);
  const [error, ...more] = told.take();
  assert.deepEqual([more, problems.length, tracker.stats().dropped.invalid], [[], 1, 1], what);
  tracker.shutdown();
  assert.deepEqual([collector.requests.length, unhandled], [before, []], what);
  return error;
}

test("an endpoint that is given and is none turns the tracker off: nothing goes to somebody else", async () => {
  for (const [what, make] of NO_ENDPOINT) {
    assert.match(
      await isOff({ ...REST, endpoint: make() }, what),
      /^natero: new na: endpoint must be an http: or https: URL, or a path of this origin; got .+\. The tracker is off\.$/,
      what,
    );
  }
});

test("a path is an endpoint of the own origin, where there is one", async () => {
  assert.match(await isOff({ ...REST, endpoint: "/usage" }), /a path of this origin; got a string/);
  const page = { href: "https://page.test/page", origin: "" };
  globalThis.location = page;
  for (const [origin, endpoint, url] of [
    ["https://page.test", "/usage", "https://page.test/usage/v1/auth/api"],
    ["https://page.test", "/", "https://page.test/v1/auth/api"],
    ["https://page.test", "HTTPS://Usage.example.com/a/", "https://usage.example.com/a/v1/auth/api"],
    ["null", "http://[::1]:8088", "http://[::1]:8088/v1/auth/api"],
  ]) {
    page.origin = origin;
    const tracker = new na("api", "auth", { ...REST, endpoint, accountId: "a", userId: "u" });
    tracker.sendFeatureEvent("f");
    await tracker.ready;
    await tracker.flush();
    tracker.shutdown();
    assert.equal(collector.requests.at(-1).url, url);
  }
  for (const origin of ["null", "file://", ""]) {
    page.origin = origin;
    await isOff({ ...REST, endpoint: "/usage" }, origin);
  }
  delete globalThis.location;
  assert.deepEqual(told.take(), []);
});

test("what is no object in place of settings turns the tracker off: it may mean an endpoint", async () => {
  const addresses = ["https://usage.example.com", ["https://usage.example.com"], new URL("https://usage.example.com")];
  const module = Object.create(null, {
    [Symbol.toStringTag]: { value: "Module" },
    endpoint: { value: SETTINGS.endpoint, enumerable: true },
  });
  const bags = BAGS.filter(([name]) => !/proxy|throwing/.test(name)).map(([, make]) => make());
  for (const settings of [...addresses, module, ...bags]) {
    const before = collector.requests.length;
    const tracker = new na("api", "auth", settings);
    tracker.sendFeatureEvent("f");
    assert.equal(await tracker.ready, false);
    const [error, ...more] = told.take();
    assert.match(error, /^natero: new na: settings must be a plain object; got .+\. The tracker is off\.$/);
    assert.deepEqual([more, collector.requests.length], [[], before]);
    tracker.shutdown();
  }
});

test("settings that throw while they are read turn the tracker off: they may name an endpoint", async () => {
  const settings = {
    get endpoint() {
      throw new Error("from the page's own code");
    },
  };
  const tracker = new na("api", "auth", settings);
  assert.equal(await tracker.ready, false);
  const [error, ...more] = told.take();
  assert.match(error, /settings must be a plain object; got an object that throws\. The tracker is off\./);
  assert.deepEqual(more, []);
});

test("settings that are inherited or hidden turn the tracker off: nobody has read them", async () => {
  class Usage {
    get endpoint() {
      return SETTINGS.endpoint;
    }
    get consent() {
      return "denied";
    }
  }
  const hidden = Object.defineProperty({}, "endpoint", { value: SETTINGS.endpoint, enumerable: false });
  for (const [settings, names] of [
    [new Usage(), "endpoint consent"],
    [Object.create({ endpoint: SETTINGS.endpoint }), "endpoint"],
    [hidden, "endpoint"],
  ]) {
    const before = collector.requests.length;
    const tracker = new na("api", "auth", settings);
    tracker.sendFeatureEvent("f");
    assert.equal(await tracker.ready, false, names);
    assert.deepEqual(told.take(), [
      `natero: new na: settings inherit or hide ${names}, and only fields of their own are read. The tracker is off.`,
    ]);
    assert.deepEqual([collector.requests.length, tracker.stats().dropped.invalid], [before, 1]);
  }
});

test("what the page gives to all objects is no setting", async () => {
  Object.prototype.endpoint = "http://page.test";
  Object.prototype.consent = "denied";
  Object.prototype.settings = {};
  try {
    const tracker = new na("api", "auth", SETTINGS);
    assert.equal(await tracker.ready, true);
    tracker.sendFeatureEvent("f");
    assert.equal((await tracker.flush()).delivered, 1);
    assert.match(collector.requests.at(-1).url, /^http:\/\/collector\.test/);
    tracker.shutdown();
    assert.deepEqual(told.take(), []);
  } finally {
    for (const name of ["endpoint", "consent", "settings"]) delete Object.prototype[name];
  }
});

test("a setting that does not exist is told by its name, also one that every object has", async () => {
  for (const name of ["acountId", "constructor", "toString", "hasOwnProperty"]) {
    assert.match(
      await works({ ...REST, [name]: 1 }),
      new RegExp(`there is no setting called ${name}\\. It was ignored`),
    );
  }
});

test("an id that is too long is told as that", async () => {
  assert.match(
    await works({ ...REST, accountId: "x".repeat(257) }),
    /accountId must be a string of 1 to 256 characters; got a longer string/,
  );
});

test("each wrong setting is told by itself", async () => {
  const tracker = new na("api", "auth", { ...REST, debug: 1, batchSize: "2", consent: "yes" });
  assert.deepEqual(
    told.take().map((error) => error.match(/new na: (\w+)/)[1]),
    ["debug", "batchSize", "consent"],
  );
  assert.equal(tracker.stats().dropped.invalid, 3);
  assert.equal(await tracker.ready, true);
  tracker.shutdown();
});
