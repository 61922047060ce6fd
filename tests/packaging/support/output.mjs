// What a bundler has made of the package.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const below = (folder, ending) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith(ending))
    : [];

/** A piece of the text that stands for the wasm within scripts, which no tool that writes scripts has to escape. */
export function pieceOfWasm(natero) {
  const pieces = readFileSync(join(natero, "wasm-inside.js"), "utf8").match(/[\w #%&()*+,./:;=?@^|}~-]{40}/g);
  return pieces[Math.floor(pieces.length / 2)];
}

/** What a browser itself says of a file that is not there. */
export const MISSING = /^error: Failed to load resource: .* 404/;

/**
 * How an app tracks with this entry, in whose output there are so many files of wasm. A
 * bundler that knows nothing of wasm leaves the file behind, so that the same comes within
 * a script.
 */
export const outcomeOf = (entry, files) => (entry === "natero-wasm" && files === 0 ? "tracks, by a script" : "tracks");

/**
 * Asserts that an output has the wasm at most once as a file, and not at all for the inline
 * build; once within a script; and nothing that belongs to other entries. Returns how many
 * files of wasm there are.
 * @param folder Everything that was made.
 * @param scripts The folder of what browsers load.
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
