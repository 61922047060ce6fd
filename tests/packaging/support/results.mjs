// What held, for docs/packaging.md: a table for each file of tests.

import { readFileSync, writeFileSync } from "node:fs";

const PLACE = new URL("../../../docs/packaging.md", import.meta.url);

/** The ways to load the tracker, as columns. */
export const ENTRIES = ["natero-wasm", "natero-wasm/inline"];

/** A table, which lies between the two lines of the document that have its name. */
export class Table {
  #name;
  #columns;
  #rows = new Map();

  /**
   * @param name That of its lines in the document.
   * @param what What a row is.
   * @param columns What a row was tried with.
   */
  constructor(name, what, columns = ENTRIES) {
    this.#name = name;
    this.#columns = [what, ...columns];
  }

  /** Notes a try. It has failed until the function that this returns is called, with how it ended. */
  record(row, column) {
    const cells = this.#rows.get(row) ?? {};
    this.#rows.set(row, cells);
    cells[column] = "fails";
    return (outcome = "tracks") => {
      cells[column] = outcome;
    };
  }

  /** Writes it where all of it was tried. */
  write() {
    if (!process.env.NATERO_RESULTS) return;
    const [what, ...columns] = this.#columns;
    const line = (cells) => `| ${cells.join(" | ")} |`;
    const lines = [
      line([what, ...columns.map((column) => `\`${column}\``)]),
      line(this.#columns.map(() => "---")),
      ...[...this.#rows].map(([row, cells]) => line([row, ...columns.map((column) => cells[column] ?? "–")])),
    ];
    const text = readFileSync(PLACE, "utf8");
    const [start, end] = [`<!-- ${this.#name} -->`, `<!-- end of ${this.#name} -->`];
    const [before, after] = [text.indexOf(start), text.indexOf(end)];
    if (before < 0 || after < before) throw new Error(`${PLACE.pathname} has no place for the table ${this.#name}`);
    writeFileSync(PLACE, `${text.slice(0, before)}${start}\n\n${lines.join("\n")}\n\n${text.slice(after)}`);
  }
}
