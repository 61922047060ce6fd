// The panel: an element with a shadow root, so that its styles and the page's do not affect each other.

import { monotonic } from "../clock.ts";
import { make, setText } from "./element.ts";
import { EventList } from "./event-list.ts";
import type { InspectedTracker } from "./inspected.ts";
import { ProblemList } from "./problem-list.ts";
import { StateList } from "./state-list.ts";
import { statusOf } from "./status.ts";
import { STYLE } from "./style.ts";
import { Tabs } from "./tabs.ts";

// How often the panel is redrawn, in ms. It shows running times.
const DRAW_MS = 250;

/** The one panel of a page. */
export class Panel {
  readonly #host: HTMLElement;
  readonly #body = make("div", { class: "body", id: "body" });
  readonly #status = make("p", { class: "status", role: "status" });
  readonly #fold = make("button", { type: "button", class: "icon", "aria-controls": "body" });
  readonly #sources = make("select", { "aria-label": "Tracker" });
  readonly #events = new EventList();
  readonly #state = new StateList();
  readonly #problems = new ProblemList();
  readonly #tabs: Tabs;
  readonly #trackers: InspectedTracker[] = [];
  readonly #refusedBefore = new Map<InspectedTracker, number>();
  readonly #timer: number;
  readonly #close: () => void;
  #current: InspectedTracker | undefined;

  constructor(document: Document, closed: () => void) {
    this.#host = document.createElement("natero-inspector");
    const root = this.#host.attachShadow({ mode: "open" });
    adopt(root);
    this.#tabs = new Tabs({
      Events: this.#events.element,
      State: this.#state.element,
      Problems: this.#problems.element,
    });
    this.#body.append(this.#tabs.list, this.#tabs.panels);
    this.#sources.addEventListener("change", () => this.#choose(this.#trackers[this.#sources.selectedIndex]));
    this.#sources.hidden = true;
    this.#fold.addEventListener("click", () => this.#setFolded(!this.#body.hidden));
    const close = make("button", { type: "button", class: "icon", "aria-label": "Close", title: "Close" }, "✕");
    close.addEventListener("click", () => this.close());
    const header = make("header", {}, make("h2", {}, "natero-wasm"), this.#sources, this.#fold, close);
    const panel = make("aside", { "aria-label": "natero-wasm inspector" }, header, this.#status, this.#body);
    root.append(panel);
    this.#setFolded(false);
    // Keys typed in the panel must not trigger the page's shortcuts.
    for (const type of ["keydown", "keyup", "keypress"])
      this.#host.addEventListener(type, (event) => event.stopPropagation());
    panel.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || this.#body.hidden) return;
      this.#setFolded(true);
      this.#fold.focus();
    });
    this.#timer = window.setInterval(() => this.#draw(), DRAW_MS);
    this.#close = closed;
  }

  /** Shows a tracker. */
  show(inspected: InspectedTracker): void {
    if (!this.#trackers.includes(inspected)) {
      this.#trackers.push(inspected);
      this.#refusedBefore.set(inspected, inspected.refused);
    }
    // The panel is outside the body, which apps redraw. A rewritten document has removed it.
    if (!this.#host.isConnected) document.documentElement.append(this.#host);
    this.#choose(inspected);
  }

  /** Closes the panel, and leaves the page as it was. */
  close(): void {
    window.clearInterval(this.#timer);
    this.#host.remove();
    this.#close();
  }

  #choose(inspected: InspectedTracker | undefined): void {
    if (!inspected) return;
    this.#current = inspected;
    const names = this.#trackers.map(({ endpoint }, at) => `${at + 1}: ${endpoint || "…"}`);
    this.#sources.replaceChildren(...names.map((name) => make("option", {}, name)));
    this.#sources.selectedIndex = this.#trackers.indexOf(inspected);
    this.#sources.hidden = this.#trackers.length < 2;
    this.#draw();
  }

  #setFolded(isFolded: boolean): void {
    this.#body.hidden = isFolded;
    const label = isFolded ? "Unfold" : "Fold";
    this.#fold.setAttribute("aria-label", label);
    this.#fold.title = label;
    this.#fold.setAttribute("aria-expanded", String(!isFolded));
    setText(this.#fold, isFolded ? "▴" : "▾");
  }

  #draw(): void {
    const inspected = this.#current;
    if (!inspected) return;
    inspected.refresh();
    const mono = monotonic();
    const { tone, text } = statusOf(inspected, mono);
    setText(this.#status, text);
    this.#status.setAttribute("data-tone", tone);
    this.#events.update(inspected.ledger);
    this.#state.update(inspected, mono);
    this.#problems.update(inspected.problems, this.#refusedBefore.get(inspected) ?? 0);
    this.#tabs.count("Events", inspected.ledger?.entries.size ?? 0);
    this.#tabs.count("Problems", inspected.problems.length);
  }
}

/**
 * Adopted style sheets work under a strict policy, which forbids inline styles. Browsers without them get a
 * `<style>`.
 */
function adopt(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", {}, STYLE));
  }
}
