// How an entry comes by the host and the wasm: once for all trackers of a page,
// again after a failure.

import type { MakeCrossing } from "./host.ts";

/** Brings what makes engines. What is out of reach, and may be there later, is told by a text; an error is for good. */
export type Load = () => Promise<MakeCrossing>;

/** A load that is shared while it goes on and once it has succeeded. */
export function shared(load: Load): Load {
  let loading: Promise<MakeCrossing> | undefined;
  const begin = async (): Promise<MakeCrossing> => {
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
