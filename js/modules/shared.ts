// What all copies of the wrappers on a page share: a bundle may have one for `import` and another for `require`.

/** What the first of them has made under a name. */
export function shared<Value extends object>(name: string, made: Value): Value {
  const world = globalThis as unknown as Record<symbol, Value | undefined>;
  const key = Symbol.for(`natero-wasm/${name}`);
  // It changes nothing where there is one, and does not throw where the page lets nobody add anything.
  Reflect.defineProperty(world, key, { value: made });
  return world[key] ?? made;
}
