// Navigation within the page, which loads no other document.

import { pageAddress } from "../address.ts";
import { attribute, lookUp } from "../capture.ts";
import { monotonic, wall } from "../clock.ts";
import { apply, attempt, hasOwn } from "../intrinsics.ts";
import { atFrame, historyObject, historyPrototype, later } from "./browser.ts";
import { listen } from "./listen.ts";

interface NavigationApi extends EventTarget {
  readonly currentEntry: unknown;
}

const navigationObject = /* @__PURE__ */ lookUp<NavigationApi>("navigation");
const currentEntry = /* @__PURE__ */ attribute<NavigationApi, "currentEntry">("Navigation", "currentEntry");

// A page out of sight has no frames; its title is there by then, too.
const LONGEST_FRAME_MS = 250;

const NOTHING = (): void => {};

/** What watches navigation. */
export interface NavigationWatch {
  /** Looks at the address, which may have changed unseen. */
  look(): void;
  /** What has not settled is over now: the page is about to go, or to end it. */
  settle(): void;
  stop(): void;
}

/**
 * Watches the path of the page. `arrived` is told when a navigation has settled,
 * with the time when it was: routers set the title when they have navigated, or
 * with the next frame. An address that is replaced before that is the same view.
 */
export function watchNavigation(
  withHash: boolean,
  arrived: (mono: number, wall: number, url: string) => void,
): NavigationWatch {
  let last = pageAddress(withHash);
  /** The address that was told last. */
  let told = last;
  let isStopped = false;
  let stopWaiting: (() => void) | undefined;
  let settle = NOTHING;
  const look = (replaced: boolean): void => {
    const now = pageAddress(withHash);
    if (isStopped || now === last) return;
    if (!replaced) settle();
    last = now;
    if (settle !== NOTHING) return;
    const mono = monotonic();
    const date = wall();
    const mine = (): void => {
      if (settle !== mine || isStopped) return;
      stopWaiting?.();
      stopWaiting = undefined;
      settle = NOTHING;
      // A router may lead away and back at once.
      if (last === told) return;
      told = last;
      arrived(mono, date, last);
    };
    settle = mine;
    stopWaiting = later(mine, LONGEST_FRAME_MS);
    // Behind what the router does in the next frame.
    atFrame(() => later(mine, 0) ?? mine());
  };
  const navigation = navigationObject();
  const stops = [listen("popstate", () => look(false))];
  if (navigation && currentEntry(navigation)) {
    stops[1] = listen(
      "currententrychange",
      (event) => look((event as Event & { navigationType?: string }).navigationType === "replace"),
      navigation,
    );
  } else {
    // No event tells of these.
    stops[1] = wrapHistory("pushState", () => look(false));
    stops[2] = wrapHistory("replaceState", () => look(true));
  }
  return {
    look: () => look(false),
    settle: () => settle(),
    stop() {
      for (let at = 0; at < stops.length; at += 1) stops[at]!();
      stopWaiting?.();
      isStopped = true;
    },
  };
}

/** Looks after each call of a method of the history; returns how to leave it as it was. A frozen history is left alone. */
function wrapHistory(name: "pushState" | "replaceState", look: () => void): () => void {
  let original: History["pushState"] | undefined;
  // The page may call either: its own, or that of the prototype.
  const holder = attempt(() => (hasOwn(historyObject()!, name) ? historyObject() : historyPrototype)) as History;
  const watched = function (this: History, ...parameters: Parameters<History["pushState"]>): void {
    apply(original!, this, parameters);
    attempt(look);
  };
  attempt(() => {
    original = holder[name];
    holder[name] = watched;
  });
  return () => {
    attempt(() => {
      if (original && holder[name] === watched) holder[name] = original;
    });
  };
}
