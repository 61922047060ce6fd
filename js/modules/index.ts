// The module that a page of components is in. Components come and go in any order; of those that are present, the
// innermost one decides.

import type { na } from "natero-wasm";
import { shared } from "./shared.ts";

/** The position of a component. Components created later have a higher number and are further in. */
export type Place = number;

type Tracker = Pick<na, "ready" | "getModuleId" | "setModuleId">;

/**
 * The module that a component has entered, and the handle that it used. Another handle to the same tracker may have
 * been given back since.
 */
interface Entry {
  readonly name: string | null;
  readonly tracker: Tracker;
}

/** The modules of all present components, in all apps of the page. */
export class Modules {
  readonly #entries = new Map<Place, Entry>();
  #isDue = false;

  /** The modules of a tracker. */
  static of(tracker: Tracker): Modules {
    // A server has an app for each request and never removes them, so nothing is shared there.
    if (typeof document === "undefined") return new Modules();
    // All handles to a tracker share its promise. A stand-in for a tracker in a test may have none.
    const key = tracker.ready ?? tracker;
    const modules = page.modules.get(key) ?? new Modules();
    page.modules.set(key, modules);
    return modules;
  }

  /** A component was added. Its module is entered before it sends anything. */
  enter(place: Place, name: string, tracker: Tracker): void {
    this.#entries.set(place, { name, tracker });
    this.#apply();
  }

  /**
   * A component was removed. A component that replaces it is added within the same task, so nothing changes until
   * that ends.
   */
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

  /** The tracker may have been reset, so the module is entered again. */
  restore(): void {
    if (!this.#isDue) this.#apply();
  }

  #apply(otherwise?: Entry): void {
    const entry = this.#entries.get(Math.max(...this.#entries.keys())) ?? otherwise;
    if (entry && entry.tracker.getModuleId() !== entry.name) entry.tracker.setModuleId(entry.name);
  }
}

/** Shared by all copies of this library, because components of one copy may contain those of another. */
const page = shared("modules", { modules: new WeakMap<object, Modules>(), places: 0 });

/** The position of a component. Taken when it is first rendered, after the components around it have taken theirs. */
export const nextPlace = (): Place => {
  page.places += 1;
  return page.places;
};
