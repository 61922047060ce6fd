// The module that a page of components is in: components come and go in an order of
// their own, and the innermost of those that are there says which it is.

import type { na } from "natero-wasm";
import { shared } from "./shared.ts";

/** Marks a component: those that are made later are further in. */
export type Place = number;

type Tracker = Pick<na, "ready" | "getModuleId" | "setModuleId">;

/** What a component has entered, and by which handle: another of the same tracker may have been given back. */
interface Entry {
  readonly name: string | null;
  readonly tracker: Tracker;
}

/** The modules of the components that are there, in whichever app of the page. */
export class Modules {
  readonly #entries = new Map<Place, Entry>();
  #isDue = false;

  /** Those of a tracker. */
  static of(tracker: Tracker): Modules {
    // A server has an app for each request, and none of them ever goes.
    if (typeof document === "undefined") return new Modules();
    // All handles to a tracker have the same promise; what stands in for one in a test may have none.
    const key = tracker.ready ?? tracker;
    let modules = page.modules.get(key);
    if (!modules) {
      modules = new Modules();
      page.modules.set(key, modules);
    }
    return modules;
  }

  /** A component has come: its module is entered before it sends anything. */
  enter(place: Place, name: string, tracker: Tracker): void {
    this.#entries.set(place, { name, tracker });
    this.#apply();
  }

  /** A component has gone. Whatever takes its place does so within the task: until that ends nothing changes. */
  leave(place: Place): void {
    const left = this.#entries.get(place);
    if (!left) return;
    this.#entries.delete(place);
    if (this.#isDue) return;
    this.#isDue = true;
    void Promise.resolve().then(() => {
      this.#isDue = false;
      this.#apply({ ...left, name: null });
    });
  }

  /** The tracker was perhaps reset: it is put into the module again. */
  restore(): void {
    if (!this.#isDue) this.#apply();
  }

  #apply(otherwise?: Entry): void {
    const entry = this.#entries.get(Math.max(...this.#entries.keys())) ?? otherwise;
    if (entry && entry.tracker.getModuleId() !== entry.name) entry.tracker.setModuleId(entry.name);
  }
}

/** All copies of this count on: components of one may be within those of another. */
const page = shared("modules", { modules: new WeakMap<object, Modules>(), places: 0 });

/** A mark for a component, taken when it is first rendered: those around it have theirs already. */
export const nextPlace = (): Place => {
  page.places += 1;
  return page.places;
};
