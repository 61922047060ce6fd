// `natero-wasm/declarative`: tracking by attributes, for those who ask for it.
//
//   <main data-na-module="reports" data-na-product="studio">
//     <button data-na-feature="export" data-na-total="3">Export</button>

import type { na } from "natero-wasm";
import { listen } from "./nodes.ts";
import { sticky } from "./sticky.ts";
import { useOf } from "./use.ts";

/** What {@link declarative} takes. */
export interface DeclarativeOptions {
  /** Where to look for attributes: also a frame's document, or a shadow root, out of which no submission or change comes. Default: the document. */
  root?: Document | ShadowRoot | Element | undefined;
}

/** What trackers were told of: several roots see the same event, and so does one that is asked for twice. */
const seen = new WeakMap<na, WeakSet<Event>>();

/**
 * Tells a tracker what the attributes of a page say, from now on:
 *
 * - `data-na-feature` names the feature that is used by a click; on a form by its submission, and on what is filled in by a
 *   change. `data-na-total` and `data-na-details` (JSON) say more about each use.
 * - `data-na-module` and `data-na-product` on an element around it hold for the features within; and the first of the
 *   page that is not hidden is the page's own, whose time counts.
 *
 * @returns How to stop.
 */
export function declarative(tracker: na, options?: DeclarativeOptions): () => void {
  // On a server there is nothing to be used.
  const root = options?.root ?? (typeof document === "object" ? document : undefined);
  if (!root) return () => {};
  const told = seen.get(tracker) ?? new WeakSet();
  seen.set(tracker, told);
  const use = (event: Event): void => {
    if (told.has(event)) return;
    const found = useOf(event);
    if (!found) return;
    told.add(event);
    tracker.sendFeatureEvent(found.feature, found.options);
  };
  // The page's own handlers may keep an event to themselves, or take its element away.
  const KINDS = ["click", "submit", "change"];
  for (const kind of KINDS) listen("addEventListener", root, kind, use);
  const stop = sticky(tracker, root);
  return () => {
    for (const kind of KINDS) listen("removeEventListener", root, kind, use);
    stop();
  };
}
