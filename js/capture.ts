// How things are taken from the page when the library is loaded: interfaces and
// functions as they are then, accessors unread.

import { apply, attempt, getOwnPropertyDescriptor, getPrototypeOf, world } from "./intrinsics.ts";

type Anything = Record<string, unknown>;
type AnyFunction = (...parameters: never[]) => unknown;

// What zone.js wraps it keeps under a name of its own. Used by that, nothing of
// ours makes an Angular app look for changes, or wait until it is stable.
const unwrappedName = attempt(
  () => (world as unknown as { Zone: { __symbol__: (name: string) => string } }).Zone.__symbol__,
);

/** Where a property is defined, on an object or what it inherits from. */
function descriptorOf(object: unknown, name: string): PropertyDescriptor | undefined {
  return attempt(() => {
    const unwrapped = unwrappedName?.(name);
    let descriptor: PropertyDescriptor | undefined;
    for (let holder = object; holder && !descriptor; holder = getPrototypeOf(holder)) {
      descriptor = (unwrapped && getOwnPropertyDescriptor(holder, unwrapped)) || getOwnPropertyDescriptor(holder, name);
    }
    return descriptor;
  });
}

/** How to get a global: the value that it has now, or what its accessor says when asked. Whether it is what it should be shows when it is used, which is guarded. */
export function lookUp<Type>(name: string): () => Type | undefined {
  const descriptor = descriptorOf(world, name);
  let found = descriptor?.value;
  return () => {
    // What is missing may still come: a polyfill, or a page made for a test.
    found ??= attempt(() =>
      descriptor?.get ? apply(descriptor.get, world, []) : (world as unknown as Anything)[name],
    );
    return found;
  };
}

/** A member of an interface, where it can be had without running an accessor. */
export function memberOf(type: string, name: string): PropertyDescriptor | undefined {
  return attempt(() => descriptorOf(descriptorOf(world, type)?.value.prototype, name));
}

/** A method of an interface, to be called on an object that has it. Elements and own properties do not shadow it. */
export function method<Type extends object, Name extends string & keyof Type>(type: string, name: Name) {
  const captured = memberOf(type, name)?.value;
  type Captured = Type[Name] extends (...parameters: infer Parameters) => infer Result
    ? (self: Type, ...parameters: Parameters) => Result
    : never;
  return ((self: Type, ...parameters: unknown[]) =>
    apply((captured ?? self[name]) as AnyFunction, self, parameters)) as Captured;
}

/** An attribute of an interface, to be read from an object that has it; nothing where there is none. */
export function attribute<Type extends object, Name extends string & keyof Type>(type: string, name: Name) {
  const get = memberOf(type, name)?.get;
  return (self: Type | null | undefined): Type[Name] | undefined =>
    self ? attempt(() => (get ? apply(get, self, []) : self[name])) : undefined;
}

/** What should be a text. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
