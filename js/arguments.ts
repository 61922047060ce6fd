// Arguments of methods. They are checked at the call, while an error still has the stack of the caller.

import { textOf } from "./capture.ts";
import { isTime } from "./clock.ts";
import { type Snapshot, snapshot } from "./details.ts";
import { ANY_ID, MAX_DETAILS_BYTES, MAX_ID_CHARS, MAX_TEXT_UNITS, PLAIN_ID } from "./generated/contract.ts";
import { attempt, find, isFiniteNumber, objectToString, replaceAll, slice, toBigInt, trim } from "./intrinsics.ts";
import { refuse, type WrongArgument } from "./refusal.ts";

/** Whether a value is an object whose keys are its data. Throws what a proxy throws; a revoked proxy always throws. */
export const isObject = (value: unknown): value is object =>
  typeof value === "object" && objectToString(value) === "[object Object]";

/** The same, but `false` for a value that throws. */
export const isPlain = (value: unknown): value is Record<string, unknown> => attempt(() => isObject(value))!;

// NUL, and half of a surrogate pair, which is not a character.
const UNREADABLE = /[\0\p{Surrogate}]/u;

/** An id as the engine takes it; `undefined` if the value is not a valid id. */
export function toId(value: unknown): string | undefined {
  let text = textOf(value);
  // Numbers of 1e21 and more print with an exponent, but an id is a decimal string.
  if (typeof value === "bigint" || isFiniteNumber(value))
    text = `${(value as number) < 1e21 && (value as number) > -1e21 ? value : toBigInt(value as number)}`;
  // A character has at most two units, and the removed ones cannot be part of an id. So a far longer text is not an
  // id.
  return find(PLAIN_ID, text) || (trim(text).length <= 4 * MAX_ID_CHARS && find(ANY_ID, clean(text))) || undefined;
}

/** A text that every receiver can read: some of them end texts at NUL, and others fail on half of a surrogate pair. */
export const clean = (text: string): string =>
  trim(replaceAll(text, UNREADABLE, (found) => (found === "\0" ? "" : "\ufffd")));

/** A required id. */
export const id = (name: WrongArgument, value: unknown): string => toId(value) ?? refuse(name, value);

/** The id that one event uses instead of the current one: `undefined` for the current one, an empty text for none. */
export const override = (name: WrongArgument, value: unknown): string | undefined =>
  value === undefined ? value : value === null ? "" : id(name, value);

/** How often a feature was used: a finite number, as JSON; `undefined` if none is given. */
export const useCount = (value: unknown): string | undefined =>
  value === undefined ? value : isFiniteNumber(value) ? `${value}` : refuse("total", value);

/** A time in ms. */
export const spentTime = (value: unknown): number => (isTime(value) ? value : refuse("timeSpent", value));

/** Any text, truncated if it is too long. */
export const text = (name: WrongArgument, value: unknown): string =>
  typeof value === "string" ? clean(slice(value, 0, MAX_TEXT_UNITS)) : refuse(name, value);

/** The options that a call may be passed. */
export interface Options {
  readonly details?: unknown;
  readonly module?: unknown;
  readonly product?: unknown;
  readonly title?: unknown;
  readonly total?: unknown;
  readonly url?: unknown;
}

/**
 * A copy of an object that reads each field once. It has no prototype, so that additions to `Object.prototype` do not
 * show up as fields. Refuses a value that throws or is not an object.
 */
export const fieldsOf = (name: WrongArgument, value: unknown): object =>
  attempt(() => isObject(value ?? {}) && ({ __proto__: null, ...(value as object) } as object)) || refuse(name, value);

/** The options of a call. */
export const options = (value: unknown): Options => fieldsOf("options", value);

/** A snapshot of plain data; `undefined` if none is given. */
export const details = (value: unknown): Snapshot | undefined =>
  value == null ? undefined : (isPlain(value) && snapshot(value, MAX_DETAILS_BYTES)) || refuse("details", value);
