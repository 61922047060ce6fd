// Loads the inspector. No page does that before somebody asks for it.

import type { Calls } from "./calls.ts";
import { attempt } from "./intrinsics.ts";
import type { OpenInspector } from "./types.ts";

/** Shows a tracker in a panel of the page; tells whether it is shown. */
export async function inspect(calls: Calls, open?: OpenInspector): Promise<boolean> {
  try {
    // What is beside the tracker is no source that the compiler could follow.
    const show = open ?? ((await import("./inspector.js" as string)) as { open: OpenInspector }).open;
    show(calls);
    return true;
  } catch (error) {
    calls.report("load_failed", `inspect: ${attempt(() => `${error}`)}.`, 0);
    return false;
  }
}
