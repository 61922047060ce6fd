// Values that no argument can have, each created anew: [a description, a function that creates it].

const throws = () => {
  throw new Error("from the page's own code");
};

/** A proxy around a target of some kind, whose every trap throws. */
function trapped(target) {
  const traps = Reflect.ownKeys(Reflect).filter((name) => typeof Reflect[name] === "function");
  return new Proxy(target, Object.fromEntries(traps.map((name) => [name, throws])));
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function cyclic() {
  const value = { name: "cyclic" };
  value.self = value;
  return value;
}

function deep() {
  let value = {};
  for (let depth = 0; depth < 10_000; depth += 1) value = { value };
  return value;
}

const hostile = () => ({
  toString: throws,
  valueOf: throws,
  toJSON: throws,
  [Symbol.toPrimitive]: throws,
});

/** Objects that are not plain data in any context. */
export const OBJECTS = [
  ["an array", () => ["a"]],
  ["an empty array", () => []],
  ["a Map", () => new Map([["a", 1]])],
  ["a Set", () => new Set(["a"])],
  ["a Date", () => new Date(0)],
  ["an invalid Date", () => new Date(Number.NaN)],
  ["a regular expression", () => /a/],
  ["a promise", () => Promise.resolve("a")],
  ["bytes", () => new Uint8Array(3)],
  ["a proxy whose traps throw", () => trapped({})],
  ["a proxy of an array whose traps throw", () => trapped([])],
  ["a revoked proxy", () => revoked({})],
  ["a revoked proxy of an array", () => revoked([])],
];

/** Plain objects, which are wrong where a text or a number is expected. */
export const PLAIN = [
  ["an empty object", () => ({})],
  ["an object without a prototype", () => Object.create(null)],
  ["an object that cannot be made to text", hostile],
  ["an object with a throwing getter", () => Object.defineProperty({}, "a", { get: throws, enumerable: true })],
  ["an object that says it is text", () => ({ toString: () => "text", valueOf: () => 5 })],
  ["a cyclic object", cyclic],
  ["an object 10,000 deep", deep],
  ["boxed text", () => Object("text")],
  ["a boxed number", () => Object(5)],
];

export const FUNCTIONS = [
  ["a function", () => () => "a"],
  ["a class", () => class A {}],
  ["a function with throwing traps", () => trapped(() => "a")],
  ["a revoked function", () => revoked(() => "a")],
];

export const SYMBOLS = [
  ["a symbol", () => Symbol("a")],
  ["a registered symbol", () => Symbol.for("a")],
  ["a well-known symbol", () => Symbol.iterator],
];

export const BOOLEANS = [
  ["true", () => true],
  ["false", () => false],
];

export const NOT_FINITE = [
  ["NaN", () => Number.NaN],
  ["Infinity", () => Number.POSITIVE_INFINITY],
  ["-Infinity", () => Number.NEGATIVE_INFINITY],
];

/** Texts that are not valid ids. */
export const NO_ID = [
  ["an empty string", () => ""],
  ["blanks", () => "   "],
  ["whitespace of all kinds", () => "\t\n\r \u00a0\u2003\ufeff"],
  ["nothing but NUL", () => "\0\0"],
  ["257 characters", () => "x".repeat(257)],
  ["257 characters of two units each", () => "🦀".repeat(257)],
  ["10 MB of text", () => "x".repeat(10_000_000)],
  ["10 MB of blanks", () => " ".repeat(10_000_000)],
  ["257 halves of surrogate pairs", () => "\ud83e".repeat(257)],
];

export const TEXT = [
  ["text", () => "text"],
  ["a digit as text", () => "5"],
  ["half a surrogate pair", () => "\ud83e"],
];

export const BIGINT = [["a bigint", () => 5n]];
export const NUMBER = [["a number", () => 5]];
export const UNDEFINED = [["undefined", () => undefined]];
export const NULL = [["null", () => null]];

/** Wrong where an id is expected. */
export const IDS = [...UNDEFINED, ...OBJECTS, ...PLAIN, ...FUNCTIONS, ...SYMBOLS, ...BOOLEANS, ...NOT_FINITE, ...NO_ID];

/** Wrong where a number is expected. */
export const NUMBERS = [
  ...OBJECTS,
  ...PLAIN,
  ...FUNCTIONS,
  ...SYMBOLS,
  ...BOOLEANS,
  ...NOT_FINITE,
  ...NO_ID,
  ...TEXT,
  ...BIGINT,
];

/** Wrong where options or data are expected. */
export const BAGS = [
  ...OBJECTS,
  ...FUNCTIONS,
  ...SYMBOLS,
  ...BOOLEANS,
  ...NOT_FINITE,
  ...NO_ID,
  ...TEXT,
  ...BIGINT,
  ...NUMBER,
];

/** The values of a list that none of the other lists contain. */
export const without = (values, ...others) => values.filter((value) => !others.flat().includes(value));
