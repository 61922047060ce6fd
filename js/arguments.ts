// What the page passes to a method: checked at the call, where an error still
// comes with the stack that made it.

import { textOf } from "./capture.ts";
import { isTime } from "./clock.ts";
import { type Snapshot, snapshot } from "./details.ts";
import { ANY_ID, MAX_DETAILS_BYTES, MAX_ID_CHARS, MAX_TEXT_UNITS, PLAIN_ID } from "./generated/contract.ts";
import { attempt, find, isFiniteNumber, objectToString, replaceAll, slice, toBigInt, trim } from "./intrinsics.ts";
import { refuse, type WrongArgument } from "./refusal.ts";

/** Whether a value is an object whose keys are its data. Throws what a proxy throws, and a revoked one always does. */
export const isObject = (value: unknown): value is object =>
  typeof value === "object" && objectToString(value) === "[object Object]";

/** The same; what throws is none. */
export const isPlain = (value: unknown): value is Record<string, unknown> => !!attempt(() => isObject(value));

// NUL, and half of a surrogate pair, which is no character.
const UNREADABLE = /[\0\p{Surrogate}]/u;

/** An id as the engine takes it; nothing where the value is none. */
export function toId(value: unknown): string | undefined {
  let text = textOf(value);
  // Whole numbers turn to exponents at 1e21, and an id is a decimal string.
  if (typeof value === "bigint" || isFiniteNumber(value))
    text = `${(value as number) < 1e21 && (value as number) > -1e21 ? value : toBigInt(value as number)}`;
  // A pair is two units, and what is removed is nothing that an id is made of.
  const isShort = trim(text).length <= 4 * MAX_ID_CHARS;
  return find(PLAIN_ID, text) || (isShort && find(ANY_ID, clean(text))) || undefined;
}

/** A text that every receiver can read: NUL ends texts for some of them, and others choke on half a character. */
export const clean = (text: string): string =>
  trim(replaceAll(text, UNREADABLE, (found) => (found === "\0" ? "" : "\ufffd")));

/** An id, which has to be given. */
export const id = (name: WrongArgument, value: unknown): string => toId(value) ?? refuse(name, value);

/** What one event has in place of an id that is set: nothing for that one, an empty text for none. */
export const override = (name: WrongArgument, value: unknown): string | undefined =>
  value === undefined ? value : value === null ? "" : id(name, value);

/** How often a feature was used: a finite number, as JSON; nothing where none is given. */
export const useCount = (value: unknown): string | undefined =>
  value === undefined ? value : isFiniteNumber(value) ? `${value}` : refuse("total", value);

/** A time in ms. */
export const spentTime = (value: unknown): number => (isTime(value) ? value : refuse("timeSpent", value));

/** Any text, cut where it is too long. */
export const text = (name: WrongArgument, value: unknown): string =>
  typeof value === "string" ? clean(slice(value, 0, MAX_TEXT_UNITS)) : refuse(name, value);

/** What a call may be passed besides. */
export interface Options {
  readonly details?: unknown;
  readonly module?: unknown;
  readonly product?: unknown;
  readonly title?: unknown;
  readonly total?: unknown;
  readonly url?: unknown;
}

/** A copy of an object, each field read once. It has no prototype: what the page puts on that is none of it. Refuses what throws or is no object. */
export const fieldsOf = (name: WrongArgument, value: unknown): object =>
  attempt(() => isObject(value ?? {}) && ({ __proto__: null, ...(value as object) } as object)) || refuse(name, value);

/** The options of a call. */
export const options = (value: unknown): Options => fieldsOf("options", value);

/** A snapshot of plain data; nothing where none is given. */
export const details = (value: unknown): Snapshot | undefined =>
  value == null ? undefined : (isPlain(value) && snapshot(value, MAX_DETAILS_BYTES)) || refuse("details", value);
