// Loads the engine of a tracker. After a temporary failure, such as a lost network or a server that is being
// redeployed, it tries again; calls are kept meanwhile.

import { explainBriefly } from "./calls.ts";
import { deferred, startTimer } from "./environment.ts";
import type { Loader } from "./load.ts";
import type { Construction } from "./tracking.ts";

// The second attempt comes after 100 ms. Each further wait is four times as long, up to seven minutes.
const QUARTER_OF_FIRST_WAIT_MS = 25;
const MAX_COUNTED_TRIES = 7;

// A single failure is not reported.
const FIRST_REPORTED_TRY = 2;

/** Loads the engine, and begins to track. Resolves to whether that has succeeded so far. */
export function start(loader: Loader, construction: Construction, mono: number, wall: number): Promise<boolean> {
  const { calls } = construction;
  const { promise, settle } = deferred<boolean>();
  const begin = async (tries: number): Promise<void> => {
    try {
      settle(await (await loader.core())(construction, mono, wall));
    } catch (error) {
      // A thrown text means that a retry may succeed: see `load.ts`. There is no retry for a tracker that was shut
      // down, or without timers.
      const isTemporary = typeof error === "string" && !calls.isClosed;
      const next = tries < MAX_COUNTED_TRIES ? tries + 1 : tries;
      if (!isTemporary || !startTimer(() => begin(next), QUARTER_OF_FIRST_WAIT_MS * 4 ** tries)) {
        calls.turnOff("load_failed", "Loading failed. The tracker is off", error);
      } else if (tries === FIRST_REPORTED_TRY) {
        calls.suspendCalls(`Loading failed. Trying again: ${error}.`);
      } else {
        return;
      }
      settle(false);
    }
  };
  const reportEarlierRefusals = async (): Promise<void> => {
    try {
      if (calls.refused || construction.givenSettings.debug) (await loader.host?.())?.prepare(construction);
    } catch {
      calls.reportRefusals(explainBriefly);
    }
    settle(false);
  };
  loader.prepare?.(construction);
  if (calls.isOff) reportEarlierRefusals();
  else begin(1);
  return promise;
}
