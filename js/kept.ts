// What `snippet.js` has kept before the classic script was there: calls and constructions of a page, each with its
// time. They are made as if this script had been there from the beginning.

import { isTime, monotonic } from "./clock.ts";
import type { Track } from "./host.ts";
import { attempt } from "./intrinsics.ts";
import type { Prepare } from "./prepare.ts";
import type { Construction } from "./tracking.ts";

/** Makes a call or constructs a tracker; when, on the wall clock and on the monotonic one, where the page has them. */
type Kept = readonly [make: () => void, wall?: unknown, mono?: unknown];

/** A tracker that is constructed, and when it was. */
interface Begun {
  readonly construction: Construction;
  readonly one: Kept;
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
  let now: Kept;
  loader.prepare = (construction) => {
    begun[begun.length] = { construction, one: now };
    return prepare(construction);
  };
  loader.core = async () => {
    const track = await core();
    return (construction, mono, wall) => {
      for (let at = 0; at < begun.length; at += 1) {
        const { construction: other, one } = begun[at]!;
        if (other === construction && hasTimes(one)) return track(construction, one[2], one[1]);
      }
      return track(construction, mono, wall);
    };
  };
  for (let at = 0; at < kept.length; at += 1) {
    now = kept[at]!;
    const before: number[] = [];
    for (let of = 0; of < begun.length; of += 1) before[of] = begun[of]!.construction.calls.pendingCalls.length;
    attempt(now[0]);
    if (!hasTimes(now)) continue;
    const [, wall, mono] = now;
    for (let of = 0; of < begun.length; of += 1) {
      // No engine is there yet: what was called waits at the end of these.
      const { pendingCalls } = begun[of]!.construction.calls;
      for (let call = before[of] ?? 0; call < pendingCalls.length; call += 1)
        pendingCalls[call] = { ...pendingCalls[call]!, mono, wall };
    }
  }
  loader.prepare = prepare;
  kept.length = 0;
  kept.push = (one: Kept) => {
    attempt(one[0]);
    return 0;
  };
}

/** Both times are there, and are not to come yet: a page may have clocks of its own. */
const hasTimes = (one: Kept): one is readonly [() => void, number, number] =>
  isTime(one[1]) && isTime(one[2]) && one[2] <= monotonic();
