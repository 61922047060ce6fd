// The messages of refusals. They come with the host; until then refusals wait, see `calls.ts`.

import { clean } from "./arguments.ts";
import {
  EXPECTED_DETAILS,
  EXPECTED_ENDPOINT,
  EXPECTED_ID,
  EXPECTED_NUMBER,
  EXPECTED_PLAIN,
  EXPECTED_SPAN,
  EXPECTED_TEXT,
} from "./generated/contract.ts";
import { attempt, find, objectToString, slice } from "./intrinsics.ts";
import type { CallObstacle, Refusal, WrongArgument } from "./refusal.ts";

const KEY = /Key$/;
const KEYS = ": pass the two keys of your source, new na(apiKey, authKey, settings)";

/** How messages call plain data. */
export const AN_OBJECT = "an object";

/** How messages call an object that cannot be read. */
export const THROWING = "an object that throws";

// An argument that is not listed is expected to be an id.
const EXPECTED = {
  __proto__: null,
  details: EXPECTED_PLAIN,
  endpoint: EXPECTED_ENDPOINT,
  options: EXPECTED_PLAIN,
  settings: EXPECTED_PLAIN,
  timeSpent: EXPECTED_SPAN,
  title: EXPECTED_TEXT,
  total: EXPECTED_NUMBER,
  url: EXPECTED_TEXT,
} as { readonly [Argument in WrongArgument]?: string };

const CALL_OBSTACLES = {
  __proto__: null,
  arguments: "its arguments cannot be read.",
  beforeSend: "a call from within beforeSend.",
  shutdown: "the tracker was shut down. Make a new one.",
  wasm: "too many calls wait for the wasm.",
} as unknown as Record<CallObstacle, string>;

/** Says what is wrong with a passed value. */
export const wrong = (what: string, expected: string, got: string): string =>
  `${what} must be ${expected}; got ${got}.`;

/** Describes a value. Only plain data is called "an object". */
function describe(value: unknown): string {
  const type = typeof value;
  if (value === null || type === "number" || type === "boolean" || type === "undefined") return `${value}`;
  if (type === "string") return clean(value as string) ? EXPECTED_TEXT : "an empty string";
  if (type !== "object") return `a ${type}`;
  const tag = attempt(() => objectToString(value));
  if (tag === undefined) return THROWING;
  if (tag === "[object Object]") return AN_OBJECT;
  return tag === "[object Array]" ? "an array" : `a ${slice(tag, 8, -1)} object`;
}

/** Describes a value where another kind is expected. */
export function describeMismatch(expected: string, got: unknown): string {
  const found = describe(got);
  return expected === EXPECTED_ID && found === EXPECTED_TEXT ? (got === "." ? "dots alone" : "a longer string") : found;
}

/** The message for a refusal. */
export function explain(method: string, { about, got }: Refusal): string {
  const expected = EXPECTED[about as WrongArgument] ?? EXPECTED_ID;
  let found = describeMismatch(expected, got);
  // A plain object is refused if it throws. Details are mostly refused for their size.
  const isTooLarge = about === "details" && found === AN_OBJECT;
  if (expected === EXPECTED_PLAIN && found === AN_OBJECT) found = isTooLarge ? "more" : THROWING;
  const problem =
    CALL_OBSTACLES[about as CallObstacle] ?? wrong(about, isTooLarge ? EXPECTED_DETAILS : expected, found);
  const outcome = method === "new na" ? `The tracker is off${find(KEY, about) && KEYS}` : "The call was ignored";
  return `${method}: ${problem} ${outcome}.`;
}
