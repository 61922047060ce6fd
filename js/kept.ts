// What `snippet.js` has kept before the classic script was there: calls and constructions of a page, each with its
// time. They are made as if this script had been there from the beginning.

import { isTime, monotonic, wall as wallClock } from "./clock.ts";
import type { Track } from "./host.ts";
import { attempt } from "./intrinsics.ts";
import type { Prepare } from "./prepare.ts";
import type { Construction } from "./tracking.ts";

/** Makes a call or constructs a tracker; when, on the monotonic clock, where the page has that. */
type Kept = readonly [make: () => void, mono?: unknown];

/** A moment on both clocks. */
type Times = readonly [mono: number, wall: number];

/** A tracker that is constructed, and when it was. */
interface Begun {
  readonly construction: Construction;
  readonly times: Times | undefined;
}

/** The functions of a loader that has the host within: they are wrapped. */
interface Wrapped {
  prepare: Prepare;
  core: () => Promise<Track>;
}

/** Makes what was kept, in order, with its times. What comes later, as by a method that somebody still holds, is made at once. */
export function takeKept(kept: Kept[], loader: Wrapped): void {
  const begun: Begun[] = [];
  const { core, prepare } = loader;
  let times: Times | undefined;
  loader.prepare = (construction) => {
    begun[begun.length] = { construction, times };
    return prepare(construction);
  };
  loader.core = async () => {
    const track = await core();
    return (construction, mono, wall) => {
      for (let at = 0; at < begun.length; at += 1) {
        const { construction: other, times } = begun[at]!;
        if (other === construction && times) return track(construction, times[0], times[1]);
      }
      return track(construction, mono, wall);
    };
  };
  for (let at = 0; at < kept.length; at += 1) {
    const [make, when] = kept[at]!;
    times = timesOf(when);
    const before: number[] = [];
    for (let of = 0; of < begun.length; of += 1) before[of] = begun[of]!.construction.calls.pendingCalls.length;
    attempt(make);
    if (!times) continue;
    const [mono, wall] = times;
    for (let of = 0; of < begun.length; of += 1) {
      // No engine is there yet: what was called waits at the end of these.
      const { pendingCalls } = begun[of]!.construction.calls;
      for (let call = before[of] ?? 0; call < pendingCalls.length; call += 1)
        pendingCalls[call] = { ...pendingCalls[call]!, mono, wall };
    }
  }
  loader.prepare = prepare;
  kept.length = 0;
  kept.push = ([make]: Kept) => {
    attempt(make);
    return 0;
  };
}

/** What both clocks told at a time of one; nothing where that is none, or is to come: a page may have clocks of its own. */
function timesOf(when: unknown): Times | undefined {
  const now = monotonic();
  return isTime(when) && when <= now ? [when, wallClock() - (now - when)] : undefined;
}
