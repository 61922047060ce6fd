// Every async function awaits the promise that it returns. Returning a promise asks it for its `then`, which a page
// may have replaced, and which makes zone.js trigger change detection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "acorn";
import { transformSync } from "esbuild";
import { files, read } from "./support/documents.mjs";

// Wrappers and tests run in environments that are not broken.
const ELSEWHERE = ["node_modules", "test", "generated", "testing", "react", "vue", "modules", "declarative"];
const SOURCES = files("js", ".ts", ELSEWHERE).filter((path) => !path.endsWith(".d.ts"));

// Promises that browsers provide.
const VALUES = new Set(["promise", "ready"]);
const FUNCTIONS = ["fetch"];
const METHODS = ["arrayBuffer", "json", "then"];

/** The names of functions and methods in some sources that return a promise. */
function givesPromise(sources) {
  const parameters = String.raw`(?:<[^()\n]*>)?\((?:[^()]|\([^()]*\))*\)`;
  const find = (...patterns) =>
    sources.flatMap((text) => patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name)));
  const declared = new RegExp(String.raw`(\w+)${parameters}:\s*Promise<`, "g");
  const member = new RegExp(String.raw`\b(\w+)\??:\s*${parameters}\s*=>\s*Promise<`, "g");
  const arrow = new RegExp(String.raw`\b(\w+) = ${parameters}:\s*Promise<`, "g");
  return {
    functions: new Set([
      ...FUNCTIONS,
      ...find(/\basync function (\w+)/g, /\b(\w+)(?:: [^=\n]+)? = async\b/g, declared, arrow),
    ]),
    methods: new Set([...METHODS, ...find(/\basync #?(?!function)(\w+)[(<]/g, declared, member)]),
  };
}

/** The possible results of an expression. */
function outcomes(expression) {
  switch (expression?.type) {
    case "ConditionalExpression":
      return [...outcomes(expression.consequent), ...outcomes(expression.alternate)];
    case "LogicalExpression":
      return [...outcomes(expression.left), ...outcomes(expression.right)];
    case "SequenceExpression":
      return outcomes(expression.expressions.at(-1));
    case "ChainExpression":
      return outcomes(expression.expression);
    default:
      return [expression];
  }
}

/** The promises that async functions return without awaiting them, as source text. */
function unawaited(text, names) {
  const { code } = transformSync(text, { loader: "ts", target: "es2022", supported: { "class-field": true } });
  const found = [];
  const isPromise = (node) => {
    switch (node?.type) {
      case "ImportExpression":
        return true;
      case "Identifier":
        return VALUES.has(node.name);
      case "MemberExpression":
        return VALUES.has(node.property.name);
      case "CallExpression":
        return node.callee.type === "MemberExpression"
          ? names.methods.has(node.callee.property.name)
          : names.functions.has(node.callee.name);
      default:
        return false;
    }
  };
  const look = (expression) => {
    for (const node of outcomes(expression)) if (isPromise(node)) found.push(code.slice(node.start, node.end));
  };
  const walk = (node, isAsync) => {
    if (!node || typeof node.type !== "string") return;
    const isFunction = /Function/.test(node.type);
    const within = isFunction ? node.async : isAsync;
    if (isFunction && within && node.expression) look(node.body);
    if (node.type === "ReturnStatement" && within) look(node.argument);
    for (const inner of Object.values(node)) {
      if (Array.isArray(inner)) for (const one of inner) walk(one, within);
      else if (inner && typeof inner === "object") walk(inner, within);
    }
  };
  walk(parse(code, { ecmaVersion: "latest", sourceType: "module" }), false);
  return found;
}

test("what is returned unawaited is found, however it is written", () => {
  const text = `
    async function load(): Promise<void> {}
    class Host { async #send() {} open: () => Promise<void> = () => this.#send(); async a() { return this.#send(); } }
    const b = async () => load();
    const c = async (d: boolean) => { if (d) return await load(); return d ? import("x") : (0, fetch("y")); };
    const sound = async () => { const e = () => load(); return [e, await import("z")]; };`;
  assert.deepEqual(unawaited(text, givesPromise([text])), ["this.#send()", "load()", 'import("x")', 'fetch("y")']);
});

test("no async function returns a promise unawaited", () => {
  const texts = SOURCES.map(read);
  const names = givesPromise(texts);
  assert.ok(SOURCES.length > 40 && names.functions.size > 15 && names.methods.size > 15, `${SOURCES.length} sources`);
  assert.deepEqual(
    SOURCES.flatMap((path, at) => unawaited(texts[at], names).map((expression) => `${path}: ${expression}`)),
    [],
  );
});
