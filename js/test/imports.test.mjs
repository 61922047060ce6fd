// Importing an entry has no observable effect in any environment.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import vm from "node:vm";
import { Worker } from "node:worker_threads";
import { ENTRIES, entry } from "./support/package.mjs";

const silence = new URL("./support/silence.mjs", import.meta.url);

async function inProcess(address) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [fileURLToPath(silence), address]);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

function inWorker(address) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(silence, { argv: [address] });
    worker.on("message", resolve);
    worker.on("error", reject);
  });
}

for (const [place, run] of Object.entries({ "under Node": inProcess, "in a worker": inWorker })) {
  test(`what a module touches ${place} is noticed`, async () => {
    const source = "typeof window; setTimeout(() => {}); globalThis.left = 1; process.on('exit', () => {});";
    const { added, failure, listeners, touched } = await run(`data:text/javascript,${encodeURIComponent(source)}`);
    assert.match(failure, /window was read/);
    assert.deepEqual([added, listeners, touched], [[], true, ["window"]]);
    const rest = await run(
      `data:text/javascript,${encodeURIComponent(source.replace("typeof window; setTimeout(() => {});", ""))}`,
    );
    assert.deepEqual([rest.added, rest.failure, rest.listeners], [["left"], null, false]);
  });

  for (const name of ENTRIES) {
    const classic = name.endsWith("global.js");
    test(`importing ${name} ${place} touches nothing`, async () => {
      assert.deepEqual(await run(entry(name).href), {
        // The only intended trace.
        added: classic ? ["na"] : [],
        exported: classic ? [] : ["default", "na"],
        failure: null,
        listeners: true,
        touched: [],
      });
    });
  }
}

test("the classic script runs where there is no window, and touches nothing", () => {
  const touched = [];
  const trap = (name) => ({
    configurable: true,
    get() {
      touched.push(name);
      throw new ReferenceError(`${name} is not defined`);
    },
  });
  // What every environment with WebAssembly provides.
  const sandbox = { TextDecoder, TextEncoder };
  for (const name of [
    "window",
    "document",
    "self",
    "location",
    "navigator",
    "localStorage",
    "sessionStorage",
    "fetch",
    "setTimeout",
    "setInterval",
    "crypto",
    "performance",
    "addEventListener",
    "BroadcastChannel",
    "console",
  ]) {
    Object.defineProperty(sandbox, name, trap(name));
  }
  const context = vm.createContext(sandbox);
  const globals = () => [...vm.runInContext("Object.getOwnPropertyNames(globalThis)", context)];
  const before = globals();
  vm.runInContext(readFileSync(entry("natero-wasm/natero.global.js"), "utf8"), context);
  assert.deepEqual(touched, []);
  assert.deepEqual(
    globals().filter((name) => !before.includes(name)),
    ["na"],
  );
  assert.equal(vm.runInContext("typeof na", context), "function");
});
