// A tracker made under Node, as server-side rendering may do: nothing throws, and the process can end.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ENTRIES, entry } from "./support/package.mjs";

const received = [];
const server = createServer((request, response) => {
  const body = [];
  request.on("data", (bytes) => body.push(bytes));
  request.on("end", () => {
    received.push({
      method: request.method,
      url: request.url,
      lines: String(Buffer.concat(body)).split("\n").filter(Boolean),
    });
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

/** Runs a script in a process of its own, which must end by itself. */
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
  // Far more than it takes. A process that something keeps alive would never end.
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], {
    timeout: 60_000,
  });
  return stdout;
}

for (const name of ENTRIES) {
  test(`new na() of ${name} without keys is off and keeps nothing`, async () => {
    const out = await run(
      name,
      `
      const tracker = new na();
      assert.equal(await tracker.ready, false);
      assert.equal(errors.length, 1);
      process.stdout.write("ended");`,
    );
    assert.equal(out, "ended");
  });

  test(`new na(keys) of ${name} is inert without a page: nothing is sent, and nothing keeps the process`, async () => {
    received.length = 0;
    const out = await run(
      name,
      `
      const logs = [];
      console.log = (...parts) => logs.push(parts.join(" "));
      globalThis.window = globalThis;
      globalThis.document = {};
      for (const debug of [false, true]) {
        const tracker = new na("api", "auth", { endpoint, accountId: "acme", userId: "ann", debug, flushInterval: 1 });
        tracker.setModuleId("m");
        tracker.sendFeatureEvent("rendered");
        assert.equal(await tracker.ready, false);
        tracker.sendFeatureEvent("rendered");
        assert.deepEqual(await tracker.flush(), { delivered: 0, pending: 0, rejected: 0 });
        assert.equal(tracker.getModuleId(), null);
        assert.equal(logs.length, debug ? 1 : 0);
        tracker.shutdown();
      }
      assert.match(logs[0], /no page/);
      assert.deepEqual(errors, []);
      process.stdout.write("ended");`,
    );
    assert.equal(out, "ended");
    assert.deepEqual(received, []);
  });

  // The ES module loads neither the host nor its messages without a page.
  const warning = name === "natero-wasm" ? /^$/ : /inspect: there is no page here/;
  test(`inspect() of ${name} shows nothing on a server, and is no error`, async () => {
    const out = await run(
      name,
      `
      const warnings = [];
      console.warn = (...parts) => warnings.push(parts.join(" "));
      globalThis.window = globalThis;
      for (const document of [undefined, {}]) {
        globalThis.document = document;
        const problems = [];
        const onError = ({ code }) => problems.push(code);
        const tracker = new na("api", "auth", { endpoint, accountId: "acme", userId: "ann", onError });
        assert.equal(await tracker.inspect(), false);
        await tracker.ready;
        assert.deepEqual(problems, []);
        assert.match(warnings.pop() ?? "", ${warning});
        tracker.shutdown();
      }
      assert.deepEqual(errors, []);
      process.stdout.write("ended");`,
    );
    assert.equal(out, "ended");
  });

  test(`an unreachable collector does not keep a process that makes a tracker of ${name}`, async () => {
    const out = await run(
      name,
      `
      const tracker = new na("api", "auth", { endpoint: "http://127.0.0.1:9", accountId: "acme", userId: "ann" });
      tracker.sendFeatureEvent("rendered");
      await tracker.ready;
      process.stdout.write("ended");`,
    );
    assert.equal(out, "ended");
  });
}
