// Listens to the page. `unload` is never listened to: it would shut the page
// out of the back/forward cache. In a worker there is no page, only a network.

import { clean } from "../arguments.ts";
import { Op, type Tell } from "../core.ts";
import { type Checked } from "../settings.ts";
import { readCookies } from "./cookies.ts";

const ACTIVITY = ["click", "mousedown", "mousemove", "keydown", "touchstart", "scroll", "wheel"];

/** An address without query and fragment: they hold what is nobody else's business. */
export function bare(url: string): string {
  return url.replace(/[?#].*/s, "");
}

/** Address and title, as the engine takes them. */
function here(): string {
  return `${bare(location.href)}\0${clean(document.title)}`;
}

/** What the browser looks like when tracking begins. */
export function facts(settings: Checked): [text: string, flags: number] {
  const offline = globalThis.navigator?.onLine === false ? 2 : 0;
  const page = globalThis.document;
  if (!page) return ["", offline];
  const visible = page.visibilityState === "visible" ? 1 : 0;
  return [`${here()}\0${bare(page.referrer)}\0${readCookies(settings)}`, visible | offline];
}

/** Tells the engine what happens to the page, and calls `left` once it was left; returns how to stop. */
export function listen(tell: Tell, settings: Checked, left: () => void): () => void {
  const undo: (() => void)[] = [];
  const on = (name: string, f: (event: Event) => void): void => {
    // In the capture phase, before the page can stop the event; passive, so
    // that scrolling never waits for us.
    const options = { capture: true, passive: true };
    globalThis.addEventListener?.(name, f, options);
    undo.push(() => globalThis.removeEventListener?.(name, f, options));
  };
  on("online", () => tell(Op.Online, "", 1));
  on("offline", () => tell(Op.Online));

  const page = globalThis.document;
  if (page) {
    const activity = (): void => tell(Op.Activity);
    for (const name of ACTIVITY) on(name, activity);
    // How a window comes into use that is reached by the keyboard alone.
    // Elements that get the focus say nothing of the user.
    on("focus", ({ target }) => target === globalThis.window && activity());
    let gone = false;
    // A page that comes back is visible a moment before it is told that it is
    // back: that moment belongs to the page view to come.
    on("visibilitychange", () => (page.visibilityState === "visible" ? gone || tell(Op.Shown) : tell(Op.Hidden)));
    on("pagehide", () => {
      gone = true;
      left();
      tell(Op.Hidden);
    });
    on("pageshow", (event) => {
      if ((event as PageTransitionEvent).persisted) {
        gone = false;
        tell(Op.Restored);
        tell(Op.Shown);
        tell(Op.Navigated, here());
      }
    });
    if (settings.trackPageViews) undo.push(navigation(on, () => tell(Op.Navigated, here())));
  }
  return () => {
    for (const stop of undo) stop();
  };
}

/** Calls `moved` whenever the address changes without a load; returns how to stop. */
function navigation(on: (name: string, f: () => void) => void, moved: () => void): () => void {
  const address = (): string => location.href.replace(/#.*/s, "");
  let last = address();
  let stopped = false;
  const look = (): void => {
    if (!stopped && last !== address()) {
      last = address();
      moved();
    }
  };
  on("popstate", look);
  const undo = (["pushState", "replaceState"] as const).map((name) => {
    // No event tells of these in every browser.
    const original = history[name];
    const watched: History["pushState"] = function (this: History, ...args) {
      original.apply(this, args);
      look();
    };
    history[name] = watched;
    return () => {
      if (history[name] === watched) history[name] = original;
    };
  });
  return () => {
    stopped = true;
    for (const stop of undo) stop();
  };
}
