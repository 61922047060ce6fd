// What a page stores, and what it adopts from closed pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// A browser's storage and locks, as far as the storage of a page needs them.
globalThis.Storage = class {
  setItem(name, text) {
    this[name] = `${text}`;
  }
  removeItem(name) {
    delete this[name];
  }
};

/** Requested locks of parts that other pages left, and the callback for each. */
const requestedLocks = [];
/** What a request does in place of the browser. */
let replacedRequest;
globalThis.LockManager = class {
  request(name, _, granted) {
    if (!(this instanceof LockManager)) throw new TypeError("Illegal invocation");
    if (replacedRequest) return replacedRequest(name, granted);
    if (name.startsWith("q1.s.own")) return Promise.resolve(granted({}));
    return new Promise((resolve) => {
      requestedLocks.push({ name, granted: (lock) => resolve(granted(lock)) });
    });
  }
};
Object.defineProperty(globalThis, "navigator", { value: { locks: new LockManager() } });

globalThis.localStorage = new Storage();

/** Timers that were started and neither fired nor stopped, and the task of each. */
const timers = new Map();
globalThis.setTimeout = (task) => {
  const timer = Symbol();
  timers.set(timer, task);
  return timer;
};
globalThis.clearTimeout = (timer) => timers.delete(timer);

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../page/storage.ts", import.meta.url))],
  bundle: true,
  format: "esm",
  target: "es2022",
  write: false,
});
const { PageStorage } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

/** A page with a storage of its own, the inputs of its engine, and the engine's answers. */
function page(maxBytes = 1_000_000, adopted = () => {}, before = () => {}) {
  for (const name of Object.keys(localStorage)) localStorage.removeItem(name);
  requestedLocks.length = 0;
  const inputs = [];
  const early = {
    eventPrefix: "q1.s.",
    usedStorage: () => ({ bytes: Object.values(localStorage).reduce((sum, text) => sum + text.length, 0) }),
  };
  const storage = new PageStorage(
    (method, ...more) => {
      inputs.push([method, ...more]);
      if (method === "adopted") before(storage);
      if (method === "adopted" && more[0]) adopted(storage, more[0]);
    },
    early,
    maxBytes,
  );
  storage.claim("own");
  return { storage, inputs };
}

const LEFT = "q1.s.gone-1.1";

/** A page that looks for what other pages left, which is `records`. */
function looking(maxBytes, adopted, records = "2{orphan}\n") {
  const { storage, inputs } = page(maxBytes, adopted);
  localStorage.setItem(LEFT, records);
  storage.adopt();
  return { storage, inputs };
}

const granted = () => requestedLocks.splice(0).map((lock) => lock.granted({}));

test("what a closed page left is handed over and removed", () => {
  const { inputs } = looking(100, (storage, records) => storage.write(1, records));
  granted();
  assert.deepEqual(inputs.at(-1), ["adopted", "2{orphan}\n"]);
  assert.deepEqual({ ...localStorage }, { "q1.s.own-1.1": "2{orphan}\n" });
});

test("a page that has given up its part takes nothing over when the lock is granted", () => {
  const { storage, inputs } = looking(100, (storage, records) => storage.write(1, records));
  storage.close();
  granted();
  assert.deepEqual(inputs, []);
  assert.deepEqual({ ...localStorage }, { [LEFT]: "2{orphan}\n" });
});

test("what waits already is stored within the bound, though something is taken over", () => {
  let waits = true;
  const { storage, inputs } = page(20, undefined, (storage) => {
    // Like the buffer of calls, it executes what waits before the engine adopts anything.
    if (waits) storage.write(1, "2{own, too much}\n");
    waits = false;
  });
  localStorage.setItem(LEFT, "2{orphan}\n");
  storage.adopt();
  granted();
  assert.deepEqual(
    inputs.filter(([method]) => method === "writeFailed"),
    [["writeFailed", 1]],
  );
});

test("a segment that is written again as the page goes is counted once", () => {
  const { storage, inputs } = page(100);
  storage.write(1, "x".repeat(90));
  storage.close();
  storage.write(1, "y".repeat(85));
  assert.deepEqual(inputs, []);
  assert.deepEqual({ ...localStorage }, { "q1.s.own-1.1": "y".repeat(85) });
});

test("a page that comes back begins a part of its own, and tells of none that was there before", () => {
  const { storage, inputs } = page(100);
  storage.write(1, "before");
  storage.close();
  for (const name of Object.keys(localStorage)) localStorage.removeItem(name);
  storage.claim("again");
  storage.write(2, "after");
  storage.verify();
  assert.deepEqual(inputs, []);
  assert.deepEqual({ ...localStorage }, { "q1.s.again-2.2": "after" });
});

test("what is confirmed after a page has ended is removed", () => {
  const { storage } = page();
  storage.write(1, "sent");
  storage.close();
  storage.remove(1);
  assert.deepEqual({ ...localStorage }, {});
});

test("a lock that is held is requested once more, unless the page has given up its part by then", () => {
  const answer = (lock) => requestedLocks.shift().granted(lock);
  const isTaken = (inputs) => inputs.some(([, records]) => records === "2{orphan}\n");
  for (const [free, expected] of [
    [{}, true],
    [null, false],
  ]) {
    const { inputs } = looking(1_000);
    answer(null);
    assert.equal(requestedLocks.length, 0);
    const [[timer, again]] = timers;
    timers.delete(timer);
    again();
    answer(free);
    assert.equal(isTaken(inputs), expected);
    assert.equal(timers.size, 0, "once more, not for as long as it is held");
  }
  const asked = looking(1_000);
  answer(null);
  assert.equal(timers.size, 1);
  asked.storage.close();
  assert.equal(timers.size, 0);
  const asking = looking(1_000);
  asking.storage.close();
  answer(null);
  assert.equal(timers.size, 0);
});

test("without locks, a part is taken over unless its time stamp says that its page lives", async () => {
  const { locks } = navigator;
  navigator.locks = undefined;
  try {
    const hour = 3_600_000;
    for (const [stamp, isTaken] of [
      [undefined, true],
      ["edited", true],
      [Date.now() + hour, true],
      [Date.now() - hour, true],
      [Date.now(), false],
    ]) {
      const { storage, inputs } = page(1_000);
      localStorage.setItem(LEFT, "2{orphan}\n");
      if (stamp) localStorage.setItem("q1.s.gone-1.0", stamp);
      storage.adopt();
      await Promise.resolve();
      await Promise.resolve();
      assert.equal(
        inputs.some(([, records]) => records === "2{orphan}\n"),
        isTaken,
        `${stamp}`,
      );
    }
  } finally {
    navigator.locks = locks;
  }
});

const BROKEN = {
  "is refused": async () => {
    throw new DOMException("no locks", "SecurityError");
  },
  throws: () => {
    throw new TypeError("no locks");
  },
  "returns nothing": () => {},
  "returns something else": () => 7,
};

/** Runs the timers that have been started, and what follows from them. */
async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await undefined;
  for (const [timer, task] of timers) {
    timers.delete(timer);
    task();
  }
  for (let turn = 0; turn < 20; turn += 1) await undefined;
}

for (const [what, request] of Object.entries(BROKEN)) {
  test(`where the request of a lock ${what}, a part is taken over where its time stamp says that its page is closed`, async () => {
    for (const [stamp, isTaken] of [
      [Date.now() - 3_600_000, true],
      [Date.now(), false],
      // Its page has a lock.
      [undefined, false],
    ]) {
      replacedRequest = request;
      const { storage, inputs } = page(1_000);
      localStorage.setItem(LEFT, "2{orphan}\n");
      if (stamp) localStorage.setItem("q1.s.gone-1.0", stamp);
      storage.adopt();
      await settle();
      assert.equal(
        inputs.some(([, records]) => records === "2{orphan}\n"),
        isTaken,
        `${stamp}`,
      );
    }
  });

  test(`where the request of a lock ${what}, a page stores when it lived last, until locks work again`, async () => {
    replacedRequest = request;
    const { storage } = page(1_000);
    storage.write(1, "first");
    await settle();
    assert.ok(Number(localStorage["q1.s.own-1.0"]) > Date.now() - 1_000);
    storage.remove(1);
    replacedRequest = undefined;
    storage.write(2, "third");
    await settle();
    localStorage.removeItem("q1.s.own-2.0");
    storage.write(2, "fourth");
    assert.deepEqual({ ...localStorage }, { "q1.s.own-2.2": "fourth" });
  });
}
