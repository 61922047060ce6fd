// `natero-wasm/react`: a tracker in components.

import type { na } from "natero-wasm";
import { useTracking } from "./context.ts";

export { NateroProvider, type NateroProviderProps, useModule } from "./context.ts";
export { type RouteMatch, usePathModule, useRouteModule } from "./routes.ts";
export { Track, type TrackProps } from "./track.ts";

/** The tracker of the provider above. */
export function useNatero(): na {
  return useTracking().tracker;
}
