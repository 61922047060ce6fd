// The page in sight, out of sight, left, and brought back. `unload` is never
// listened to: it would shut the page out of the back/forward cache.

import { isVisible } from "./browser.ts";
import { listen } from "./listen.ts";

/**
 * Watches whether the page is in sight; returns how to stop. `left` is called when
 * the page is left, and may be kept by the browser: `hidden` comes next. `restored`
 * is called when the browser has kept the page, and shows it again.
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
    // A page that comes back is visible a moment before it is told that it is
    // back: that moment belongs to the page view to come.
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
