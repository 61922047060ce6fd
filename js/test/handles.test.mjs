// A page has one tracker per source, however often it is constructed, and by however many copies of the library.

import assert from "node:assert/strict";
import { test } from "node:test";
import { na, SETTINGS } from "./support/collector.mjs";
import { collector, told, unhandled } from "./support/host.mjs";
import { entry } from "./support/package.mjs";

await import(entry("natero-wasm/natero.global.js"));
const other = globalThis.na;

const { accountId: _account, userId: _user, ...SAME } = SETTINGS;

const sent = () => collector.requests.splice(0).flatMap(({ events }) => events);

for (const [name, Second] of Object.entries({ "the same copy": na, "another copy": other })) {
  test(`a source that ${name} constructs again has one tracker, until the last handle is shut down`, async () => {
    const one = new na("api", "auth", SETTINGS);
    const two = new Second("api", "auth", SETTINGS);
    assert.notEqual(one, two);
    assert.ok(one instanceof na);
    assert.deepEqual([await one.ready, await two.ready], [true, true]);
    assert.equal(one.getSessionId(), two.getSessionId());
    one.setModuleId("reports");
    assert.equal(two.getModuleId(), "reports");
    one.shutdown();
    one.sendFeatureEvent("late");
    assert.match(told.take()[0], /sendFeatureEvent: the tracker was shut down/);
    one.shutdown();
    assert.match(told.take()[0], /shutdown: the tracker was shut down/);
    two.sendFeatureEvent("on");
    await two.flush();
    const three = new na("api", "auth", SETTINGS);
    two.shutdown();
    three.sendFeatureEvent("still on");
    await three.flush();
    const events = sent();
    assert.deepEqual(
      events.map(({ feature, seq }) => [feature, seq]),
      [
        ["on", 0],
        ["still on", 1],
      ],
    );
    three.shutdown();
    const next = new Second("api", "auth", SETTINGS);
    await next.ready;
    assert.equal(next.getModuleId(), null);
    next.sendFeatureEvent("anew");
    await next.flush();
    assert.notEqual(sent()[0].stream_id, events[0].stream_id);
    next.shutdown();
    assert.deepEqual([told.take(), told.take("warn"), unhandled], [[], [], []]);
  });

  test(`ids that ${name} passes later are set, and other settings are warned of once`, async () => {
    const onError = () => {};
    const one = new na("api", "auth", { ...SETTINGS, onError: () => {} });
    await one.ready;
    const handles = [one];
    const again = (settings) => handles.push(new Second("api", "auth", settings));
    again({ ...SETTINGS, userId: undefined, accountId: null, onError });
    assert.deepEqual([one.getAccountId(), one.getUserId()], ["acme", "ann"]);
    again({ ...SETTINGS, accountId: "globex", userId: " bea " });
    assert.deepEqual([one.getAccountId(), one.getUserId()], ["globex", "bea"]);
    assert.deepEqual(told.take("warn"), [], "a user of another account is no account that changes");
    again({ ...SAME, batchSize: 5, idleTimeout: 60_000, beforeSend: (event) => event });
    const [warning, ...more] = told.take("warn");
    assert.match(warning, /other settings already, which stand: batchSize beforeSend\.$/);
    again({ ...SAME, batchSize: 6 });
    assert.deepEqual([more, told.take("warn"), told.take()], [[], [], []]);
    again({ ...SAME, userId: {} });
    assert.equal(told.take().length, 1);
    assert.equal(one.getUserId(), "bea");
    for (const handle of handles) handle.shutdown();
  });
}

test("the settings of every construction before the engine has loaded are checked and compared", async () => {
  const handles = [na, na, na].map(
    (Handle, at) => new Handle("api", "several", { ...SETTINGS, ...[{}, { batchSize: 7, foo: 1 }, {}][at] }),
  );
  await handles[0].ready;
  assert.match(told.take("warn").join(), /other settings already, which stand: batchSize\.$/);
  assert.match(told.take().join(), /there is no setting called foo/);
  assert.equal(handles[0].stats().dropped.invalid, 1);
  for (const handle of handles) handle.shutdown();
});

test("settings of a later construction are checked, and an endpoint is the same however it is written", async () => {
  const one = new na("api", "checked", SETTINGS);
  await one.ready;
  const { invalid } = one.stats().dropped;
  const handles = [one, new na("api", "checked", { ...SETTINGS, endpoint: `${SETTINGS.endpoint}/` })];
  assert.deepEqual([told.take("warn"), told.take()], [[], []]);
  handles.push(new na("api", "checked", { ...SETTINGS, batchSize: "5", foo: 1 }));
  assert.deepEqual(told.take("warn"), []);
  const errors = told.take();
  assert.match(errors[0], /new na: batchSize must be a number above 0; got a string/);
  assert.match(errors[1], /there is no setting called foo/);
  assert.equal(one.stats().dropped.invalid, invalid + 2);
  for (const handle of handles) handle.shutdown();
});

for (const [what, settings] of [
  ["no settings", undefined],
  ["null", null],
  ["an empty object", {}],
]) {
  test(`a source that is constructed again with ${what} warns of nothing`, async () => {
    const handles = [na, na, other].map((Handle) => new Handle("api", what, settings));
    assert.equal(await handles[0].ready, true);
    handles.push(new na("api", what, settings), new other("api", what, settings));
    assert.deepEqual(told.take("warn"), []);
    for (const handle of handles) handle.shutdown();
    told.take();
  });
}

test("what a framework takes down and puts up again within a task, before the wasm is there, is one tracker", async () => {
  const source = ["api", "strict"];
  const one = new na(...source, SETTINGS);
  one.sendFeatureEvent("mounted");
  one.shutdown();
  const two = new na(...source, SETTINGS);
  two.sendFeatureEvent("mounted again");
  assert.equal(await two.ready, true);
  await two.flush();
  const events = sent();
  assert.deepEqual(
    events.map(({ feature }) => feature),
    ["mounted", "mounted again"],
  );
  assert.equal(events[0].stream_id, events[1].stream_id);
  one.sendFeatureEvent("late");
  assert.equal(told.take().length, 1);
  two.shutdown();
});

test("other keys and other endpoints are other sources", async () => {
  const made = [
    new na("a", "b", SETTINGS),
    new na("b", "a", SETTINGS),
    new na("a", "b", { ...SETTINGS, endpoint: `${SETTINGS.endpoint}/elsewhere` }),
  ];
  for (const tracker of made) assert.equal(await tracker.ready, true);
  made[0].setModuleId("one");
  assert.deepEqual([made[1].getModuleId(), made[2].getModuleId()], [null, null]);
  for (const tracker of made) tracker.shutdown();
  assert.deepEqual([told.take(), told.take("warn")], [[], []]);
});
