// The sentences by which refusals are told. They come with the host: until then
// refusals wait, see `calls.ts`.

import { clean } from "./arguments.ts";
import { MAX_DETAILS_BYTES, MAX_ID_CHARS } from "./generated/contract.ts";
import { attempt, find, objectToString, slice } from "./intrinsics.ts";
import type { Obstacle, Refusal, WrongArgument } from "./refusal.ts";

/** What an id has to be. */
export const ID = `a string of 1 to ${MAX_ID_CHARS} characters`;

/** What options, settings and details have to be. */
export const PLAIN = "a plain object";

const SMALL = `${PLAIN} of at most ${MAX_DETAILS_BYTES / 1024} KiB as JSON`;

const KEY = /Key$/;
const KEYS = ": pass the two keys of your source, new na(apiKey, authKey, settings)";

/** What is said of plain data. */
export const AN_OBJECT = "an object";

/** What is said of an object that cannot be read. */
export const THROWING = "an object that throws";

// Of what is not listed, an id is expected.
const EXPECTED: { readonly [Argument in WrongArgument]?: string } = {
  details: PLAIN,
  endpoint: "an http: or https: URL, or a path of this origin",
  options: PLAIN,
  settings: PLAIN,
  timeSpent: "a number of ms, 0 or more",
  title: "a string",
  total: "a finite number",
  url: "a string",
};

const OBSTACLES: Record<Obstacle, string> = {
  arguments: "its arguments cannot be read.",
  beforeSend: "a call from within beforeSend.",
  shutdown: "the tracker was shut down. Make a new one.",
  wasm: "too many calls wait for the wasm.",
};

/** What is wrong with something that was passed. */
export const wrong = (what: string, expected: string, got: string): string =>
  `${what} must be ${expected}; got ${got}.`;

/** What a value is; only of plain data "an object". */
function describe(value: unknown): string {
  const type = typeof value;
  if (value === null || type === "number" || type === "boolean" || type === "undefined") return `${value}`;
  if (type === "string") return clean(value as string) ? "a string" : "an empty string";
  if (type !== "object") return `a ${type}`;
  const tag = attempt(() => objectToString(value));
  if (tag === undefined) return THROWING;
  if (tag === "[object Object]") return AN_OBJECT;
  return tag === "[object Array]" ? "an array" : `a ${slice(tag, 8, -1)}`;
}

/** What a value is where something else is expected. */
export function describeMismatch(expected: string, got: unknown): string {
  const found = describe(got);
  return expected === ID && found === "a string" ? (got === "." ? "dots alone" : "a longer string") : found;
}

/** What is said of a refusal. */
export function explain(method: string, { about, got }: Refusal): string {
  const expected = EXPECTED[about as WrongArgument] ?? ID;
  let found = describeMismatch(expected, got);
  // What is plain data is refused where it throws; of details, mostly for its size.
  const isTooLarge = about === "details" && found === AN_OBJECT;
  if (expected === PLAIN && found === AN_OBJECT) found = isTooLarge ? "more" : THROWING;
  const problem = OBSTACLES[about as Obstacle] ?? wrong(about, isTooLarge ? SMALL : expected, found);
  const outcome = method === "new na" ? `The tracker is off${find(KEY, about) && KEYS}` : "The call was ignored";
  return `${method}: ${problem} ${outcome}.`;
}
