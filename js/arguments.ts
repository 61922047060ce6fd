// What the page passes to a method: checked at the call, where an error still
// comes with the stack that made it.

import { type Snapshot, snapshot } from "./details.ts";
import { MAX_DETAILS_BYTES, MAX_ID_CHARS, MAX_TEXT_UNITS } from "./generated/contract.ts";
import {
  attempt,
  find,
  hasOwn,
  isFiniteNumber,
  isInteger,
  objectToString,
  replaceAll,
  slice,
  toBigInt,
  trim,
} from "./intrinsics.ts";

/** What is wrong with something that was passed. */
export const wrong = (what: string, expected: string, got: string): string =>
  `${what} must be ${expected}; got ${got}.`;

/** Throws why an argument cannot be taken: a text, which no page can have made something else of. */
function refuse(argument: string, expected: string, got: string): never {
  throw wrong(argument, expected, got);
}

/** What an id has to be. */
export const ID = `a string of 1 to ${MAX_ID_CHARS} characters`;

/** What a value is, for a message; only of plain data "an object". */
export function describe(value: unknown): string {
  const type = typeof value;
  if (value === null || type === "number" || type === "boolean" || type === "undefined") return `${value}`;
  if (type === "string") return clean(value as string) ? "a string" : "an empty string";
  if (type !== "object") return `a ${type}`;
  // A proxy may throw whatever it is asked, and a revoked one always does.
  const tag = attempt(() => objectToString(value));
  if (tag === undefined) return THROWING;
  if (tag === "[object Object]") return "an object";
  return tag === "[object Array]" ? "an array" : `a ${slice(tag, 8, -1)}`;
}

/** Whether a value is an object whose keys are its data. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && describe(value) === "an object";
}

/** An id as the engine takes it; nothing where the value is none. */
export function toId(value: unknown): string | undefined {
  const type = typeof value;
  if (type === "string") return find(PLAIN_ID, value as string) ? (value as string) : cleanId(value as string);
  // Numbers turn to exponents at 1e21, and an id is a decimal string.
  if (type === "bigint" || isFiniteNumber(value)) return `${isInteger(value) ? toBigInt(value as number) : value}`;
  return undefined;
}

// Visible ASCII, as nearly all ids are; spaces only within.
const PLAIN_ID = /* @__PURE__ */ new RegExp(`^[!-~]([ -~]{0,${MAX_ID_CHARS - 2}}[!-~])?$`);
// Characters, of which a surrogate pair is one.
const SHORT_ENOUGH = /* @__PURE__ */ new RegExp(`^.{1,${MAX_ID_CHARS}}$`, "su");
const NUL = /\0/;
// Half of a surrogate pair is no character: receivers may choke on it.
const HALF = /\p{Surrogate}/u;

function cleanId(text: string): string | undefined {
  const trimmed = trim(text);
  // A pair is two units, and what is removed below is nothing that an id is made of.
  if (trimmed.length > 4 * MAX_ID_CHARS) return undefined;
  const cleaned = clean(trimmed);
  return find(SHORT_ENOUGH, cleaned) ? cleaned : undefined;
}

/** A text that every receiver can read: NUL ends texts for some of them. */
const clean = (text: string): string => replaceAll(trim(replaceAll(text, NUL, "")), HALF, "\ufffd");

/** An id, which has to be given. */
export function id(name: string, value: unknown): string {
  const found = toId(value);
  if (found !== undefined) return found;
  const got = describe(value);
  refuse(name, ID, got === "a string" ? "a longer string" : got);
}

/** An id; nothing for `null`. */
export function idOrNull(name: string, value: unknown): string | undefined {
  return value === null ? undefined : id(name, value);
}

/** What one event has in place of an id that is set: nothing for that one, an empty text for none. */
export function override(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : value === null ? "" : id(name, value);
}

/** A finite number, as JSON; nothing where none is given. */
export function number(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !isFiniteNumber(value)) refuse(name, "a finite number", describe(value));
  return `${value}`;
}

/** A time in ms. */
export function time(name: string, value: unknown): number {
  // 10^15 ms are 30,000 years; the bound shuts out infinity.
  if (typeof value === "number" && value >= 0 && value < 1e15) return value;
  refuse(name, "a number of ms, 0 or more", describe(value));
}

/** Any text, cut where it is too long. */
export function text(name: string, value: unknown): string {
  if (typeof value !== "string") refuse(name, "a string", describe(value));
  return clean(slice(value, 0, MAX_TEXT_UNITS));
}

/** What options, settings and details have to be. */
export const PLAIN = "a plain object";

/** What is said of an object that cannot be read. */
export const THROWING = "an object that throws";

/** A copy of a plain object, each field read once; a text about what it is, if it is none. */
export function plainCopy(value: unknown): Record<string, unknown> | string {
  const got = describe(value);
  if (got !== "an object") return got;
  return attempt(() => ({ ...(value as object) })) ?? THROWING;
}

/** A copy of the options of a call. */
export function options(value: unknown): Record<string, unknown> {
  const copy = plainCopy(value ?? {});
  if (typeof copy === "string") refuse("options", PLAIN, copy);
  return copy;
}

/** One option, which every object of the page would have if it came from a prototype. */
export function option(given: Record<string, unknown>, name: string): unknown {
  return hasOwn(given, name) ? given[name] : undefined;
}

/** A snapshot of plain data; nothing where none is given. */
export function details(value: unknown): Snapshot | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isPlain(value)) refuse("details", PLAIN, describe(value));
  const data = snapshot(value, MAX_DETAILS_BYTES);
  if (data === undefined) {
    const largest = `${PLAIN} of at most ${MAX_DETAILS_BYTES / 1024} KiB as JSON`;
    refuse("details", largest, "more");
  }
  return data;
}
