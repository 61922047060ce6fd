// Settings that cannot be: each is told by its name, and the default stands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS, na } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";
import * as wrong from "./support/wrong.mjs";

const { BAGS, BIGINT, BOOLEANS, FUNCTIONS, IDS, NO_ID, NULL, NUMBER, OBJECTS, PLAIN, SYMBOLS, TEXT, UNDEFINED, without } = wrong;

const NO_TEXT = [...OBJECTS, ...PLAIN, ...FUNCTIONS, ...SYMBOLS, ...BOOLEANS, ...wrong.NOT_FINITE, ...NUMBER, ...BIGINT];
const NO_FLAG = [...without(NO_TEXT, BOOLEANS), ...TEXT, ...NO_ID];
const NO_TIME = [...without(NO_TEXT, NUMBER), ...TEXT, ...NO_ID, ["zero", () => 0], ["less than nothing", () => -5]];
const NO_URL = [...NO_TEXT, ...TEXT, ["another protocol", () => "ftp://collector.test"], ["a script", () => "javascript:alert(1)"], ["a path", () => "/events"], ["a port too high", () => "https://collector.test:99999"], ["a host with a space", () => "https://a b.test"]];
const NO_TOKEN = [...NO_TEXT, ["more of a cookie", () => "a; domain=b"], ["a space", () => "a b"], ["an empty string", () => ""], ["a line", () => "a\nb"], ["half a surrogate pair", () => "\ud83e"], ["a hyphen first", () => "-na"]];
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
  endpoint: NO_URL,
  debugUrl: NO_URL,
  cookieDomain: NO_TOKEN,
  cookiePrefix: NO_TOKEN,
  persistence: NO_WORD,
  consent: NO_WORD,
  beforeSend: NO_HOOK,
  onError: NO_HOOK,
};

/** A tracker with these settings works, whatever they are. */
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

for (const [what, make] of BAGS) {
  test(`${what} in place of settings is told once, and the defaults are used`, async () => {
    const error = await works(make(), what);
    assert.match(error, /^natero: new na: settings must be a plain object; got .+\. The defaults are used\.$/);
    const { url } = collector.requests.at(-1);
    assert.equal(url, "https://events.natero.com/v1/auth/api");
  });
}

test("settings that throw while they are read are told once, and the defaults are used", async () => {
  const settings = {
    get endpoint() {
      throw new Error("from the page's own code");
    },
  };
  assert.match(await works(settings), /settings must be a plain object; got an object that throws/);
});

test("a setting that does not exist is told by its name, also one that every object has", async () => {
  for (const name of ["acountId", "constructor", "toString", "hasOwnProperty"]) {
    assert.match(await works({ ...REST, [name]: 1 }), new RegExp(`there is no setting called ${name}\\. It was ignored`));
  }
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
