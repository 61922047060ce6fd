// State shared by all copies of the wrappers on a page. A bundle may contain one copy for `import` and one for
// `require`.

import { SHARED_STATE_KEY } from "../generated/contract.ts";

/** The value that the first copy stored under a name. */
export function shared<Value extends object>(name: string, initial: Value): Value {
  const world = globalThis as unknown as Record<symbol, Value | undefined>;
  const key = Symbol.for(`${SHARED_STATE_KEY}/${name}`);
  // This has no effect if there is a value already, and does not throw if the page's global object is frozen.
  Reflect.defineProperty(world, key, { value: initial });
  return world[key] ?? initial;
}
