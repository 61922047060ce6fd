// Takes over what `snippet.js` kept before the classic script had loaded: the page's calls and constructions, each
// with its time. They are executed as if this script had been there from the beginning.

import { isTime, monotonic, wall as wallClock } from "./clock.ts";
import type { Track } from "./host.ts";
import { attempt } from "./intrinsics.ts";
import type { Prepare } from "./prepare.ts";
import type { Construction } from "./tracking.ts";

/** A call or construction to execute, and its time on the monotonic clock, if the page has one. */
type SnippetCall = readonly [call: () => void, mono?: unknown];

/** A moment on both clocks. */
type Times = readonly [mono: number, wall: number];

/** A tracker under construction, and the time of the construction. */
interface TimedConstruction {
  readonly construction: Construction;
  readonly times: Times | undefined;
}

/** The functions of a loader that contains the host. They are wrapped meanwhile. */
interface HostLoader {
  prepare: Prepare;
  core: () => Promise<Track>;
}

/**
 * Executes what the snippet kept, in order and with its times. Later calls, through a method of the stand-in that the
 * page still holds, are executed at once.
 */
export function executeSnippetCalls(snippetCalls: SnippetCall[], loader: HostLoader): void {
  const constructions: TimedConstruction[] = [];
  const { core, prepare } = loader;
  let times: Times | undefined;
  loader.prepare = (construction) => {
    constructions[constructions.length] = { construction, times };
    return prepare(construction);
  };
  loader.core = async () => {
    const track = await core();
    return (construction, mono, wall) => {
      for (let at = 0; at < constructions.length; at += 1) {
        const { construction: other, times } = constructions[at]!;
        if (other === construction && times) return track(construction, times[0], times[1]);
      }
      return track(construction, mono, wall);
    };
  };
  for (let at = 0; at < snippetCalls.length; at += 1) {
    const { 0: call, 1: when } = snippetCalls[at]!;
    times = timesOf(when);
    const before: number[] = [];
    for (let of = 0; of < constructions.length; of += 1)
      before[of] = constructions[of]!.construction.calls.pendingCalls.length;
    attempt(call);
    if (!times) continue;
    const { 0: mono, 1: wall } = times;
    for (let of = 0; of < constructions.length; of += 1) {
      // The engine has not loaded yet, so the calls are at the end of these.
      const { pendingCalls } = constructions[of]!.construction.calls;
      for (let number = before[of] ?? 0; number < pendingCalls.length; number += 1)
        pendingCalls[number] = { ...pendingCalls[number]!, mono, wall };
    }
  }
  loader.prepare = prepare;
  snippetCalls.length = 0;
  snippetCalls.push = ({ 0: call }: SnippetCall) => {
    attempt(call);
    return 0;
  };
}

/**
 * Both times of a moment on the monotonic clock; `undefined` if it is not a time, or in the future, because a page
 * may replace its clocks.
 */
function timesOf(when: unknown): Times | undefined {
  const now = monotonic();
  return isTime(when) && when <= now ? [when, wallClock() - (now - when)] : undefined;
}
