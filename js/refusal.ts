// What is refused, and why. The entry decides that; the messages come with the host: see `words.ts`.

/** The argument or setting that is wrong. */
export type WrongArgument =
  | "accountId"
  | "apiKey"
  | "authKey"
  | "details"
  | "endpoint"
  | "feature"
  | "module"
  | "moduleId"
  | "options"
  | "product"
  | "productId"
  | "settings"
  | "timeSpent"
  | "title"
  | "total"
  | "url"
  | "userId";

/** What forbids a call, whatever its arguments: see `words.ts`. */
export type CallObstacle = "arguments" | "beforeSend" | "shutdown" | "wasm";

/** What is refused, and the value that was passed. */
export interface Refusal {
  readonly about: WrongArgument | CallObstacle;
  readonly got?: unknown;
}

// The last refusal that was thrown.
let last: Refusal | undefined;

/** Throws a refusal of an argument. */
export function refuse(about: WrongArgument | "arguments", got?: unknown): never {
  last = { about, got };
  throw last;
}

/**
 * The refusal for something that was thrown. Anything but our own refusal came from the page's objects, so the
 * arguments cannot be read; it is not examined.
 */
export function refusalOf(thrown: unknown): Refusal {
  const refusal = thrown === last && last;
  // The passed value may be large, so it is not kept.
  last = undefined;
  return refusal || { about: "arguments" };
}
