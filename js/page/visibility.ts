// Reports that the page is shown, hidden, left, or restored. It never listens to `unload`, which would keep the page
// out of the back/forward cache.

import { isVisible } from "./browser.ts";
import { listen } from "./listen.ts";

/**
 * Watches the visibility of the page. `left` is called when the page is left and the browser may keep it; `hidden` is
 * called next. `restored` is called when the browser shows a page again that it kept. Returns a function that stops
 * watching.
 */
export function watchVisibility(
  shown: () => void,
  hidden: () => void,
  left: () => void,
  restored: () => void,
): () => void {
  let isLeft = false;
  const stopVisibility = listen("visibilitychange", () => {
    if (!isVisible()) hidden();
    // A restored page becomes visible shortly before `pageshow` reports that. The time between belongs to the next
    // page view.
    else if (!isLeft) shown();
  });
  const stopHide = listen("pagehide", () => {
    isLeft = true;
    left();
    hidden();
  });
  const stopShow = listen("pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    isLeft = false;
    restored();
  });
  return () => {
    stopVisibility();
    stopHide();
    stopShow();
  };
}
