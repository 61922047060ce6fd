// What the language itself offers, taken when the library is loaded. A page may
// replace any of it later, and nothing that it puts in place may decide about
// consent, identity or delivery. For the same reason this code walks arrays by
// index: `for … of`, spreading and destructuring ask the page's iterators.
//
// What not every script needs is taken by a function that is called once: where
// nobody uses what it returns, the bundler leaves the call out.

export const apply = Reflect.apply;
export const construct = Reflect.construct;

type Method<Self, Parameters extends unknown[], Result> = (this: Self, ...parameters: Parameters) => Result;
type Uncurried<Self, Parameters extends unknown[], Result> = (self: Self, ...parameters: Parameters) => Result;

/** Makes a method a function whose first argument is the object. Old libraries replace `bind`, so that it is not used. */
const uncurry =
  <Self, Parameters extends unknown[], Result>(
    method: Method<Self, Parameters, Result>,
  ): Uncurried<Self, Parameters, Result> =>
  (self, ...parameters) =>
    apply(method, self, parameters);

export const arrayPrototype = /* @__PURE__ */ (() => Array.prototype)();
export const isArray = Array.isArray;

export const objectPrototype = Object.prototype;
export const create = Object.create;
export const defineProperty = Object.defineProperty;
export const getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
export const getPrototypeOf = Object.getPrototypeOf;
export const hasOwn = /* @__PURE__ */ uncurry(objectPrototype.hasOwnProperty);
export const keys = Object.keys;

export const max = Math.max;
export const min = Math.min;
export const random = Math.random;
export const isFiniteNumber = Number.isFinite;
export const isInteger = /* @__PURE__ */ (() => Number.isInteger)();
export const parse = JSON.parse;
export const stringify = JSON.stringify;
export const wallNow = Date.now;
export const encodeComponent = encodeURIComponent;
export const toBigInt = BigInt;
export const toNumber = Number;
export const OriginalDate = Date;
/** The language's own, whatever the page has made of `Promise`: awaiting one calls no method. */
export const OriginalPromise = (async () => {})().constructor as PromiseConstructor;

export const objectToString = /* @__PURE__ */ (() => uncurry(objectPrototype.toString))();
export const dateValue = /* @__PURE__ */ uncurry(Date.prototype.getTime);
export const dateToIso = /* @__PURE__ */ (() => uncurry(Date.prototype.toISOString))();

export const errorToString = /* @__PURE__ */ (() => uncurry(Error.prototype.toString))();
export const eachOfMap = /* @__PURE__ */ (() => uncurry(Map.prototype.forEach))();
export const eachOfSet = /* @__PURE__ */ (() => uncurry(Set.prototype.forEach))();

export const numberToString = /* @__PURE__ */ (() => uncurry(Number.prototype.toString))();
export const charCode = /* @__PURE__ */ (() => uncurry(String.prototype.charCodeAt))();
export const lastIndexOf = /* @__PURE__ */ (() => uncurry(String.prototype.lastIndexOf))() as Uncurried<
  string,
  [search: string],
  number
>;
export const indexOf = /* @__PURE__ */ (() => uncurry(String.prototype.indexOf))() as Uncurried<
  string,
  [search: string, from?: number],
  number
>;
export const slice = /* @__PURE__ */ uncurry(String.prototype.slice);
export const startsWith = /* @__PURE__ */ uncurry(String.prototype.startsWith) as Uncurried<
  string,
  [search: string],
  boolean
>;
export const trim = /* @__PURE__ */ uncurry(String.prototype.trim);

const exec = /* @__PURE__ */ uncurry(RegExp.prototype.exec);

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

/** Does what may throw where the page, or its browser, does not play along; tells whether it did not. */
export const succeeds = (action: () => unknown): boolean => !!attempt(() => [action()]);

/** What is found; nothing where looking for it throws. */
export function attempt<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}
