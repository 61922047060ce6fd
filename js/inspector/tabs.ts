// Tabs by the ARIA pattern: the arrow keys move from one to the next.

import { make, setText } from "./element.ts";

/** The parts of the panel. */
export type Part = "Events" | "State" | "Problems";

/** A list of tabs, and a panel for each. */
export class Tabs {
  readonly list = make("div", { role: "tablist", "aria-label": "Parts" });
  readonly panels = make("div", { class: "panels" });
  readonly #tabs: HTMLButtonElement[] = [];
  readonly #counts = new Map<Part, HTMLElement>();

  constructor(parts: Record<Part, HTMLElement>) {
    for (const [name, content] of Object.entries(parts) as [Part, HTMLElement][]) {
      const at = this.#tabs.length;
      const count = make("span", { class: "count" });
      const tab = make(
        "button",
        { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` },
        name,
        count,
      );
      tab.addEventListener("click", () => this.#select(at));
      tab.addEventListener("keydown", (event) => this.#step(event, at));
      this.#tabs.push(tab);
      this.#counts.set(name, count);
      this.list.append(tab);
      const panel = { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: "0" };
      this.panels.append(make("div", panel, content));
    }
    this.#select(0);
  }

  /** Shows a count in the label of a tab. */
  count(part: Part, count: number): void {
    setText(this.#counts.get(part)!, count ? ` ${count}` : "");
  }

  #select(chosen: number): void {
    for (const [at, tab] of this.#tabs.entries()) {
      tab.setAttribute("aria-selected", String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
      (this.panels.children[at] as HTMLElement).hidden = at !== chosen;
    }
  }

  #step(event: KeyboardEvent, at: number): void {
    const last = this.#tabs.length - 1;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const chosen = next < 0 ? last : next > last ? 0 : next;
    this.#select(chosen);
    this.#tabs[chosen]!.focus();
  }
}
