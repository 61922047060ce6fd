// Checks what a bundler has made of the package.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const below = (folder, ending) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith(ending))
    : [];

/** A part of the text that encodes the wasm within scripts. It has no characters that a tool would escape. */
export function pieceOfWasm(natero) {
  const pieces = readFileSync(join(natero, "wasm-inside.js"), "utf8").match(/[\w #%&()*+,./:;=?@^|}~-]{40}/g);
  return pieces[Math.floor(pieces.length / 2)];
}

/** The browser's own message about a missing file. */
export const MISSING = /^error: Failed to load resource: .* 404/;

/**
 * How an app tracks with this entry, given the number of wasm files in its output. A bundler that does
 * not support wasm omits the file, and the app then loads the same code within a script.
 */
export const outcomeOf = (entry, files) => (entry === "natero-wasm" && files === 0 ? "tracks, by a script" : "tracks");

/**
 * Asserts that an output has the wasm at most once as a file, and not at all for the inline build; once
 * within a script; and nothing that belongs to other entries. Returns the number of wasm files.
 * @param folder The whole output.
 * @param scripts The folder of the scripts that browsers load.
 * @param uses Other entries that the app imports itself.
 */
export function assertLean({ folder, scripts = folder, natero, entry, uses = [] }) {
  const files = below(folder, ".wasm");
  const most = entry === "natero-wasm" ? 1 : 0;
  assert.ok(files.length <= most, `the wasm is there ${files.length} times: ${files.join(", ")}`);

  const piece = pieceOfWasm(natero);
  const texts = below(scripts, ".js").map((name) => readFileSync(join(scripts, name), "utf8"));
  const times = texts.reduce((sum, text) => sum + text.split(piece).length - 1, 0);
  assert.equal(times, 1, `the wasm is within scripts ${times} times`);
  for (const other of ["react", "vue", "declarative", "testing"].filter((name) => !uses.includes(name))) {
    assert.ok(!texts.some((text) => text.includes(`natero-wasm/${other}`)), `a part of natero-wasm/${other} is within`);
  }
  return files.length;
}
