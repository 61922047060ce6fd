// The page's `beforeSend`, which sees each event before it is queued.

import { isPlain } from "./arguments.ts";
import { snapshot, toJson } from "./details.ts";
import { quietly } from "./environment.ts";
import { parse } from "./intrinsics.ts";
import type { Tracking } from "./tracking.ts";
import type { TrackedEvent } from "./types.ts";

// Details, and what else an event may hold.
const MAX_EVENT_BYTES = 32_768;

/** The event as the page wants it, as a line of JSON; `null` where it dropped the event, `undefined` where it made none of it. */
export function filter(
  { calls, settings }: Pick<Tracking, "calls" | "settings">,
  line: string,
): string | null | undefined {
  calls.isFiltering = true;
  try {
    const event = parse(line) as TrackedEvent;
    // The key of deduplication is not the page's to change.
    const { event_id } = event;
    const { beforeSend } = settings;
    const kept: unknown = beforeSend?.(event);
    if (!isPlain(kept)) {
      // A promise may reject.
      quietly(kept);
      return kept === null ? null : undefined;
    }
    const { event_id: _, ...rest } = kept;
    // Behind everything else, where the engine looks for it.
    const changed = snapshot({ ...rest, toJSON: undefined, event_id }, MAX_EVENT_BYTES);
    return changed === undefined ? undefined : toJson(changed);
  } catch {
    return undefined;
  } finally {
    calls.isFiltering = false;
  }
}
