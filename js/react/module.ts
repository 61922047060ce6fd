// The module that the page is in while a component is there.

import { useEffect, useLayoutEffect, useState } from "react";
import { nextPlace } from "../modules/index.ts";
import { useTracking } from "./context.ts";

// What components do in their own effects is done within the module: theirs come
// after all of these. A server has no layout, and React 18 would warn there.
const useEarlyEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;

/**
 * Enters a module for as long as the component is there; of several the innermost counts. `null`: none of its own.
 *
 * @param name The module, such as the first part of the route.
 */
export function useModule(name: string | null | undefined): void {
  const { modules } = useTracking();
  const [place] = useState(nextPlace);
  useEarlyEffect(() => {
    if (name === null || name === undefined) return undefined;
    modules.enter(place, name);
    return () => modules.leave(place);
  }, [modules, place, name]);
}
