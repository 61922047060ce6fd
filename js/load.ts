// How an entry loads the host and the wasm: once for all trackers of a page, and again after a failure. A thrown text
// means that something could not be loaded and a retry may succeed; an `Error` is final.

import type { Track } from "./host.ts";
import type { Prepare } from "./prepare.ts";

/** What an entry contains, and what it can load. */
export interface Loader {
  /** Present if the entry contains the host. */
  readonly prepare?: Prepare;
  /** Loads the host, if the entry does not contain it. */
  readonly host?: () => Promise<{ readonly prepare: Prepare }>;
  /** Loads what makes the engines of trackers. */
  readonly core: () => Promise<Track>;
}

/** Loads once: a load under way and a success are shared. A failure is not. */
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

/** Awaits a load that may fail for a while. Throws a text if it does. */
export async function awaitLoad<Found>(found: Promise<Found>): Promise<Found> {
  try {
    return await found;
  } catch (error) {
    throw `${error}`;
  }
}
