// Loads the inspector, which a page downloads only when somebody asks for it.

import type { Calls } from "./calls.ts";
import { hasUser, page } from "./environment.ts";
import { attempt } from "./intrinsics.ts";
import type { OpenInspector } from "./types.ts";

/** Shows a tracker in a panel of the page. Resolves to whether it is shown. */
export async function inspect(calls: Calls, open?: OpenInspector): Promise<boolean> {
  try {
    // The inspector is a separate file beside the tracker, which the compiler must not follow.
    const show = open ?? ((await import("./inspector.js" as string)) as { open: OpenInspector }).open;
    show(calls);
    return true;
  } catch (error) {
    // A server and a worker have no page, and whatever failed there says less than that.
    if (page() && hasUser()) calls.report("load_failed", `inspect: ${attempt(() => `${error}`)}.`, 0);
    else calls.report("", "inspect: there is no page here, and so no place for the panel.", 0);
    return false;
  }
}
