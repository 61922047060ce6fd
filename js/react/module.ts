// The module that the page is in while a component is there.

import { useState } from "react";
import { nextPlace } from "../modules/index.ts";
import { useEarlyEffect, useTracking } from "./context.ts";

/**
 * Enters a module for as long as the component is there; of several the innermost counts. `null`: none of its own.
 *
 * @param name The module, such as the first part of the route.
 */
export function useModule(name: string | null | undefined): void {
  const { tracker, modules } = useTracking();
  const [place] = useState(nextPlace);
  useEarlyEffect(() => {
    if (name === null || name === undefined) return undefined;
    modules.enter(place, name, tracker);
    return () => modules.leave(place);
  }, [modules, tracker, place, name]);
}
