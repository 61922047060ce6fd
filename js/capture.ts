// Captures parts of the page's environment when the library is loaded: interfaces and functions as they are then,
// accessors without reading them.

import { apply, attempt, getOwnPropertyDescriptor, getPrototypeOf, world } from "./intrinsics.ts";

type Anything = Record<string, unknown>;
type AnyFunction = (...parameters: never[]) => unknown;

// zone.js keeps the original of what it wraps under another name. Using the original, the tracker neither triggers
// change detection in an Angular app nor delays it from becoming stable.
const unwrappedName = attempt(
  () => (world as unknown as { Zone: { __symbol__: (name: string) => string } }).Zone.__symbol__,
);

/**
 * The descriptor of a property of an object, or of what it inherits from; without fields if there is none. It has no
 * prototype, so that additions to `Object.prototype` do not count as fields.
 */
function descriptorOf(object: unknown, name: string): PropertyDescriptor {
  let descriptor: PropertyDescriptor | undefined;
  attempt(() => {
    const unwrapped = unwrappedName?.(name);
    for (let holder = object; holder && !descriptor; holder = getPrototypeOf(holder)) {
      descriptor = (unwrapped && getOwnPropertyDescriptor(holder, unwrapped)) || getOwnPropertyDescriptor(holder, name);
    }
  });
  return { __proto__: null, ...descriptor } as PropertyDescriptor;
}

/**
 * Returns a function that reads a global: the value captured now, or what its accessor returns then. The type is not
 * checked; a wrong value fails when it is used, and each use is guarded.
 */
export function lookUp<Type>(name: string): () => Type | undefined {
  const descriptor = descriptorOf(world, name);
  let found = descriptor.value;
  return () => {
    // A missing global may still appear: a polyfill, or a page created for a test.
    found ??= attempt(() => (descriptor.get ? apply(descriptor.get, world, []) : (world as unknown as Anything)[name]));
    return found;
  };
}

/** A member of an interface, if it can be found without running an accessor. */
export function memberOf(type: string, name: string): PropertyDescriptor | undefined {
  return attempt(() => descriptorOf(descriptorOf(world, type).value.prototype, name));
}

/** A method of an interface, to be called on an instance. Named elements and own properties do not shadow it. */
export function method<Type extends object, Name extends string & keyof Type>(type: string, name: Name) {
  const captured = memberOf(type, name)?.value;
  type Captured = Type[Name] extends (...parameters: infer Parameters) => infer Result
    ? (self: Type, ...parameters: Parameters) => Result
    : never;
  return ((self: Type, ...parameters: unknown[]) =>
    apply((captured ?? self[name]) as AnyFunction, self, parameters)) as Captured;
}

/** An attribute of an interface, to be read from an instance; `undefined` if it does not exist. */
export function attribute<Type extends object, Name extends string & keyof Type>(type: string, name: Name) {
  const get = memberOf(type, name)?.get;
  return (self: Type | null | undefined): Type[Name] | undefined =>
    // Throws for an instance that does not exist.
    attempt(() => (get ? apply(get, self, []) : self![name]));
}

/** The value if it is a text, otherwise an empty text. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
