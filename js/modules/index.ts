// The module that a page of components is in: components come and go in an order of
// their own, and the innermost of those that are there says which it is.

import type { na } from "natero-wasm";

/** Marks a component: those that are made later are further in. */
export type Place = number;

/** The modules of the components that are there. */
export class Modules {
  #tracker: Pick<na, "getModuleId" | "setModuleId">;
  readonly #names = new Map<Place, string>();
  #isDue = false;

  constructor(tracker: Pick<na, "getModuleId" | "setModuleId">) {
    this.#tracker = tracker;
  }

  /** A component has come: its module is entered before it sends anything. */
  enter(place: Place, name: string): void {
    this.#names.set(place, name);
    this.#apply();
  }

  /** A component has gone. Whatever takes its place does so within the task: until that ends nothing changes. */
  leave(place: Place): void {
    if (!this.#names.delete(place) || this.#isDue) return;
    this.#isDue = true;
    void Promise.resolve().then(() => {
      this.#isDue = false;
      this.#apply();
    });
  }

  /** The components are told to use another tracker, perhaps one of the same source: where it was constructed anew, both are in the same module. */
  move(tracker: Pick<na, "getModuleId" | "setModuleId">): void {
    const before = this.#tracker;
    if (before === tracker) return;
    this.#tracker = tracker;
    const name = this.#name();
    if (name === null) return;
    if (before.getModuleId() === name) before.setModuleId(null);
    this.#apply();
  }

  #name(): string | null {
    let innermost: Place | undefined;
    for (const place of this.#names.keys()) {
      if (innermost === undefined || place > innermost) innermost = place;
    }
    return innermost === undefined ? null : this.#names.get(innermost)!;
  }

  #apply(): void {
    const name = this.#name();
    if (this.#tracker.getModuleId() !== name) this.#tracker.setModuleId(name);
  }
}

let places = 0;

/** A mark for a component, taken when it is first rendered: those around it have theirs already. */
export const nextPlace = (): Place => {
  places += 1;
  return places;
};
