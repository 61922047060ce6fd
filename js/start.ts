// Brings a tracker its engine. What passes, as a network that fails or a server
// that is being set up anew, is waited for: calls are kept meanwhile.

import { inShort } from "./calls.ts";
import { deferred, startTimer } from "./environment.ts";
import type { Loader } from "./load.ts";
import type { Construction } from "./tracking.ts";

// The second try comes after 100 ms; each wait after that is four times as long, and
// the longest takes seven minutes.
const QUARTER_OF_FIRST_WAIT_MS = 25;
const MOST_TRIES_COUNTED = 7;

// One failure passes without a word.
const TRIES_IN_SILENCE = 2;

/** Loads the engine, and begins to track. Tells whether it could so far. */
export function start(loader: Loader, construction: Construction, mono: number, wall: number): Promise<boolean> {
  const { calls } = construction;
  const { promise, settle } = deferred<boolean>();
  const begin = async (tries: number): Promise<void> => {
    try {
      const track = await loader.core();
      settle(await track(construction, mono, wall));
    } catch (error) {
      // What is out of reach is told by a text: see `load.ts`. Nobody waits for the engine
      // of a tracker that was shut down, or without timers.
      const mayPass = typeof error === "string" && !calls.isClosed;
      const next = tries < MOST_TRIES_COUNTED ? tries + 1 : tries;
      if (!mayPass || !startTimer(() => begin(next), QUARTER_OF_FIRST_WAIT_MS * 4 ** tries)) {
        calls.turnOff("load_failed", "Loading failed. The tracker is off", error);
      } else if (tries === TRIES_IN_SILENCE) {
        calls.strand(`Loading failed. Trying again: ${error}.`);
      } else {
        return;
      }
      settle(false);
    }
  };
  const tellWhy = async (): Promise<void> => {
    try {
      if (calls.refused || construction.given.debug) (await loader.host?.())?.prepare(construction);
    } catch {
      calls.tellRefusals(inShort);
    }
    settle(false);
  };
  loader.prepare?.(construction);
  if (calls.isOff) tellWhy();
  else begin(1);
  return promise;
}
