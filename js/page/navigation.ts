// Navigation within the page, which loads no new document.

import { pageAddress } from "../address.ts";
import { attribute, lookUp } from "../capture.ts";
import { monotonic, wall } from "../clock.ts";
import { MAX_TITLE_WAIT_MS } from "../generated/contract.ts";
import { apply, attempt, hasOwn } from "../intrinsics.ts";
import { atFrame, historyObject, historyPrototype, later } from "./browser.ts";
import { listen } from "./listen.ts";

interface NavigationApi extends EventTarget {
  readonly currentEntry: unknown;
}

const navigationObject = /* @__PURE__ */ lookUp<NavigationApi>("navigation");
const currentEntry = /* @__PURE__ */ attribute<NavigationApi, "currentEntry">("Navigation", "currentEntry");

const NOTHING = (): void => {};

/** Watches navigation. */
export interface NavigationWatch {
  /** Checks the address, which may have changed unnoticed. */
  verifyAddress(): void;
  /** Reports a navigation that waits for its title now, because the page or its page view is about to end. */
  settle(): void;
  stop(): void;
}

/**
 * Watches the path of the page. Calls `onNavigation` once a navigation has settled, with the time at which it happened:
 * routers set the title after navigating, or in the next frame. If the address is replaced before that, it is still
 * the same page view.
 */
export function watchNavigation(
  withHash: boolean,
  onNavigation: (mono: number, wall: number, url: string) => void,
): NavigationWatch {
  let last = pageAddress(withHash);
  /** The address that was last reported. */
  let reported = last;
  let isStopped = false;
  let stopWaiting: (() => void) | undefined;
  let settle = NOTHING;
  const check = (replaced: boolean): void => {
    const now = pageAddress(withHash);
    if (isStopped || now === last) return;
    if (!replaced) settle();
    last = now;
    if (settle !== NOTHING) return;
    const mono = monotonic();
    const date = wall();
    const settleThis = (): void => {
      if (settle !== settleThis || isStopped) return;
      stopWaiting?.();
      stopWaiting = undefined;
      settle = NOTHING;
      // A router may navigate away and back at once.
      if (last === reported) return;
      reported = last;
      onNavigation(mono, date, last);
    };
    settle = settleThis;
    stopWaiting = later(settleThis, MAX_TITLE_WAIT_MS);
    // Runs after the router's own work in the next frame.
    atFrame(() => later(settleThis, 0) ?? settleThis());
  };
  const navigation = navigationObject();
  const stops = [listen("popstate", () => check(false))];
  if (navigation && currentEntry(navigation)) {
    stops[1] = listen(
      "currententrychange",
      (event) => check((event as Event & { navigationType?: string }).navigationType === "replace"),
      navigation,
    );
  } else {
    // No event reports calls of these methods.
    stops[1] = wrapHistory("pushState", () => check(false));
    stops[2] = wrapHistory("replaceState", () => check(true));
  }
  return {
    verifyAddress: () => check(false),
    settle: () => settle(),
    stop() {
      for (let at = 0; at < stops.length; at += 1) stops[at]!();
      stopWaiting?.();
      isStopped = true;
    },
  };
}

/**
 * Calls `onCall` after each call of a method of the history. Returns a function that restores the method. A frozen
 * history is left alone.
 */
function wrapHistory(name: "pushState" | "replaceState", onCall: () => void): () => void {
  let original: History["pushState"] | undefined;
  // The page may have its own method on the object, or use the prototype's.
  const holder = attempt(() => (hasOwn(historyObject()!, name) ? historyObject() : historyPrototype)) as History;
  const wrapper = function (this: History, ...parameters: Parameters<History["pushState"]>): unknown {
    // The page's own method may return something.
    const returned = apply(original!, this, parameters);
    attempt(onCall);
    return returned;
  };
  attempt(() => {
    original = holder[name];
    holder[name] = wrapper;
  });
  return () => {
    attempt(() => {
      if (original && holder[name] === wrapper) holder[name] = original;
    });
  };
}
