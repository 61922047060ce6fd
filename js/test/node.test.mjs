// A tracker that is made under Node, where server-side rendering may make one:
// nothing throws, and nothing keeps the process.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { ENTRIES, entry } from "./support/package.mjs";

const received = [];
const server = createServer((request, response) => {
  const body = [];
  request.on("data", (bytes) => body.push(bytes));
  request.on("end", () => {
    received.push({ method: request.method, url: request.url, lines: String(Buffer.concat(body)).split("\n").filter(Boolean) });
    response.setHeader("connection", "close");
    response.end('{"accepted":1}');
  });
});
let endpoint;

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${server.address().port}/path/`;
});

after(() => server.close());

/** Runs a script in a process of its own, which has to end by itself. */
async function run(name, script) {
  const source = `
    import assert from "node:assert/strict";
    const module = await import(${JSON.stringify(entry(name).href)});
    const na = module.na ?? globalThis.na;
    const endpoint = ${JSON.stringify(endpoint)};
    const errors = [];
    console.error = (...parts) => errors.push(parts.join(" "));
    process.on("unhandledRejection", (reason) => { process.stdout.write("unhandled: " + reason); process.exitCode = 9; });
    ${script}`;
  // Far more than it takes; a process that something keeps would never end.
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], { timeout: 60_000 });
  return stdout;
}

for (const name of ENTRIES) {
  test(`new na() of ${name} without keys is off and keeps nothing`, async () => {
    const out = await run(name, `
      const tracker = new na();
      assert.equal(await tracker.ready, false);
      assert.equal(errors.length, 1);
      process.stdout.write("ended");`);
    assert.equal(out, "ended");
  });

  test(`new na(keys) of ${name} is ready or says why not, and keeps nothing`, async () => {
    const out = await run(name, `
      const tracker = new na("api", "auth", { endpoint, accountId: "acme", userId: "ann" });
      tracker.setModuleId("m");
      const ready = await tracker.ready;
      // Node does not fetch files, so the wasm beside the script is out of reach.
      assert.equal(ready, ${name !== "natero-wasm"});
      assert.equal(errors.length, ready ? 0 : 1);
      assert.equal(tracker.getModuleId(), ready ? "m" : null);
      process.stdout.write("ended");`);
    assert.equal(out, "ended");
  });
}

test("events made under Node arrive, and then the process ends", async () => {
  received.length = 0;
  const out = await run("natero-wasm/inline", `
    const tracker = new na("ap/i", "auth", { endpoint, flushInterval: 1000, accountId: "acme", userId: "ann" });
    tracker.sendFeatureEvent("rendered", { details: { where: "server" } });
    await tracker.ready;
    process.stdout.write(JSON.stringify(await tracker.flush()));`);
  assert.deepEqual(JSON.parse(out), { delivered: 1, pending: 0, rejected: 0 });
  assert.equal(received.length, 1);
  const [{ method, url, lines }] = received;
  assert.deepEqual([method, url, lines.length], ["POST", "/path/v1/auth/ap%2Fi", 1]);
  const { action, feature, total, details, account_id, user_id, seq } = JSON.parse(lines[0]);
  assert.deepEqual([action, feature, total, details, account_id, user_id, seq], ["feature", "rendered", 1, { where: "server" }, "acme", "ann", 0]);
});

test("events made within a worker arrive", async () => {
  received.length = 0;
  const source = `
    import { parentPort } from "node:worker_threads";
    const { na } = await import(${JSON.stringify(entry("natero-wasm/inline").href)});
    const tracker = new na("api", "auth", { endpoint: ${JSON.stringify(endpoint)}, flushInterval: 1000, accountId: "acme", userId: "ann" });
    tracker.sendFeatureEvent("worked");
    parentPort.postMessage([await tracker.ready, await tracker.flush()]);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const [ready, flushed] = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  assert.deepEqual([ready, flushed], [true, { delivered: 1, pending: 0, rejected: 0 }]);
  assert.equal(JSON.parse(received[0].lines[0]).feature, "worked");
  assert.equal(await ended, 0, "nothing keeps the worker");
});
