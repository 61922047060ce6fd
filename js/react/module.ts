// The module that the page is in while a component is mounted.

import { useState } from "react";
import { nextPlace } from "../modules/index.ts";
import { useEarlyEffect, useTracking } from "./context.ts";

/**
 * Enters a module for as long as the component is mounted. If several components enter one, the innermost counts.
 * `null`: the component enters none.
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
