// What the language itself offers, taken when the library is loaded. A page may
// replace any of it later, and nothing that it puts in place may decide about
// consent, identity or delivery. For the same reason this code walks arrays by
// index: `for … of`, spreading and destructuring ask the page's iterators.
//
// A page may have replaced it before, too, or taken it away: to load the library
// never throws. What is missing then throws where it is used, and a tracker tries
// what it cannot do without before it begins: see `na.ts`. What syntax can say is
// said by that.
//
// What not every script needs is taken by a function that is called once: where
// nobody uses what it returns, the bundler leaves the call out.

/** What is found; nothing where looking for it throws. */
export function attempt<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch {}
  return undefined;
}

/** Does what may throw where the page, or its browser, does not play along; tells whether it did not. */
export const succeeds = (action: () => unknown): boolean => !!attempt(() => [action()]);

/** The page's global object. */
export const world = /* @__PURE__ */ attempt(() => (typeof globalThis === "object" ? globalThis : self))!;

export const apply = /* @__PURE__ */ attempt(() => Reflect.apply)!;
export const construct = /* @__PURE__ */ attempt(() => Reflect.construct)!;

type Method<Self, Parameters extends unknown[], Result> = (this: Self, ...parameters: Parameters) => Result;
type Uncurried<Self, Parameters extends unknown[], Result> = (self: Self, ...parameters: Parameters) => Result;

/** Makes a method a function whose first argument is the object. Old libraries replace `bind`, so that it is not used. */
function uncurry<Self, Parameters extends unknown[], Result>(
  find: () => Method<Self, Parameters, Result>,
): Uncurried<Self, Parameters, Result> {
  const method = attempt(find)!;
  return (self, ...parameters) => apply(method, self, parameters);
}

export const defineProperty = /* @__PURE__ */ attempt(() => Object.defineProperty)!;
/** Gives an object nothing of its own by this name, in place of what a page may have given to all objects. */
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
/** The language's own, whatever the page has made of `Promise`: awaiting one calls no method. */
export const OriginalPromise = /* @__PURE__ */ attempt(() => (async () => {})().constructor as PromiseConstructor)!;

export const objectToString = /* @__PURE__ */ uncurry<unknown, [], string>(() => ({}).toString);
export const dateValue = /* @__PURE__ */ uncurry(() => OriginalDate.prototype.getTime);
export const dateToIso = /* @__PURE__ */ uncurry(() => OriginalDate.prototype.toISOString);

export const errorToString = /* @__PURE__ */ uncurry(() => Error.prototype.toString);
export const eachOfMap = /* @__PURE__ */ uncurry(() => Map.prototype.forEach);
export const eachOfSet = /* @__PURE__ */ uncurry(() => Set.prototype.forEach);

export const numberToString = /* @__PURE__ */ uncurry(() => Number.prototype.toString);
export const charCode = /* @__PURE__ */ uncurry(() => String.prototype.charCodeAt);
export const lastIndexOf = /* @__PURE__ */ uncurry<string, [search: string], number>(
  () => String.prototype.lastIndexOf,
);
export const indexOf = /* @__PURE__ */ uncurry<string, [search: string, from?: number], number>(
  () => String.prototype.indexOf,
);
export const slice = /* @__PURE__ */ uncurry(() => String.prototype.slice);
export const trim = /* @__PURE__ */ uncurry(() => String.prototype.trim);

/** A text begins so. */
export const startsWith = (text: string, search: string): boolean => slice(text, 0, search.length) === search;

const exec = /* @__PURE__ */ uncurry(() => RegExp.prototype.exec);

/** The first part of a text that matches; empty where none does. */
export const find = (pattern: RegExp, text: string): string => exec(pattern, text)?.[0] ?? "";

/** A text with everything that matches replaced by what a function makes of it. */
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
