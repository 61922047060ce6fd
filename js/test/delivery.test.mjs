// What the host makes of answers, and of answers that do not come.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as reallyPass } from "node:timers/promises";

// The clock of the page, which goes on when it is told to: taken by the library when it is loaded.
let now = 1_000;
let timers = [];
globalThis.setTimeout = (task, ms) => {
  const timer = { task, at: now + ms };
  timers.push(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  timers = timers.filter((other) => other !== timer);
};
Performance.prototype.now = () => now;
const WALL = Date.parse("2026-11-29T12:00:00Z");
Date.now = () => WALL + now;

/** Another way to ask a server than `fetch`. */
class Xhr {
  static asked = [];
  static answer = {};
  open(method, url) {
    this.target = `${method} ${url}`;
  }
  send(body) {
    Xhr.asked.push({ target: this.target, body });
    Object.assign(this, { status: 200, responseText: '{"accepted":1}' }, Xhr.answer);
    queueMicrotask(() => this.onloadend());
  }
  getResponseHeader() {
    return null;
  }
}
globalThis.XMLHttpRequest = Xhr;

const { anew, Collector, Console, SETTINGS, settled, WELL } = await import("./support/collector.mjs");

/** Lets time pass, timer by timer. */
async function pass(ms) {
  const end = now + ms;
  await settled();
  for (;;) {
    const [next] = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    if (!next) break;
    timers = timers.filter((other) => other !== next);
    now = Math.max(now, next.at);
    next.task();
    await settled();
    await settled();
  }
  now = end;
}

/** Waits for something, step by step, and not for ever. */
async function until(holds, step) {
  for (let steps = 0; !holds(); steps += 1) {
    assert.ok(steps < 10_000, `it never comes to be: ${holds}`);
    await step();
  }
}

let told;

before(() => {
  told = new Console();
});

after(() => told.close());

/** A page of its own that has made one feature and flushed it. */
async function flushed(settings, ...answers) {
  const collector = new Collector(...answers);
  const na = await anew();
  const problems = [];
  const tracker = new na("api", "auth", { ...SETTINGS, onError: (problem) => problems.push(problem), ...settings });
  await tracker.ready;
  tracker.sendFeatureEvent("f", { details: { text: "x".repeat(3_000) } });
  const flush = tracker.flush();
  await settled();
  await settled();
  const close = () => {
    tracker.shutdown();
    collector.close();
    told.take();
    told.take("log");
  };
  return { tracker, collector, problems, flush, close };
}

const encodings = ({ requests }) => requests.map(({ init }) => init.headers?.["content-encoding"]);

for (const status of [0, 400, 403, 406, 411, 415, 422, 501]) {
  test(`a packed body that is answered ${status || "by nobody"} is sent again as it is, and so are all after it`, async () => {
    const page = await flushed({ compress: true }, { status, body: "no" }, WELL);
    await until(
      () => page.collector.requests.length >= 2,
      () => pass(1),
    );
    await page.flush;
    assert.deepEqual(encodings(page.collector), ["gzip", undefined]);
    assert.deepEqual(page.collector.requests[0].events, page.collector.requests[1].events);
    assert.equal(page.tracker.stats().delivered, 1);
    page.tracker.sendFeatureEvent("g", { details: { text: "x".repeat(3_000) } });
    await page.tracker.flush();
    assert.deepEqual(encodings(page.collector), ["gzip", undefined, undefined]);
    assert.deepEqual(page.problems, []);
    page.close();
  });
}

test("a body that is refused as it is, too, is judged by that", async () => {
  const page = await flushed({ compress: true }, { status: 403 }, { status: 422, body: '{"error":"no such event"}' });
  assert.deepEqual(await page.flush, { delivered: 0, pending: 0, rejected: 1 });
  assert.equal(page.problems[0].code, "rejected");
  assert.match(page.problems[0].message, /422, no such event/);
  page.close();
});

test("a failing server is no reason to send bodies as they are", async () => {
  const page = await flushed({ compress: true }, { status: 503 }, WELL);
  await page.flush;
  await pass(1_000);
  // Compressing takes no time of the page's clock.
  await until(() => page.collector.requests.length >= 2, settled);
  assert.deepEqual(encodings(page.collector), ["gzip", "gzip"]);
  page.close();
});

/** Makes one event after the other, each of which is delivered before the next. */
async function deliver(page, names) {
  for (const name of names) {
    const { delivered } = page.tracker.stats();
    page.tracker.sendFeatureEvent(name, { details: { text: "x".repeat(3_000) } });
    page.tracker.flush();
    await until(
      () => page.tracker.stats().delivered > delivered,
      async () => {
        // To compress takes real time, of which the page's clock must not run ahead.
        await reallyPass(1);
        await pass(50);
      },
    );
  }
}

for (const status of [404, 405, 409, 417, 429, 500, 502, 503]) {
  test(`where ${status} answers packed bodies alone, they go as they are from the second trial on`, async () => {
    const page = await flushed({ compress: true }, (_, { headers }) =>
      headers ? new Response("no", { status }) : new Response('{"accepted":1}'),
    );
    await deliver(page, ["g", "h", "i"]);
    const [first, second] = [Array(3).fill("gzip"), ["gzip"]];
    assert.deepEqual(encodings(page.collector).slice(0, 6), [...first, undefined, ...second, undefined]);
    assert.deepEqual(new Set(encodings(page.collector).slice(6)), new Set([undefined]));
    assert.deepEqual([page.problems, page.tracker.stats().dropped.total], [[], 0]);
    page.close();
  });
}

test("after a server has failed for long, bodies are packed as before", async () => {
  const failures = Array(6).fill({ status: 502 });
  const page = await flushed({ compress: true }, ...failures, WELL);
  await deliver(page, ["g", "h", "i"]);
  assert.deepEqual(encodings(page.collector).slice(-3), Array(3).fill("gzip"));
  page.close();
});

test("a compression that never comes to an end costs one request", async () => {
  const { CompressionStream } = globalThis;
  globalThis.CompressionStream = class {
    readable = new ReadableStream();
    writable = new WritableStream({ write: () => new Promise(() => {}) });
  };
  const page = await flushed({ compress: true });
  globalThis.CompressionStream = CompressionStream;
  await until(
    () => page.tracker.stats().delivered === 1,
    () => pass(1_000),
  );
  assert.ok(now < 1_000_000 && page.collector.requests.length === 1);
  assert.deepEqual(encodings(page.collector), [undefined]);
  page.close();
});

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

test("requests carry credentials on the own origin alone, and follow no redirect", async () => {
  const page = await flushed({});
  const { credentials, redirect, method } = page.collector.requests[0].init;
  assert.deepEqual([credentials, redirect, method], ["same-origin", "manual", "POST"]);
  page.close();
});

test("a request that hangs is aborted after 30 s and made again", async () => {
  const hang = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const page = await flushed({}, hang, WELL);
  await pass(29_000);
  assert.equal(page.collector.requests[0].init.signal.aborted, false);
  await pass(2_000);
  assert.equal(page.collector.requests[0].init.signal.aborted, true);
  assert.equal(page.tracker.stats().delivered, 1);
  page.close();
});

test("copies for debugUrl that hang are not piled up", async () => {
  const copies = [];
  const server = (url) => {
    if (!url.startsWith("http://copies.test")) return new Response('{"accepted":1}');
    copies.push(url);
    return new Promise(() => {});
  };
  const page = await flushed({ debugUrl: "http://copies.test/" }, server);
  for (let number = 0; number < 10; number += 1) {
    page.tracker.sendFeatureEvent("again");
    await page.tracker.flush();
  }
  assert.equal(page.tracker.stats().delivered, 11);
  assert.equal(copies.length, 3);
  page.close();
});

/** When the next request is made after an answer with these headers. */
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

for (const [name, answer] of [
  ["nothing", () => undefined],
  ["an object", () => ({ ok: true })],
  ["a text", () => "sent"],
]) {
  test(`a wrapped fetch that resolves to ${name} is not asked again, and nothing is sent for ever`, async () => {
    Xhr.asked = [];
    const page = await flushed({}, answer);
    assert.equal((await page.flush).delivered, 1);
    page.tracker.sendFeatureEvent("g");
    await page.tracker.flush();
    await pass(600_000);
    assert.equal(page.collector.requests.length, 1);
    assert.equal(Xhr.asked.length, 2);
    assert.equal(Xhr.asked[0].target, "POST http://collector.test/v1/auth/api");
    assert.equal(page.tracker.stats().delivered, 2);
    page.close();
  });
}

test("a wrapped fetch that has read the answer is not asked again, and nothing is sent for ever", async () => {
  Xhr.asked = [];
  const page = await flushed({}, async () => {
    const response = new Response('{"accepted":1}');
    await response.json();
    return response;
  });
  assert.equal((await page.flush).delivered, 1);
  page.tracker.sendFeatureEvent("g");
  await page.tracker.flush();
  assert.deepEqual([page.collector.requests.length, Xhr.asked.length], [1, 2]);
  page.close();
});

test("a fetch whose answers can never be read to their end is given up", async () => {
  Xhr.asked = [];
  const page = await flushed({}, () => {
    const response = new Response('{"accepted":1}');
    response.body.getReader();
    return response;
  });
  await until(
    () => page.tracker.stats().delivered === 1,
    () => pass(1_000),
  );
  assert.deepEqual([page.collector.requests.length, Xhr.asked.length], [3, 1]);
  page.close();
});

test("what a page makes later of answers and their headers decides nothing", async () => {
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

test("a signal that fetch would not take is not passed to it", async () => {
  const { AbortController } = globalThis;
  globalThis.AbortController = class {
    signal = { aborted: false };
    abort() {}
  };
  const page = await flushed({});
  globalThis.AbortController = AbortController;
  assert.equal((await page.flush).delivered, 1);
  assert.equal(page.collector.requests[0].init.signal, undefined);
  page.close();
});

/** What is told when this is answered for two minutes. */
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
  // The browser's way to write the address that was asked is no other address.
  Xhr.answer = { responseURL: "http://collector.test/v1/auth/api" };
  const page = await flushed({ endpoint: "HTTP://Collector.test:80" }, NO_RESPONSE);
  assert.equal((await page.flush).delivered, 1);
  page.close();
  Xhr.answer = {};
});

test("a batchSize of more than 32 bits is the largest one", async () => {
  for (const batchSize of [2 ** 32 + 1, 1e14]) {
    const page = await flushed({ batchSize });
    page.tracker.sendFeatureEvent("waits");
    await settled();
    assert.equal(page.tracker.stats().pending, 1);
    assert.equal(page.collector.requests.length, 1);
    page.close();
  }
});

test("under debug, events that wait for ids say so", async () => {
  const page = await flushed({ debug: true, userId: undefined });
  const waiting = told.take("log").filter((line) => line.includes("waits for"));
  assert.equal(waiting.length, 1);
  assert.match(waiting[0], /"feature":"f"/);
  page.tracker.setUserId("ann");
  page.tracker.sendFeatureEvent("g");
  await page.tracker.flush();
  assert.deepEqual(
    told.take("log").filter((line) => line.includes("waits for")),
    [],
  );
  page.close();
});
