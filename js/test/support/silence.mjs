// Imports an entry of the package in an environment of its own, in which everything that an import could touch
// reports that. Prints the result as JSON.
//
// Run it by itself or as a worker; its last argument is the address of the entry.

import { isMainThread, parentPort } from "node:worker_threads";
import { replaceMember } from "./monotonic.mjs";

const touched = [];

// Properties of a page. Even reading one shows that the library looked for a page.
const PAGE = [
  "window",
  "document",
  "location",
  "history",
  "navigator",
  "localStorage",
  "sessionStorage",
  "indexedDB",
  "caches",
  "addEventListener",
  "removeEventListener",
  "self",
  "XMLHttpRequest",
  "crypto",
];
for (const name of PAGE) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get() {
      touched.push(name);
      throw new Error(`${name} was read`);
    },
  });
}

const CALLS = [
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "BroadcastChannel",
  "MessageChannel",
  "Worker",
];
const originals = Object.fromEntries(CALLS.map((name) => [name, globalThis[name]]));
for (const name of CALLS) {
  globalThis[name] = () => {
    touched.push(name);
    throw new Error(`${name} was called`);
  };
}
for (const name of [
  "compile",
  "compileStreaming",
  "instantiate",
  "instantiateStreaming",
  "Module",
  "Instance",
  "Memory",
]) {
  WebAssembly[name] = () => {
    touched.push(`WebAssembly.${name}`);
    throw new Error(`WebAssembly.${name} was called`);
  };
}
for (const name of Object.keys(console)) {
  if (typeof console[name] === "function" && name !== "Console") console[name] = () => touched.push(`console.${name}`);
}
for (const clock of ["now", "mark", "measure"]) replaceMember(clock, () => touched.push(`performance.${clock}`));
const listenersBefore = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);

const before = Reflect.ownKeys(globalThis);
let exported = [];
let failure = null;
try {
  const module = await import(process.argv.at(-1));
  exported = Object.keys(module).sort();
} catch (error) {
  failure = String(error.stack);
}
const added = Reflect.ownKeys(globalThis)
  .filter((key) => !before.includes(key))
  .map(String);
const listenersAfter = process.eventNames().map((name) => [String(name), process.listenerCount(name)]);

Object.assign(globalThis, originals);
const listeners = JSON.stringify(listenersBefore) === JSON.stringify(listenersAfter);
const report = { failure, touched, added, exported, listeners };
if (isMainThread) process.stdout.write(JSON.stringify(report));
else parentPort.postMessage(report);
