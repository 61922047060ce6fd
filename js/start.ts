// Brings a tracker its engine. What passes, as a network that fails or a server
// that is being set up anew, is waited for: calls are kept meanwhile.

import { deferred, later } from "./environment.ts";
import { min } from "./intrinsics.ts";
import type { Load } from "./load.ts";
import type { Tracking } from "./tracking.ts";

// The second try comes after 100 ms; each wait after that is four times as long.
const QUARTER_OF_FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 300_000;

// One failure passes without a word.
const TRIES_IN_SILENCE = 2;

/** Loads the engine, and begins to track. Tells whether it could so far. */
export function start(load: Load, tracking: Tracking, mono: number, wall: number): Promise<boolean> {
  const { calls } = tracking;
  const { promise, settle } = deferred<boolean>();
  const begin = async (tries: number): Promise<void> => {
    try {
      const makeCrossing = await load();
      settle(calls.begin(await makeCrossing(tracking, mono, wall)));
    } catch (error) {
      // What is out of reach is told by a text: see `load.ts`. Nobody waits for the engine
      // of a tracker that was shut down, or without timers.
      const mayPass = typeof error === "string" && !calls.isClosed;
      const wait = min(QUARTER_OF_FIRST_WAIT_MS * 4 ** tries, LONGEST_WAIT_MS);
      if (!mayPass || !later(() => begin(tries + 1), wait)) {
        calls.fail("load_failed", "The tracker could not be loaded and is off", error);
      } else if (tries === TRIES_IN_SILENCE) {
        calls.strand(`The tracker could not be loaded so far: ${error}. It is tried again.`);
      } else {
        return;
      }
      settle(false);
    }
  };
  if (calls.isOff) settle(false);
  else begin(1);
  return promise;
}
