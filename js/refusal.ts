// What of a page is refused, and why. The entry decides that; the sentence comes with
// the host: see `words.ts`.

/** What is wrong with what a method was passed. */
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

/** What forbids a call, whatever it is passed: see `words.ts`. */
export type Obstacle = "arguments" | "beforeSend" | "shutdown" | "wasm";

/** What is refused, and what was passed for it. */
export interface Refusal {
  readonly about: WrongArgument | Obstacle;
  readonly got?: unknown;
}

// What was thrown last.
let last: Refusal | undefined;

/** Throws that an argument cannot be taken. */
export function refuse(about: WrongArgument, got: unknown): never {
  last = { about, got };
  throw last;
}

/** The refusal that was thrown, or that the arguments cannot be read where something else was: nothing of the page's is asked. */
export function refusalOf(thrown: unknown): Refusal {
  const refusal = thrown === last ? last : undefined;
  // What was passed may be large.
  last = undefined;
  return refusal ?? { about: "arguments" };
}
