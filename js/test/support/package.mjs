// The built package, and where its exports lead.

import { readFileSync } from "node:fs";

export const pkg = new URL("../../../pkg/", import.meta.url);
export const manifest = JSON.parse(readFileSync(new URL("package.json", pkg), "utf8"));

/** The file of an import: `natero-wasm`, `natero-wasm/inline` … */
export function entry(name) {
  const target = manifest.exports[name.replace("natero-wasm", ".")];
  return new URL(target.default, pkg);
}

export const ENTRIES = ["natero-wasm", "natero-wasm/inline", "natero-wasm/natero.global.js"];
