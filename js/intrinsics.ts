// The language's own functions, captured when the library is loaded. A page may replace any of them later, and no
// replacement may decide about consent, identity or delivery. For the same reason this code walks arrays by index:
// `for … of`, spreading and destructuring call the page's iterators.
//
// A page may also have replaced or removed them before. Loading the library never throws. A missing function throws
// when it is used, and a new tracker first tries those that it cannot do without: see `na.ts`. Where syntax can
// replace a function, this code uses syntax.
//
// Functions that not every script needs are captured by a call marked as pure, so that bundlers can drop those that
// nobody uses.

/** The result of a function; `undefined` if it throws. */
export function attempt<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch {}
  return undefined;
}

/** Runs an action that may throw if the page or the browser does not support it. Returns whether it succeeded. */
export const succeeds = (action: () => unknown): boolean => !!attempt(() => [action()]);

/** The page's global object. */
export const world = /* @__PURE__ */ attempt(() => (typeof globalThis === "object" ? globalThis : self))!;

export const apply = /* @__PURE__ */ attempt(() => Reflect.apply)!;
export const construct = /* @__PURE__ */ attempt(() => Reflect.construct)!;

type Method<Self, Parameters extends unknown[], Result> = (this: Self, ...parameters: Parameters) => Result;
type Uncurried<Self, Parameters extends unknown[], Result> = (self: Self, ...parameters: Parameters) => Result;

/** Turns a method into a function that takes the object first. It does not use `bind`, which old libraries replace. */
function uncurry<Self, Parameters extends unknown[], Result>(
  find: () => Method<Self, Parameters, Result>,
): Uncurried<Self, Parameters, Result> {
  const method = attempt(find)!;
  return (self, ...parameters) => apply(method, self, parameters);
}

export const defineProperty = /* @__PURE__ */ attempt(() => Object.defineProperty)!;
/** Hides an inherited property, which the page may have added to all objects. */
export function hide<Holder extends object>(holder: Holder, name: string): Holder {
  attempt(() => defineProperty(holder, name, { __proto__: null } as object));
  return holder;
}
export const getOwnPropertyDescriptor = /* @__PURE__ */ attempt(() => Object.getOwnPropertyDescriptor)!;
export const getPrototypeOf = /* @__PURE__ */ attempt(() => Object.getPrototypeOf)!;
export const keys = /* @__PURE__ */ attempt(() => Object.keys)!;

export const isArray = /* @__PURE__ */ attempt(() => Array.isArray)!;
export const ownNames = /* @__PURE__ */ uncurry<unknown, [object], string[]>(() => Object.getOwnPropertyNames);
export const hasOwn = /* @__PURE__ */ uncurry<object, [name: PropertyKey], boolean>(() => ({}).hasOwnProperty);

// biome-ignore lint/complexity/useMathMinMax: the page may have broken Math.
export const max = (one: number, other: number): number => (one > other ? one : other);
// biome-ignore lint/complexity/useMathMinMax: as above.
export const min = (one: number, other: number): number => (one < other ? one : other);
export const isFiniteNumber = (value: unknown): boolean => typeof value === "number" && value - value === 0;
export const toNumber = (text: string | undefined): number => +text!;

export const parse = /* @__PURE__ */ attempt(() => JSON.parse)!;
export const stringify = /* @__PURE__ */ attempt(() => JSON.stringify)!;
export const encodeComponent = /* @__PURE__ */ attempt(() => encodeURIComponent)!;
export const toBigInt = /* @__PURE__ */ attempt(() => BigInt)!;
export const OriginalDate = /* @__PURE__ */ attempt(() => Date)!;
export const wallNow = /* @__PURE__ */ attempt(() => OriginalDate.now)!;
/**
 * The original `Promise`, whatever the page has made of the global one. Awaiting one of its promises calls no
 * replaced method.
 */
export const OriginalPromise = /* @__PURE__ */ attempt(() => (async () => {})().constructor as PromiseConstructor)!;

export const objectToString = /* @__PURE__ */ uncurry<unknown, [], string>(() => ({}).toString);
export const dateValue = /* @__PURE__ */ uncurry(() => OriginalDate.prototype.getTime);
export const dateToIso = /* @__PURE__ */ uncurry(() => OriginalDate.prototype.toISOString);

export const errorToString = /* @__PURE__ */ uncurry(() => Error.prototype.toString);
export const eachOfMap = /* @__PURE__ */ uncurry(() => Map.prototype.forEach);
export const eachOfSet = /* @__PURE__ */ uncurry(() => Set.prototype.forEach);

export const charCode = /* @__PURE__ */ uncurry(() => String.prototype.charCodeAt);
export const lastIndexOf = /* @__PURE__ */ uncurry<string, [search: string], number>(
  () => String.prototype.lastIndexOf,
);
export const indexOf = /* @__PURE__ */ uncurry<string, [search: string, from?: number], number>(
  () => String.prototype.indexOf,
);
export const slice = /* @__PURE__ */ uncurry(() => String.prototype.slice);
export const trim = /* @__PURE__ */ uncurry(() => String.prototype.trim);

/** Whether a text begins with another. */
export const startsWith = (text: string, search: string): boolean => slice(text, 0, search.length) === search;

const exec = /* @__PURE__ */ uncurry(() => RegExp.prototype.exec);

/** The first match in a text; empty if there is none. */
export const find = (pattern: RegExp, text: string): string => exec(pattern, text)?.[0] ?? "";

/** Replaces each match in a text by the result of a function. */
export function replaceAll(text: string, pattern: RegExp, by: (found: string) => string): string {
  let replaced = "";
  let rest = text;
  for (let match = exec(pattern, rest); match; match = exec(pattern, rest)) {
    const { 0: found, index } = match;
    replaced += slice(rest, 0, index) + by(found);
    rest = slice(rest, index + found.length);
  }
  return replaced + rest;
}
