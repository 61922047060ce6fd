// The page's `beforeSend`, which sees each event before it is queued.

import { isPlain } from "./arguments.ts";
import { snapshot, toJson } from "./details.ts";
import { ignoreRejection } from "./environment.ts";
import { MAX_EVENT_BYTES } from "./generated/contract.ts";
import { parse } from "./intrinsics.ts";
import type { Tracking } from "./tracking.ts";
import type { TrackedEvent } from "./types.ts";

/**
 * The event that `beforeSend` returned, as a line of JSON. `null`: the page dropped the event. `undefined`:
 * `beforeSend` threw, or returned something that is not an event.
 */
export function filter(
  { calls, settings }: Pick<Tracking, "calls" | "settings">,
  line: string,
): string | null | undefined {
  calls.isFiltering = true;
  try {
    const event = parse(line) as TrackedEvent;
    // Receivers deduplicate by it, so the page cannot change it.
    const { event_id } = event;
    const { beforeSend } = settings;
    const returned: unknown = beforeSend?.(event);
    if (!isPlain(returned)) {
      // An async function returns a promise, which may reject.
      ignoreRejection(returned);
      return returned === null ? null : undefined;
    }
    const { event_id: _, ...rest } = returned;
    // The engine looks for `event_id` at the end.
    const changed = snapshot({ ...rest, toJSON: undefined, event_id }, MAX_EVENT_BYTES);
    return changed === undefined ? undefined : toJson(changed);
  } catch {
    return undefined;
  } finally {
    calls.isFiltering = false;
  }
}
