// How details are sent, to the byte.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import vm from "node:vm";
import { Collector, Console, na, SETTINGS } from "./support/collector.mjs";

let collector;
let told;
let tracker;

before(async () => {
  told = new Console();
  tracker = new na("api", "auth", SETTINGS);
  await tracker.ready;
});

beforeEach(() => {
  collector?.close();
  collector = new Collector();
});

after(() => {
  tracker.shutdown();
  told.close();
  collector.close();
});

/** The details as they arrive. */
async function arrived(details) {
  tracker.sendFeatureEvent("f", { details });
  await tracker.flush();
  assert.deepEqual(told.take(), []);
  assert.equal(collector.events.length, 1);
  return collector.events[0].details;
}

test("the three ways to pass details are one", async () => {
  const details = { when: new Date(0), many: 12n };
  tracker.sendFeatureEvent("f", { details });
  tracker.identifyUser("ann", details);
  tracker.identifyAccount("acme", details);
  await tracker.flush();
  const plain = { when: "1970-01-01T00:00:00.000Z", many: "12" };
  assert.deepEqual(
    collector.events.map((event) => [event.action, event.details]),
    ["feature", "identifyUser", "identifyAccount"].map((action) => [action, plain]),
  );
});

test("plain data arrives as it is", async () => {
  const details = {
    text: 'größer "🦀"\n\u2028',
    zero: 0,
    half: -0.5,
    huge: 1e300,
    yes: true,
    no: false,
    nothing: null,
    list: [1, ["a"], {}],
    deep: { a: { b: {} } },
    "": "empty key",
  };
  assert.deepEqual(await arrived(details), details);
});

test("dates become ISO strings, bigints decimal strings, what is not finite null", async () => {
  const details = {
    date: new Date(1_700_000_000_123),
    wrong: new Date(Number.NaN),
    big: 123456789012345678901234567890n,
    negative: -1n,
    nan: Number.NaN,
    up: Infinity,
    down: -Infinity,
    list: [new Date(0), 1n, Number.NaN],
  };
  assert.deepEqual(await arrived(details), {
    date: "2023-11-14T22:13:20.123Z",
    wrong: null,
    big: "123456789012345678901234567890",
    negative: "-1",
    nan: null,
    up: null,
    down: null,
    list: ["1970-01-01T00:00:00.000Z", "1", null],
  });
});

test("a date of another realm is a date", async () => {
  assert.deepEqual(await arrived({ date: vm.runInNewContext("new Date(0)") }), { date: "1970-01-01T00:00:00.000Z" });
});

test("functions, symbols and undefined are left out, and leave null in a list", async () => {
  const details = {
    f: () => 1,
    s: Symbol("s"),
    u: undefined,
    [Symbol("key")]: 1,
    kept: 1,
    list: [() => 1, Symbol("s"), undefined, 1],
  };
  assert.deepEqual(await arrived(details), { kept: 1, list: [null, null, null, 1] });
});

test("a cycle costs its own key alone", async () => {
  const details = { a: 1, inner: { b: 2 }, list: [1] };
  details.self = details;
  details.inner.up = details;
  details.inner.self = details.inner;
  details.list.push(details.list);
  details.z = 26;
  assert.deepEqual(await arrived(details), { a: 1, inner: { b: 2 }, list: [1, null], z: 26 });
});

test("what is there twice without a cycle arrives twice", async () => {
  const shared = { a: 1 };
  assert.deepEqual(await arrived({ one: shared, two: shared, list: [shared, shared] }), {
    one: shared,
    two: shared,
    list: [shared, shared],
  });
});

test("a getter, a conversion or a proxy that throws costs its own key alone", async () => {
  const throws = () => {
    throw new Error("from the page's own code");
  };
  const traps = Object.fromEntries(
    Reflect.ownKeys(Reflect)
      .filter((name) => typeof Reflect[name] === "function")
      .map((name) => [name, throws]),
  );
  const date = new Date(0);
  date.toISOString = throws;
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  const details = {
    a: 1,
    get thrower() {
      return throws();
    },
    inner: {
      b: 2,
      get thrower() {
        return throws();
      },
    },
    proxy: new Proxy({}, traps),
    revoked: revocable.proxy,
    date,
    z: 26,
  };
  assert.deepEqual(await arrived(details), { a: 1, inner: { b: 2 }, date: "1970-01-01T00:00:00.000Z", z: 26 });
});

test("an item of a list that throws leaves null, and what cannot be a text names nothing in a map", async () => {
  const list = [1, 2, 3];
  Object.defineProperty(list, 1, {
    get() {
      throw new Error("from the page's own code");
    },
  });
  const map = new Map([
    ["a", 1],
    [Symbol("s"), 2],
    [Object.create(null), 3],
    ["z", 4],
  ]);
  assert.deepEqual(await arrived({ list, map }), { list: [1, null, 3], map: { a: 1, z: 4 } });
});

test("fields that are left out take no room", async () => {
  const names = Array.from({ length: 1_000 }, (_, at) => `a name of a field that is left out ${at}`);
  const details = Object.fromEntries(names.map((name) => [name, undefined]));
  assert.deepEqual(await arrived({ ...details, a: 1 }), { a: 1 });
});

test("an object with a toJSON of its own becomes what that says, once", async () => {
  class Money {
    amount = 5;
    toJSON() {
      return { cents: this.amount * 100, at: new Date(0), again: { toJSON: () => "asked" }, toJSON: () => "twice" };
    }
  }
  const cents = { cents: 500, at: "1970-01-01T00:00:00.000Z", again: "asked" };
  const throwing = () => {
    throw new Error("from the page's own code");
  };
  const details = {
    money: new Money(),
    list: [new Money()],
    own: { a: 1, toJSON: () => 7 },
    text: { toJSON: "is a field" },
    thrower: { toJSON: throwing },
    nothing: { toJSON: () => undefined },
  };
  assert.deepEqual(await arrived(details), {
    money: cents,
    list: [cents],
    own: 7,
    text: { toJSON: "is a field" },
  });
  collector.requests.length = 0;
  assert.deepEqual(await arrived({ a: 1, toJSON: () => ({ b: 2 }) }), { b: 2 });
});

test("URLs, errors, maps and sets become texts, objects and lists, also those of another realm", async () => {
  const cyclic = new Map([["a", 1]]);
  cyclic.set("self", cyclic);
  const values = () => ({
    url: new URL("https://page.test/a?b#c"),
    error: Object.assign(new TypeError("no such thing"), { secret: "kept back" }),
    silent: new Error(),
    map: new Map([
      ["a", new Date(0)],
      [1, new Set([1n])],
      ["__proto__", 2],
    ]),
    set: new Set(["a", new Map([["b", [1]]])]),
  });
  const { map, ...rest } = await arrived({ ...values(), cyclic });
  assert.deepEqual(rest, {
    url: "https://page.test/a?b#c",
    error: "TypeError: no such thing",
    silent: "Error",
    set: ["a", { b: [1] }],
    cyclic: { a: 1 },
  });
  assert.equal(map.a, "1970-01-01T00:00:00.000Z");
  assert.deepEqual(map[1], ["1"]);
  collector.requests.length = 0;
  const foreign = vm.runInNewContext(`({
    error: new RangeError("far"), map: new Map([["a", 1]]), set: new Set([1]) })`);
  assert.deepEqual(await arrived({ foreign }), { foreign: { error: "RangeError: far", map: { a: 1 }, set: [1] } });
  assert.deepEqual(told.take(), []);
});

test("a toJSON that an old library gives to everything is not asked", async () => {
  const details = { list: [1, ["a"]], deep: { date: new Date(0) } };
  const types = [Array, Object, Date, String, Number];
  for (const { prototype } of types) {
    Object.defineProperty(prototype, "toJSON", {
      configurable: true,
      writable: true,
      value() {
        return `text of ${String(this)}`;
      },
    });
  }
  const { toJSON } = Date.prototype;
  try {
    tracker.sendFeatureEvent("f", { details });
    await tracker.flush();
  } finally {
    for (const { prototype } of types) if (prototype.toJSON !== toJSON) delete prototype.toJSON;
  }
  const sent = JSON.parse(collector.requests[0].init.body.split("\n")[0]).details;
  assert.deepEqual(sent, { list: [1, ["a"]], deep: { date: "1970-01-01T00:00:00.000Z" } });
});

test("a toJSON that everything is given after the call is not asked either", async () => {
  const details = () => ({ a: { b: [1, { c: 2 }] } });
  const early = new na("api", "early", SETTINGS);
  early.sendFeatureEvent("f", { details: details() });
  tracker.sendFeatureEvent("f", { details: details() });
  Object.prototype.toJSON = () => "bad";
  try {
    await early.ready;
    await early.flush();
    await tracker.flush();
  } finally {
    delete Object.prototype.toJSON;
  }
  assert.deepEqual(
    collector.events.map((event) => event.details),
    [details(), details()],
  );
  early.shutdown();
});

test("what inheritance brings is left out, and a key called __proto__ is a key", async () => {
  const details = JSON.parse('{"__proto__":{"a":1},"own":1}');
  const inherited = Object.assign(Object.create({ inherited: 1 }), details);
  tracker.sendFeatureEvent("f", { details: inherited });
  await tracker.flush();
  assert.match(collector.requests[0].init.body, /"details":\{("__proto__":\{"a":1\},)?"own":1\}/);
  assert.equal(collector.events[0].details.inherited, undefined);
  collector.requests.length = 0;
  tracker.sendFeatureEvent("f", { details });
  await tracker.flush();
  assert.match(collector.requests[0].init.body, /"details":\{"__proto__":\{"a":1\},"own":1\}/);
});

test("half a surrogate pair becomes the replacement character, in keys too", async () => {
  assert.deepEqual(await arrived({ "k\ud83e": "v\udd80", whole: "🦀" }), { "k\ufffd": "v\ufffd", whole: "🦀" });
});

test("what is too deep is cut off, without a word", async () => {
  let deep = {};
  for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
  let cut = await arrived({ deep, a: 1 });
  assert.equal(cut.a, 1);
  let depth = 0;
  while (cut.deep) {
    cut = cut.deep;
    depth += 1;
  }
  assert.ok(depth >= 60 && depth < 100, String(depth));
});

test("details of exactly 16 KiB pass, and one byte more is refused", async () => {
  for (const [letter, bytes] of [
    ["x", 1],
    ["ü", 2],
    ['"', 2],
    ["🦀", 4],
  ]) {
    collector.requests.length = 0;
    const room = 16_384 - '{"t":""}'.length;
    const most = { t: letter.repeat(Math.floor(room / bytes)) + "x".repeat(room % bytes) };
    assert.equal(Buffer.byteLength(JSON.stringify(most)), 16_384);
    assert.deepEqual(await arrived(most), most);
    tracker.sendFeatureEvent("f", { details: { t: `${most.t}x` } });
    const [error, ...more] = told.take();
    assert.match(error, /sendFeatureEvent: details must be a plain object of at most 16 KiB as JSON; got more/);
    assert.deepEqual(more, []);
  }
});

test("details that are far too large are refused without being walked to their end", () => {
  let read = 0;
  const endless = () =>
    new Proxy(
      {},
      {
        ownKeys: () => ["a", "b"],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (_, key) => {
          if (typeof key === "symbol") return;
          read += 1;
          return endless();
        },
      },
    );
  for (const details of [
    endless(),
    { t: "x".repeat(10_000_000) },
    { list: Array(1_000_000).fill("x") },
    { ["k".repeat(20_000)]: 1 },
  ]) {
    tracker.sendFeatureEvent("f", { details });
    assert.equal(told.take().length, 1);
  }
  assert.ok(read < 50_000, String(read));
});

test("empty details are sent as they are, and none are left out", async () => {
  assert.deepEqual(await arrived({}), {});
  collector.requests.length = 0;
  assert.equal(await arrived(null), undefined);
  collector.requests.length = 0;
  assert.equal(await arrived(undefined), undefined);
});

test("an object is read once, at the call: what the page does later changes nothing", async () => {
  let reads = 0;
  const details = {
    list: [1],
    get a() {
      reads += 1;
      return reads;
    },
  };
  tracker.sendFeatureEvent("f", { details });
  details.list.push(2);
  await tracker.flush();
  assert.deepEqual([collector.events[0].details, reads], [{ list: [1], a: 1 }, 1]);
});

for (const [what, large] of Object.entries({
  "a typed array": () => new Uint8Array(50_000_000),
  "a list": () => new Array(50_000_000),
  "a map": () => new Map(Array.from({ length: 1_000_000 }, (_, at) => [at, at])),
  "a set": () => new Set(Array.from({ length: 1_000_000 }, (_, at) => at)),
})) {
  test(`${what} that is far too large is refused before it is copied`, () => {
    const value = large();
    const begin = process.cpuUsage();
    tracker.sendFeatureEvent("f", { details: { a: 1, inner: { value } } });
    const { user, system } = process.cpuUsage(begin);
    assert.match(told.take()[0], /details must be a plain object of at most 16 KiB as JSON; got more/);
    assert.ok(user + system < 200_000, `it took ${user + system} µs`);
  });
}

test("an object of far too many fields is refused without a copy", () => {
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`key ${at}`, at]));
  let read = 0;
  const counted = new Proxy(many, {
    get: (target, name) => {
      read += 1;
      return target[name];
    },
  });
  tracker.sendFeatureEvent("f", { details: { counted } });
  assert.match(told.take()[0], /got more/);
  assert.ok(read < 16_384, `${read} fields were read`);
});

test("small typed arrays, maps and sets arrive", async () => {
  assert.deepEqual(await arrived({ bytes: new Uint8Array([1, 2]), map: new Map([["a", 1]]), set: new Set(["b"]) }), {
    bytes: { 0: 1, 1: 2 },
    map: { a: 1 },
    set: ["b"],
  });
});

test("an object that only claims to be a date, a map or a set is what else it is", async () => {
  const claimed = (kind, rest) => Object.defineProperty({ ...rest }, Symbol.toStringTag, { value: kind });
  class ObservableMap {
    get [Symbol.toStringTag]() {
      return "Map";
    }
    toJSON() {
      return [["a", 1]];
    }
  }
  assert.deepEqual(
    await arrived({
      map: new ObservableMap(),
      set: claimed("Set", { b: 2 }),
      date: claimed("Date", { c: 3 }),
    }),
    { map: [["a", 1]], set: { b: 2 }, date: { c: 3 } },
  );
});

test("any number of fields that are left out takes no room", async () => {
  const details = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`field${at}`, undefined]));
  assert.deepEqual(await arrived({ ...details, kept: 1 }), { kept: 1 });
});
