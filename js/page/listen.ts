// Listens to events of the browser. Events dispatched by scripts are ignored.

import { lookUp, method } from "../capture.ts";
import { page } from "../environment.ts";
import { attempt, keys, world } from "../intrinsics.ts";

const addListener = /* @__PURE__ */ method<EventTarget, "addEventListener">("EventTarget", "addEventListener");
const removeListener = /* @__PURE__ */ method<EventTarget, "removeEventListener">("EventTarget", "removeEventListener");

const OPTIONS = { __proto__: null, capture: true, passive: true } as AddEventListenerOptions;

/**
 * Listens to some kinds of events in the capture phase, before the page can stop them. Being passive, it never delays
 * scrolling.
 */
export class Listener {
  readonly #types: readonly string[];
  readonly #listener: (event: Event) => void;

  constructor(types: readonly string[], listener: (event: Event) => void) {
    this.#types = types;
    this.#listener = (event) => {
      attempt(() => event.isTrusted !== false && listener(event));
    };
  }

  /** Adds the listener. Adding it twice has no effect. Throws if the target has another origin. */
  add(target: EventTarget): void {
    for (let at = 0; at < this.#types.length; at += 1) addListener(target, this.#types[at]!, this.#listener, OPTIONS);
  }

  remove(target: EventTarget): void {
    for (let at = 0; at < this.#types.length; at += 1)
      removeListener(target, this.#types[at]!, this.#listener, OPTIONS);
  }
}

/** Functions that add all listeners again, by number. */
const listening: Record<number, () => void> = { __proto__: null } as never;
let count = 0;
let stopObserving: (() => void) | undefined;

/**
 * Calls `begin`, which adds listeners, and calls it again whenever `document.open()` has erased them. Returns a
 * function that stops.
 */
export function keepListening(begin: () => void, end: () => void): () => void {
  const number = count;
  count += 1;
  const tryBegin = (): void => {
    attempt(begin);
  };
  listening[number] = tryBegin;
  tryBegin();
  stopObserving ??= observeErasure();
  return () => {
    delete listening[number];
    attempt(end);
    if (!keys(listening).length) {
      stopObserving?.();
      stopObserving = undefined;
    }
  };
}

/** Listens to one kind of event. Returns a function that stops. */
export function listen(type: string, listener: (event: Event) => void, target: EventTarget = world): () => void {
  const single = new Listener([type], listener);
  return keepListening(
    () => single.add(target),
    () => single.remove(target),
  );
}

const Observer = /* @__PURE__ */ lookUp<typeof MutationObserver>("MutationObserver");
const observe = /* @__PURE__ */ method<MutationObserver, "observe">("MutationObserver", "observe");
const disconnect = /* @__PURE__ */ method<MutationObserver, "disconnect">("MutationObserver", "disconnect");

/** Notices `document.open()`, which erases all listeners of the page together with its content. */
function observeErasure(): (() => void) | undefined {
  return attempt(() => {
    const observer = new (Observer()!)(() => {
      const numbers = keys(listening);
      for (let at = 0; at < numbers.length; at += 1) listening[numbers[at] as unknown as number]!();
    });
    observe(observer, page()!, { __proto__: null, childList: true } as MutationObserverInit);
    return () => {
      attempt(() => disconnect(observer));
    };
  });
}
