// What held, for docs/packaging.md.

import { readFileSync, writeFileSync } from "node:fs";

const PLACE = new URL("../../../../docs/packaging.md", import.meta.url);
const rows = new Map();
const START = "<!-- results -->";

/** Notes a try; the function that it returns says how it ended. Until then it has failed. */
export function record(what, entry) {
  rows.set(what, { ...rows.get(what), [entry]: "fails" });
  return (outcome) => rows.set(what, { ...rows.get(what), [entry]: outcome });
}

/** Writes the table behind the line that begins it, where all of it was run. */
export function write() {
  if (!process.env.NATERO_RESULTS) return;
  const text = readFileSync(PLACE, "utf8");
  const lines = [...rows].map(
    ([what, outcome]) => `| ${what} | ${outcome["natero-wasm"] ?? "–"} | ${outcome["natero-wasm/inline"] ?? "–"} |`,
  );
  const table = ["| project | `natero-wasm` | `natero-wasm/inline` |", "| --- | --- | --- |", ...lines].join("\n");
  writeFileSync(PLACE, `${text.slice(0, text.indexOf(START))}${START}\n\n${table}\n`);
}
