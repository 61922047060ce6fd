// The list of events, each with its progress. An expanded row shows the event's history and all its fields.

import type { TrackedEvent } from "../types.ts";
import { clock, make, setText } from "./element.ts";
import type { Entry, Ledger, Stage } from "./ledger.ts";
import { span } from "./status.ts";

const STAGES: Record<Stage, string> = {
  made: "made",
  held: "held",
  queued: "queued",
  sent: "sent",
  unsure: "unsure",
  left: "left",
  confirmed: "confirmed",
  dropped: "dropped",
};

/** An address, without the origin if it is the page's own. */
const place = (url: unknown): string => `${url ?? ""}`.replace(location.origin, "") || `${url ?? ""}`;

/** What an event is about, in a few words. */
function about(event: TrackedEvent): string {
  switch (event.action) {
    case "feature":
      return event.total === 1 ? event.feature : `${event.feature} × ${event.total}`;
    case "moduleEnd":
      return `${event.module}, ${span(event.time_spent)}`;
    case "sessionSync":
      return span(event.active_duration);
    case "pageView":
      return place(event.url);
    case "pageViewEnd":
      return `${place(event.url)}, ${span(event.time_spent)}`;
    case "identifyUser":
      return event.user_id ?? "";
    case "identifyAccount":
      return event.account_id ?? "";
    case "sessionIdle":
      return "";
    default:
      // `beforeSend` may have returned an event of any shape.
      return "";
  }
}

/** One row. */
class Row {
  readonly element: HTMLDetailsElement;
  readonly #entry: Entry;
  readonly #about = make("span", { class: "about" });
  readonly #stage = make("span", { class: "stage" });
  readonly #note = make("p", { class: "note" });
  readonly #history = make("ol", { class: "history" });
  readonly #fields = make("pre", { role: "group", tabindex: "0", "aria-label": "Fields of the event" });
  #version = -1;

  constructor(entry: Entry) {
    this.#entry = entry;
    const summary = make(
      "summary",
      {},
      make("time", {}, clock(entry.event.created_at)),
      make("span", { class: "what" }, make("strong", {}, entry.event.action), " ", this.#about),
      this.#stage,
      this.#note,
    );
    this.element = make("details", { class: "event" }, summary, this.#history, this.#fields);
    this.element.addEventListener("toggle", () => this.#unfold());
  }

  update(): void {
    const { event, note, stage, version } = this.#entry;
    if (version === this.#version) return;
    this.#version = version;
    setText(this.#about, about(event));
    setText(this.#stage, STAGES[stage]);
    this.#stage.setAttribute("data-stage", stage);
    setText(this.#note, note);
    this.#note.hidden = !note;
    this.#unfold();
  }

  /** Builds the content of a row only when it is expanded, because there are many rows. */
  #unfold(): void {
    if (!this.element.open) return;
    const { event, history } = this.#entry;
    this.#history.replaceChildren(
      ...history.map(({ at, what }) => make("li", {}, make("time", {}, clock(at)), ` ${what}`)),
    );
    setText(this.#fields, JSON.stringify(event, undefined, 2));
  }
}

/** The list, newest first. */
export class EventList {
  readonly element = make("div");
  readonly #empty = make("p", { class: "empty" }, "No events so far. Use the page, or call sendFeatureEvent.");
  readonly #rows = new Map<string, Row>();

  constructor() {
    this.element.append(this.#empty);
  }

  update(ledger: Ledger | undefined): void {
    const entries = ledger?.entries ?? new Map<string, Entry>();
    for (const [id, row] of this.#rows) {
      if (entries.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const [id, entry] of entries) {
      let row = this.#rows.get(id);
      if (!row) {
        row = new Row(entry);
        this.#rows.set(id, row);
        this.element.prepend(row.element);
      }
      row.update();
    }
    this.#empty.hidden = entries.size > 0;
  }
}
