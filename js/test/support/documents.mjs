// Reads the documents: their tables, their samples, and the messages that sources print.

import { readdirSync, readFileSync } from "node:fs";
import { parse, tokenizer } from "acorn";
import { transformSync } from "esbuild";

const ROOT = new URL("../../../", import.meta.url);

/** A file of the workspace, by its path from the root. */
export const read = (path) => readFileSync(new URL(path, ROOT), "utf8");

/** The files below a folder with this ending, except in folders with these names. */
export function files(folder, end, leftOut = []) {
  return readdirSync(new URL(`${folder}/`, ROOT), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return leftOut.includes(entry.name) ? [] : files(path, end, leftOut);
      return entry.name.endsWith(end) ? [path] : [];
    })
    .sort();
}

/**
 * The rows of all tables below a heading, up to the next one. Each row is a list of cells. Without a heading, the
 * rows of the whole document.
 */
export function rows(text, heading) {
  const parts = text.split(/^#+ /m);
  const part = heading === undefined ? text : parts.find((each) => each.startsWith(`${heading}\n`));
  if (part === undefined) throw new Error(`there is no heading ${heading}`);
  const lines = part.split("\n");
  const isRule = (line) => /^\|(?: -+ \|)+$/.test(line ?? "");
  return lines
    .filter((line, at) => line.startsWith("|") && !isRule(line) && !isRule(lines[at + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll("\\|", "|")),
    );
}

/** What stands between backticks in a line of text. */
export const spans = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span);

/** The samples of a document in these languages, each with the line on which it begins. */
export function samples(text, languages) {
  const found = [];
  for (const { 1: language, 2: code, index } of text.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    if (languages.includes(language)) found.push({ language, code, line: text.slice(0, index).split("\n").length });
  }
  return found;
}

/** A source in another language as JavaScript; throws if it cannot be parsed. */
export function toScript(code, loader) {
  return transformSync(code, { loader, target: "es2022", jsx: "automatic", logLevel: "silent" }).code;
}

/** Throws if a text is not a valid module. */
export const parseModule = (code) => parse(code, { ecmaVersion: 2022, sourceType: "module" });

// Two words, or a word after the end of a sentence.
const IS_PROSE = /\w[,:;.]? \S/;
// Tags of kinds of objects.
const IS_TAG = /^\[object /;

/** Whether a text in a source is meant for a reader. */
export const isProse = (text) => IS_PROSE.test(text) && !IS_TAG.test(text);

/** The texts, and parts of template texts, in a TypeScript source. */
export function textsOfTypeScript(source) {
  const found = new Set();
  for (const { type, value } of tokenizer(toScript(source, "ts"), { ecmaVersion: 2022, sourceType: "module" })) {
    if (type.label === "string" || type.label === "template") found.add(value);
  }
  return [...found];
}

// Parts of a source that no reader of the console sees: comments, attributes, and reasons why something cannot
// happen.
const SILENT = /\/\/.*$|#!?\[(?!error\()(?:[^[\]"]|"(?:[^"\\]|\\.)*"|\[[^\]]*\])*\]|\.expect\(\s*"(?:[^"\\]|\\.)*"/gm;
const TEXT = /(?<!')"((?:[^"\\]|\\[\s\S])*)"/g;

/** The same for a Rust source, without its tests. */
export function textsOfRust(source) {
  const [code] = source.split("#[cfg(test)]\nmod ");
  const found = new Set();
  for (const [, text] of code.replace(SILENT, "").matchAll(TEXT)) {
    found.add(text.replace(/\\\n\s*/g, "").replaceAll('\\"', '"'));
  }
  return [...found];
}
