// Writes the results to docs/packaging.md: a table for each test file.

import { readFileSync, writeFileSync } from "node:fs";

const PLACE = new URL("../../../docs/packaging.md", import.meta.url);

/** The ways to load the tracker, as columns. */
export const ENTRIES = ["natero-wasm", "natero-wasm/inline"];

/** A table between the two lines of the document that contain its name. */
export class Table {
  #name;
  #columns;
  #rows = new Map();

  /**
   * @param name The name in these two lines.
   * @param what The heading of the rows.
   * @param columns The headings of the columns.
   */
  constructor(name, what, columns = ENTRIES) {
    this.#name = name;
    this.#columns = [what, ...columns];
  }

  /** Records a test. It counts as failed until the returned function is called with its result. */
  record(row, column) {
    const cells = this.#rows.get(row) ?? {};
    this.#rows.set(row, cells);
    cells[column] = "fails";
    return (outcome = "tracks") => {
      cells[column] = outcome;
    };
  }

  /** Writes the table. If `NATERO_RESULTS` is `tried` instead of `all`, earlier results of other tests are kept. */
  write() {
    const { NATERO_RESULTS } = process.env;
    if (!NATERO_RESULTS || this.#rows.size === 0) return;
    const [what, ...columns] = this.#columns;
    const text = readFileSync(PLACE, "utf8");
    const [start, end] = [`<!-- ${this.#name} -->`, `<!-- end of ${this.#name} -->`];
    const [before, after] = [text.indexOf(start), text.indexOf(end)];
    if (before < 0 || after < before) throw new Error(`${PLACE.pathname} has no place for the table ${this.#name}`);
    const rows = NATERO_RESULTS === "tried" ? this.#over(text.slice(before, after)) : this.#rows;
    const line = (cells) => `| ${cells.join(" | ")} |`;
    const lines = [
      line([what, ...columns.map((column) => `\`${column}\``)]),
      line(this.#columns.map(() => "---")),
      ...[...rows].map(([row, cells]) => line([row, ...columns.map((column) => cells[column] ?? "–")])),
    ];
    writeFileSync(PLACE, `${text.slice(0, before)}${start}\n\n${lines.join("\n")}\n\n${text.slice(after)}`);
  }

  /** The rows of the written table, with the results of this run in place of earlier ones. */
  #over(written) {
    const [, ...columns] = this.#columns;
    // The first two lines are the header.
    const lines = written
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .slice(2);
    const cellsOf = (line) => line.slice(2, -2).split(" | ");
    const rows = new Map(
      lines
        .map(cellsOf)
        .map(([row, ...cells]) => [row, Object.fromEntries(columns.map((name, at) => [name, cells[at]]))]),
    );
    for (const [row, cells] of this.#rows) rows.set(row, { ...rows.get(row), ...cells });
    return rows;
  }
}
