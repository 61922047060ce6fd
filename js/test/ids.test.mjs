// Unusual but valid ids: what is sent, and what the getters return.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Collector, Console, na, SETTINGS } from "./support/collector.mjs";

/** [the passed value, the expected id] */
const IDS = [
  ["plain", "plain"],
  ["  padded\t\n", "padded"],
  ["in  side", "in  side"],
  ["größer 日本語 🦀", "größer 日本語 🦀"],
  ["x".repeat(256), "x".repeat(256)],
  [` ${"x".repeat(256)} `, "x".repeat(256)],
  ["🦀".repeat(256), "🦀".repeat(256)],
  ["NUL\0within", "NULwithin"],
  ["half\ud83e", "half\ufffd"],
  ["\udd80half", "\ufffdhalf"],
  ['"quoted" \\ back', '"quoted" \\ back'],
  ["line\nend", "line\nend"],
  ["null", "null"],
  [0, "0"],
  [-0, "0"],
  [42, "42"],
  [-1.5, "-1.5"],
  [Number.MAX_SAFE_INTEGER, "9007199254740991"],
  [0n, "0"],
  [123456789012345678901234567890n, "123456789012345678901234567890"],
];

let collector;
let told;

before(() => {
  told = new Console();
});

after(() => {
  told.close();
});

for (const running of [true, false]) {
  test(`every method takes them${running ? "" : ", before the wasm is there too"}`, async () => {
    for (const [given, meant] of IDS) {
      collector = new Collector();
      const tracker = new na("api", "auth", SETTINGS);
      if (running) await tracker.ready;
      tracker.setAccountId(given);
      tracker.setUserId(given);
      tracker.setModuleId(given);
      tracker.setProductId(given);
      const getters = () => [
        tracker.getAccountId(),
        tracker.getUserId(),
        tracker.getModuleId(),
        tracker.getProductId(),
      ];
      assert.deepEqual(getters(), Array(4).fill(meant));
      await tracker.ready;
      assert.deepEqual(getters(), Array(4).fill(meant));
      tracker.sendFeatureEvent(given);
      tracker.sendFeatureEvent(given, 2);
      tracker.setModuleId("sticky");
      tracker.setProductId("sticky");
      tracker.sendFeatureEvent("f", { module: given, product: given });
      tracker.sendModuleEvent(given, 5, { product: given });
      tracker.identifyUser(given);
      tracker.identifyAccount(given);
      await tracker.flush();
      assert.deepEqual(told.take(), []);
      const own = collector.events.map(({ account_id, user_id, action, feature, module, product }) => [
        account_id,
        user_id,
        action,
        feature,
        module,
        product,
      ]);
      const m = meant;
      assert.deepEqual(own, [
        [m, m, "feature", m, m, m],
        [m, m, "feature", m, m, m],
        [m, m, "feature", "f", m, m],
        [m, m, "moduleEnd", undefined, m, m],
        [m, m, "identifyUser", undefined, undefined, undefined],
        [m, m, "identifyAccount", undefined, undefined, undefined],
      ]);
      tracker.shutdown();
      collector.close();
    }
  });
}

test("keys and the ids of the settings are taken likewise", async () => {
  for (const [given, meant] of IDS) {
    collector = new Collector();
    const tracker = new na(given, given, { ...SETTINGS, accountId: given, userId: given });
    assert.deepEqual([tracker.getAccountId(), tracker.getUserId()], [meant, meant]);
    assert.equal(await tracker.ready, true);
    assert.deepEqual([tracker.getAccountId(), tracker.getUserId()], [meant, meant]);
    tracker.sendFeatureEvent("f");
    await tracker.flush();
    const key = encodeURIComponent(meant);
    assert.equal(collector.requests[0].url, `http://collector.test/v1/${key}/${key}`);
    tracker.shutdown();
    collector.close();
    assert.deepEqual(told.take(), []);
  }
});

test("numbers of more digits than an id may have characters are none", async () => {
  collector = new Collector();
  const tracker = new na("api", "long numbers", SETTINGS);
  await tracker.ready;
  for (const id of [10n ** 256n, -(10n ** 255n), 1e300]) {
    tracker.setUserId(id);
    tracker.sendFeatureEvent(id);
    assert.deepEqual([tracker.getUserId(), told.take().length], ["ann", 2]);
  }
  tracker.setUserId(10n ** 255n);
  assert.equal(tracker.getUserId().length, 256);
  tracker.shutdown();
  collector.close();
});

test("null takes back what was set", async () => {
  collector = new Collector();
  for (const running of [true, false]) {
    const tracker = new na("api", "auth", SETTINGS);
    if (running) await tracker.ready;
    for (const what of ["AccountId", "UserId", "ModuleId", "ProductId"]) {
      tracker[`set${what}`]("x");
      tracker[`set${what}`](null);
      assert.equal(tracker[`get${what}`](), null);
    }
    await tracker.ready;
    for (const what of ["AccountId", "UserId", "ModuleId", "ProductId"]) assert.equal(tracker[`get${what}`](), null);
    tracker.shutdown();
  }
  collector.close();
});
