// docs/troubleshooting.md contains every message that the tracker may print, in either host, and no outdated one. The
// same for the collector's answers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { files, isProse, read, rows, spans, textsOfRust, textsOfTypeScript } from "./support/documents.mjs";

/** A text on one line, without backticks, because code in the document contains none. */
const plain = (text) => text.replaceAll("`", "").replace(/\s+/g, " ").trim();

const DOCUMENT = read("docs/troubleshooting.md");
const PLAIN_DOCUMENT = plain(DOCUMENT);

/** Headings of tables whose first column contains messages. */
const OF_MESSAGES = [
  "A call is refused",
  "A setting is refused",
  "The tracker is not loaded",
  "The collector takes nothing",
  "Events are lost",
  "Warnings",
  "The tracker failed",
  "Lines of debug",
  "Wrappers and tests",
];

// The panel's texts are explained in a chapter of their own, checked below.
const TYPESCRIPT = files("js", ".ts", ["node_modules", "test", "generated", "inspector"]).filter(
  (path) => !path.endsWith(".d.ts"),
);

// The texts about settings are in docs/settings.md. `src/npm` prints no messages of its own.
const RUST = files("src", ".rs", ["npm"]).filter((path) => !/^src\/settings\.rs$|\/tests\.rs$/.test(path));

const TEXTS = [
  ...TYPESCRIPT.flatMap((path) => textsOfTypeScript(read(path)).map((text) => [path, text])),
  ...RUST.flatMap((path) => textsOfRust(read(path)).map((text) => [path, text])),
];

test("every message of the tracker stands in the chapter on what may be wrong", () => {
  const messages = TEXTS.filter(([, text]) => isProse(text));
  assert.ok(messages.length > 100, `found ${messages.length} messages`);
  assert.deepEqual(
    messages.filter(([, message]) => !PLAIN_DOCUMENT.includes(plain(message))),
    [],
  );
});

test("every message that the chapter explains is one that the tracker has", () => {
  const pieces = [...new Set(TEXTS.map(([, piece]) => plain(piece)))].filter((piece) => /\w{2,}/.test(piece));
  pieces.sort((one, other) => other.length - one.length);
  const messages = OF_MESSAGES.flatMap((heading) => rows(DOCUMENT, heading).flatMap(([first]) => spans(first)));
  assert.ok(messages.length > 40, `found ${messages.length} messages`);
  // After removing every text of the sources, only ends of words remain, as in `event${"s"}`.
  const left = messages.filter((message) => {
    let rest = message;
    for (const piece of pieces) rest = rest.replaceAll(piece, "…");
    return /\w{2,}/.test(rest.replace(/\d+/g, ""));
  });
  assert.deepEqual(left, []);
});

test("everything that the inspector says stands in its chapter", () => {
  const chapter = plain(read("docs/guides/inspector.md"));
  const sources = files("js/inspector", ".ts").filter((path) => !path.endsWith("/style.ts"));
  const pieces = sources.flatMap((path) => textsOfTypeScript(read(path)).filter(isProse));
  assert.ok(pieces.length > 30, `found ${pieces.length} pieces`);
  assert.deepEqual(
    pieces.map(plain).filter((piece) => !chapter.includes(piece)),
    [],
  );
});

test("everything that the collector answers to events stands in the chapter", () => {
  const sources = [
    ...files("crates/collector/src/http/ingest", ".rs"),
    "crates/collector/src/http/error.rs",
    "crates/collector/src/store/batch.rs",
    ...files("crates/event/src/received", ".rs").filter((path) => !path.endsWith("/tests.rs")),
  ];
  // Parts in braces vary, except for the names in an address.
  const pieces = sources.flatMap((path) =>
    textsOfRust(read(path))
      .flatMap((text) => text.split(/(?<!\/)\{\w*\}/))
      .filter(isProse),
  );
  assert.ok(pieces.length > 30, `found ${pieces.length} pieces`);
  assert.deepEqual(
    pieces.map(plain).filter((piece) => !PLAIN_DOCUMENT.includes(piece)),
    [],
  );
});

test("every code that onError is told stands in the chapter", () => {
  const [, codes] = /export type ErrorCode =([^;]*);/.exec(read("js/generated/contract.ts"));
  const listed = [...codes.matchAll(/"(\w+)"/g)].map(([, code]) => code);
  assert.ok(listed.includes("unreachable"), `found ${listed}`);
  assert.deepEqual(
    listed.filter((code) => !DOCUMENT.includes(`\`${code}\``)),
    [],
  );
});
