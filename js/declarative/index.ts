// `natero-wasm/declarative`: tracking by attributes in the page's markup.
//
//     <main data-na-module="reports" data-na-product="studio">
//       <button data-na-feature="export" data-na-total="3">Export</button>

import type { na } from "natero-wasm";
import { reportOnce } from "../modules/absent.ts";
import { listen } from "./nodes.ts";
import { sticky } from "./sticky.ts";
import { useOf } from "./use.ts";

/** The options of {@link declarative}. */
export interface DeclarativeOptions {
  /**
   * Where to look for attributes. It may also be a frame's document, or a shadow root, because `submit` and `change`
   * events do not leave a shadow root. Default: the document.
   */
  root?: Document | ShadowRoot | Element | undefined;
}

/**
 * The events that were reported to each tracker. Several roots see the same event, and so does a root that is watched
 * twice.
 */
const seen = new WeakMap<na, WeakSet<Event>>();

/**
 * Reports to a tracker what the attributes of a page say, from now on:
 *
 * - `data-na-feature` names a feature. A click uses it; for a form, the submission, and for an input field, a change.
 *   `data-na-total` and `data-na-details` (JSON) describe each use.
 * - `data-na-module` and `data-na-product` on a surrounding element apply to the features inside. The first ones in
 *   the page that are not hidden also become the page's current module, whose time counts, and product.
 *
 * @returns A function that stops reporting.
 */
export function declarative(tracker: na, options?: DeclarativeOptions): () => void {
  // A server has no document to watch.
  const root = options?.root ?? (typeof document === "object" ? document : undefined);
  if (!root) return () => {};
  // JavaScript code is not forced by a compiler to pass it.
  if (!tracker) {
    reportOnce("/declarative: declarative() needs a tracker: pass the one of new na().");
    return () => {};
  }
  const reported = seen.get(tracker) ?? new WeakSet();
  seen.set(tracker, reported);
  const use = (event: Event): void => {
    if (reported.has(event)) return;
    const found = useOf(event);
    if (!found) return;
    reported.add(event);
    tracker.sendFeatureEvent(found.feature, found.options);
  };
  // The capture phase comes before the page's own handlers, which may stop an event or remove its element.
  const KINDS = ["click", "submit", "change"];
  for (const kind of KINDS) listen("addEventListener", root, kind, use);
  const stop = sticky(tracker, root);
  return () => {
    for (const kind of KINDS) listen("removeEventListener", root, kind, use);
    stop();
  };
}
