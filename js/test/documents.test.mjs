// The tables of the documents match the sources: docs/settings.md, docs/calls.md, docs/events.md, docs/migration.md,
// docs/privacy.md and docs/self-hosting.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { read, rows, spans, toScript } from "./support/documents.mjs";

const CONTRACT = read("js/generated/contract.ts");
const { SETTINGS, ...NAMES } = await import(`data:text/javascript,${encodeURIComponent(toScript(CONTRACT, "ts"))}`);

/** The fields of an interface, each with its comment and a `?` if it is optional. */
function fieldsOf(source, name) {
  const begin = source.search(new RegExp(`export interface ${name}\\b`));
  assert.ok(begin >= 0, `there is an interface ${name}`);
  const body = source.slice(begin, source.indexOf("\n}", begin));
  return [...body.matchAll(/^ {2}(?:\/\*\* (.*) \*\/\n {2})?(\w+)(\??):/gm)].map(([, doc, field, optional]) => ({
    doc,
    field,
    name: field + optional,
  }));
}

const KINDS = {
  id: "an id",
  endpoint: "a URL or a path",
  flag: "`true`, `false`",
  address: "a URL",
  token: "a name",
  hook: "a function",
};

/** The row that a setting must have in the table. */
function rowOf({ doc, field }) {
  const [kind, fallback] = SETTINGS[field];
  const [, unit] = /, in (ms|bytes)\.(?: Default|$)/.exec(doc) ?? [];
  const may = Array.isArray(kind) ? kind.map((value) => `\`${JSON.stringify(value)}\``).join(", ") : KINDS[kind];
  const number = typeof fallback === "number" && fallback.toLocaleString("en-US");
  return [
    `\`${field}\``,
    may ?? unit ?? "a count",
    fallback === undefined ? "–" : number || `\`${JSON.stringify(fallback)}\``,
    doc.replace(/ Default `[^`]*`\.$/, "").replace(/, in (?:ms|bytes)\.$/, "."),
  ];
}

test("the table of settings has each with what it may be, its default and what it does, and no other", () => {
  const settings = fieldsOf(CONTRACT, "Settings");
  assert.deepEqual(
    settings.map(({ field }) => field),
    Object.keys(SETTINGS),
  );
  assert.deepEqual(
    rows(read("docs/settings.md"), "Settings").map((row) => row.join(" | ")),
    settings.map((setting) => rowOf(setting).join(" | ")),
  );
});

const TYPES = read("js/types.ts");
const BASE = fieldsOf(TYPES, "EventBase").map(({ field }) => field);

/** Each action, with its fields. */
function actions() {
  const found = {};
  for (const [, name, names] of TYPES.matchAll(/interface (\w+) extends EventBase \{\n {2}action: (.*);/g)) {
    const fields = fieldsOf(TYPES, name).filter(({ field }) => field !== "action");
    for (const [, action] of names.matchAll(/"(\w+)"/g)) found[action] = fields.map((field) => field.name);
  }
  return found;
}

test("the tables of events have every action with all its fields, and no other", () => {
  const document = read("docs/events.md");
  const common = rows(document, "What every event has").map(([field]) => spans(field)[0]);
  assert.deepEqual(common.sort(), [...BASE, "seq"].sort());

  const told = {};
  for (const [names, fields] of rows(document, "Actions")) {
    for (const action of spans(names)) told[action] = spans(fields);
  }
  assert.deepEqual(told, actions());
  const [, list] = /export type ActionName =([^;]*);/.exec(CONTRACT);
  assert.deepEqual(Object.keys(told).sort(), [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name).sort());
});

/** The public methods, each as it must be in the table of calls. */
const CALLS = [...read("js/na.ts").matchAll(/^ {2}\/\*\* (.*) \*\/\n {2}(?:async )?(\w+)\((.*)\): (.*) \{$/gm)].map(
  ([, doc, name, parameters, result]) => {
    const names = [...parameters.matchAll(/(?:^|, )(\w+\??):/g)].map(([, parameter]) => parameter);
    return { name, row: [`\`${name}(${names.join(", ")})\``, result === "void" ? "–" : `\`${result}\``, doc] };
  },
);
const METHODS = CALLS.map(({ name }) => name);

test("the table of calls has every method with its arguments, what it gives and what it does", () => {
  assert.deepEqual(
    rows(read("docs/calls.md"), "Methods").map((row) => row.join(" | ")),
    CALLS.map(({ row }) => row.join(" | ")),
  );
});

for (const [source, names] of [
  [TYPES, ["FeatureOptions", "ModuleOptions", "PageViewOptions", "FlushResult", "Problem"]],
  [CONTRACT, ["Stats", "Dropped"]],
]) {
  for (const name of names) {
    test(`the table of ${name} has its fields, and what they are`, () => {
      assert.deepEqual(
        rows(read("docs/calls.md"), name),
        fieldsOf(source, name).map(({ doc, field }) => [`\`${field}\``, doc]),
      );
    });
  }
}

test("the tables of the migration have every method and every field of events, and none that is not there", () => {
  assert.ok(METHODS.includes("sendFeatureEvent") && METHODS.includes("getVisitorId"), `found ${METHODS}`);
  const document = read("docs/migration.md");
  const called = rows(document, "Calls").flatMap((cells) => spans(cells[1]));
  assert.deepEqual([...new Set(called.map((call) => /^\w+/.exec(call)[0]))].sort(), [...METHODS].sort());
  for (const name of rows(document, "Construction and settings").flatMap(([original]) => spans(original))) {
    assert.ok(/\W/.test(name) || Object.hasOwn(SETTINGS, name), `${name} is a setting`);
  }

  const fields = new Set([...BASE, "seq", ...Object.values(actions()).flat()].map((name) => name.replace("?", "")));
  const told = rows(document, "Fields of events").flatMap(([field]) => spans(field));
  assert.deepEqual([...new Set(told)].sort(), [...fields].sort());
});

test("the snippet keeps every method", () => {
  const [, list] = /methods =\s*"([\w,]+)"/.exec(read("js/snippet.js"));
  assert.deepEqual(list.split(",").sort(), [...METHODS].sort());
});

test("what the chapter on privacy says is kept has the names that the sources write", () => {
  const named = rows(read("docs/privacy.md"), "What is kept in the browser").flatMap(([, name]) => spans(name ?? ""));
  const { SESSION_COOKIE, VISITOR_COOKIE, STORED_EVENTS, STORED_CALLS, SHARED_WAIT, TAB } = NAMES;
  const stored = [`${STORED_EVENTS}…`, `${STORED_CALLS}…`, `${STORED_EVENTS}…${SHARED_WAIT}`];
  const { cookiePrefix } = SETTINGS;
  const written = [SESSION_COOKIE, VISITOR_COOKIE, ...stored, TAB].map((name) => cookiePrefix[1] + name);
  assert.deepEqual([...new Set(named)].sort(), written.sort());
});

test("the table of the collector has every flag of serve with its variable and default, and no other", () => {
  const source = read("crates/collector/src/config.rs");
  const flags = {};
  for (const [, options, field] of source.matchAll(/#\[arg\(([^)]*)\)\]\s*pub (\w+):/g)) {
    const [, long] = /long = "([\w-]+)"/.exec(options) ?? [];
    const [, variable] = /env = "(\w+)"/.exec(options);
    const [, fallback] = /default_value(?:_t)? = "?(?:\w+::)?([^"]+?)"?$/.exec(options.trim()) ?? [];
    flags[`--${long ?? field.replaceAll("_", "-")}`] = [variable, fallback?.replace("_", "").toLowerCase()];
  }
  const told = {};
  for (const [flag, variable, fallback] of rows(read("docs/self-hosting.md"), "Settings of `serve`")) {
    told[spans(flag)[0]] = [spans(variable)[0], spans(fallback)[0]?.toLowerCase()];
  }
  assert.ok(flags["--listen"] && flags["--allow-origin"], `found ${Object.keys(flags)}`);
  assert.deepEqual(told, flags);
});

test("the guides name everything that the wrappers and the helpers for tests export", () => {
  const guides = ["frameworks", "inspector", "testing"].map((name) => read(`docs/guides/${name}.md`)).join();
  const exported = ["react", "vue", "declarative", "inspector", "testing"].flatMap((name) => {
    const source = read(`js/${name}/index.ts`);
    const lists = [...source.matchAll(/^export \{ ([^}]*) \}/gm)].flatMap(([, list]) => list.split(", "));
    return [...lists, ...[...source.matchAll(/^export function (\w+)/gm)].map(([, each]) => each)];
  });
  const values = exported.filter((each) => !each.startsWith("type "));
  assert.ok(values.includes("useModule") && values.includes("recordPage"), `found ${values}`);
  assert.deepEqual(
    values.filter((each) => !new RegExp(`\\b${each}\\b`).test(guides)),
    [],
  );
});
