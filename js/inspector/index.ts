// `natero-wasm/inspector`: shows what a tracker does in a panel of the page. A tracker's `inspect()` loads this
// module; who imports it passes `open` to that method.

import type { Calls } from "../calls.ts";
import { InspectedTracker } from "./inspected.ts";
import { Panel } from "./panel.ts";

let panel: Panel | undefined;
const shown = new Map<object, InspectedTracker>();

/** Shows a tracker in a panel of the page, by `tracker.inspect(open)`. Throws if there is no page. */
export function open(tracker: object): void {
  panel ??= new Panel(document, () => {
    for (const inspected of shown.values()) inspected.stop();
    shown.clear();
    panel = undefined;
  });
  let inspected = shown.get(tracker);
  if (!inspected) {
    inspected = new InspectedTracker(tracker as Calls);
    shown.set(tracker, inspected);
  }
  panel.show(inspected);
}
