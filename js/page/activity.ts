// Detects that somebody uses the page, or a frame in it.

import { atTaskEnd, page } from "../environment.ts";
import { ACTIVITY_EVENTS, FOCUS_CHECK_MS } from "../generated/contract.ts";
import { attempt, world } from "../intrinsics.ts";
import { hasTracker } from "../sources.ts";
import { focusedElement, hasFocus, isActivated, later } from "./browser.ts";
import { keepListening, Listener } from "./listen.ts";

/**
 * Watches whether somebody uses the page. Calls `onActivity` when somebody did something, and `onFrameFocus` when the
 * focus went into a frame whose events cannot be observed, or came out of it. What happens in a frame that has a
 * tracker of the same source itself, given by its address for batches, is left to that tracker. Returns a function
 * that stops watching.
 */
export function watchActivity(
  url: string,
  onActivity: () => void,
  onFrameFocus: (focused: boolean) => void,
): () => void {
  const activity = new Listener(ACTIVITY_EVENTS, ({ currentTarget }) => {
    if (currentTarget === world || !hasTracker(currentTarget!, url)) onActivity();
  });
  // Frames are added, and load new documents. Their `load` events do not reach the window.
  const loads = new Listener(["load"], ({ target }) => {
    if ((target as HTMLIFrameElement).contentWindow) updateListeners(world as unknown as Window, "add");
  });
  const blurs = new Listener(["blur"], () => {
    // Browsers tell where the focus went only after the event.
    if (!stopChecking) stopChecking = later(checkFocus, 0);
  });
  /** Adds or removes the listeners in a window and its frames, as far as they have this origin. */
  const updateListeners = (window: Window, action: "add" | "remove"): void => {
    activity[action](window);
    blurs[action](window);
    loads[action](window.document);
    for (let at = 0; window[at]; at += 1) attempt(() => updateListeners(window[at]!, action));
  };
  let isInFrame = false;
  let stopChecking: (() => void) | undefined;
  const checkFocus = (): void => {
    stopChecking = undefined;
    const isFocused = isInForeignFrame(page());
    const wasInFrame = isInFrame;
    isInFrame = isFocused && hasFocus();
    if (isInFrame !== wasInFrame) onFrameFocus(isInFrame);
    // This is all that browsers tell the page about activity in the frame.
    if (isInFrame && (isActivated() ?? !wasInFrame)) onActivity();
    if (isFocused) stopChecking = later(checkFocus, FOCUS_CHECK_MS);
  };
  let isWatching = true;
  // The focus may have been in a frame before the tracker existed.
  atTaskEnd(() => isWatching && checkFocus());
  const stop = keepListening(
    () => updateListeners(world as unknown as Window, "add"),
    () => updateListeners(world as unknown as Window, "remove"),
  );
  return () => {
    isWatching = false;
    stopChecking?.();
    stop();
  };
}

/** Whether the focus is in a frame of another origin. */
function isInForeignFrame(document: Document | undefined): boolean {
  const frame = focusedElement(document) as HTMLIFrameElement | undefined;
  // An element of the page may throw.
  if (!attempt(() => frame!.contentWindow)) return false;
  const inner = attempt(() => frame!.contentWindow!.document);
  return inner ? isInForeignFrame(inner) : true;
}
