// The problems reported to the developer since the panel was opened: refused calls, lost events, warnings.

import { clock, make } from "./element.ts";
import type { Problem } from "./inspected.ts";

/** The list, newest first. */
export class ProblemList {
  readonly element = make("div");
  #shown = "";

  update(problems: readonly Problem[], refusedBefore: number): void {
    const state = JSON.stringify([problems, refusedBefore]);
    if (state === this.#shown) return;
    this.#shown = state;
    const rows = [...problems].sort((one, other) => other.at - one.at).map(row);
    const before = `Calls that were refused before the panel was opened: ${refusedBefore}. The console has them.`;
    if (refusedBefore) rows.push(make("p", { class: "empty" }, before));
    if (!rows.length) rows.push(make("p", { class: "empty" }, "No problems."));
    this.element.replaceChildren(...rows);
  }
}

function row({ at, code, count, dropped, message }: Problem): HTMLElement {
  const more = [count > 1 && `${count} times`, dropped > 0 && `events lost: ${dropped}`].filter(Boolean).join(", ");
  return make(
    "article",
    { class: "problem" },
    make("time", {}, clock(at)),
    make("code", {}, code || "warning"),
    make("p", {}, message),
    ...(more ? [make("p", { class: "note" }, more)] : []),
  );
}
