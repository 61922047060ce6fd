// How an entry comes by the host and the wasm: once for all trackers of a page,
// again after a failure. What is out of reach, and may be there later, is told by a
// text; an error is for good.

import type { Track } from "./host.ts";
import type { Prepare } from "./prepare.ts";

/** What an entry has, and what it can bring. */
export interface Loader {
  /** Of an entry that carries the host. */
  readonly prepare?: Prepare;
  /** Brings the host, of one that does not. */
  readonly host?: () => Promise<{ readonly prepare: Prepare }>;
  /** Brings what makes the engines of trackers. */
  readonly core: () => Promise<Track>;
}

/** Loads once: what goes on, and what has succeeded, is shared. A failure is not. */
export function once<Found>(load: () => Promise<Found>): () => Promise<Found> {
  let loading: Promise<Found> | undefined;
  const begin = async (): Promise<Found> => {
    try {
      return await load();
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  return () => (loading ??= begin());
}

/** Waits for what may be out of reach. */
export async function reach<Found>(found: Promise<Found>): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    throw `${error}`;
  }
}
