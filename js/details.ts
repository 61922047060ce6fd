// Details and other plain data of the page: copied at the call, so that what
// the page does with its objects later changes nothing, and written as JSON
// when the call is made.
//
// Copying costs a tenth of writing, so the page pays for the copy alone.

import {
  apply,
  attempt,
  dateToIso,
  dateValue,
  eachOfMap,
  eachOfSet,
  errorToString,
  hide,
  indexOf,
  isArray,
  isFiniteNumber,
  keys,
  objectToString,
  replaceAll,
  stringify,
} from "./intrinsics.ts";
import { byteLength } from "./web-storage.ts";

/** Data that is read by nobody else, or the JSON of it. */
export type Snapshot = string | object;

type Fields = Record<string, unknown>;

const DEEPEST = 64;

/** How many bytes JSON may make of a text of one character, or of a number. */
const MOST_BYTES = 32;

/** A copy under way. */
interface Walk {
  /** Values and characters that still fit: no value takes less than a byte of JSON. */
  room: number;
  /** Objects that contain the one at hand, outermost first. */
  readonly open: object[];
}

/** Copies an object. Nothing where it cannot be read, or takes more than `largest` bytes as JSON. */
export function snapshot(value: object, largest: number): Snapshot | undefined {
  const walk: Walk = { room: largest, open: [] };
  const copy = copyOfObject(value, walk, 0) as object | undefined;
  if (typeof copy !== "object" || isArray(copy) || walk.room < 0) return undefined;
  if ((largest - walk.room) * MOST_BYTES < largest) return copy;
  const json = toJson(copy);
  return fits(json, largest) ? json : undefined;
}

/** Writes what a snapshot holds. */
export function toJson(copy: Snapshot): string {
  if (typeof copy === "string") return copy;
  // Old libraries give arrays, or all objects, a `toJSON` that makes texts of them.
  if ("toJSON" in []) hideToJson(copy);
  return replaceHalves(stringify(copy));
}

/** Writes the details of a call, which are the last that it passes, as JSON. */
export function writeDetails({ more }: { readonly more: unknown[] }): void {
  const last = more.length - 1;
  const details = more[last];
  if (typeof details === "object") more[last] = toJson(details as Snapshot);
}

/** A copy of a value as JSON can hold it, and `undefined` for what is left out. What its `toJSON` made is `final`. */
function copyOf(value: unknown, walk: Walk, depth: number, isFinal?: boolean): unknown {
  walk.room -= 1;
  switch (typeof value) {
    case "string":
      walk.room -= value.length;
      return value;
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return copyOf(`${value}`, walk, depth);
    case "object":
      return value && copyOfObject(value, walk, depth, isFinal);
    default:
      return undefined;
  }
}

/** A copy of an object within another one: what throws costs its own key alone. */
function copyOfObject(value: object, walk: Walk, depth: number, isFinal?: boolean): unknown {
  if (walk.room < 0 || depth >= DEEPEST || isOpen(value, walk, depth)) return undefined;
  return attempt(() => {
    walk.open[depth] = value;
    if (!isFinal) {
      const { toJSON } = value as { toJSON?: unknown };
      const write = KINDS[objectToString(value)] ?? (isPageWide(toJSON) ? undefined : toJSON);
      if (typeof write === "function") return copyOf(apply(write as () => unknown, value, []), walk, depth + 1, true);
    }
    return isArray(value) ? copyOfItems(value, walk, depth) : copyOfFields(value as Fields, walk, depth);
  });
}

/** What becomes of objects that are more than their fields, also those of another frame: by their tags. */
const KINDS = {
  __proto__: null,
  "[object Date]": isoOf,
  "[object Error]": textOfError,
  "[object DOMException]": textOfError,
  "[object Map]"(this: Map<unknown, unknown>) {
    const fields: Fields = { __proto__: null };
    eachOfMap(this, (field, name) => {
      fields[`${name}`] = field;
    });
    return fields;
  },
  "[object Set]"(this: Set<unknown>) {
    const items: unknown[] = [];
    eachOfSet(this, (item) => {
      items[items.length] = item;
    });
    return items;
  },
} as unknown as Record<string, unknown>;

function textOfError(this: Error): string {
  return errorToString(this);
}

type MaybeSpoilt = { toJSON?: unknown };

/** Old libraries give all arrays, or all objects, a `toJSON` that makes texts of them. */
function isPageWide(toJSON: unknown): boolean {
  return toJSON === ({} as MaybeSpoilt).toJSON || toJSON === ([] as MaybeSpoilt).toJSON;
}

function isOpen(value: object, { open }: Walk, depth: number): boolean {
  for (let at = 0; at < depth; at += 1) if (open[at] === value) return true;
  return false;
}

function copyOfFields(value: Fields, walk: Walk, depth: number): Fields {
  let copy: Fields;
  try {
    // Reads each field once, and runs no setter.
    copy = { ...value };
  } catch {
    copy = readableFields(value);
  }
  const names = keys(copy);
  for (let at = 0; at < names.length && walk.room >= 0; at += 1) {
    const name = names[at]!;
    const field = copy[name];
    walk.room -= name.length;
    if (typeof field === "string") walk.room -= field.length + 1;
    else if (typeof field === "number") walk.room -= 1;
    else {
      const kept = copyOf(field, walk, depth + 1);
      // A field of its own is there, so this neither runs a setter nor sets a prototype.
      if (kept !== field) copy[name] = kept;
    }
  }
  return copy;
}

/** The fields that can be read. Without a prototype there is no setter to run. */
function readableFields(value: Fields): Fields {
  const fields: Fields = { __proto__: null };
  const names = keys(value);
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!;
    attempt(() => {
      fields[name] = value[name];
    });
  }
  return fields;
}

function copyOfItems(value: readonly unknown[], walk: Walk, depth: number): unknown[] {
  const items: unknown[] = [];
  // What is left out of a list leaves `null` there, which `JSON.stringify` sees to.
  for (let at = 0; at < value.length && walk.room >= 0; at += 1) items[at] = copyOf(value[at], walk, depth + 1);
  return items;
}

function isoOf(this: Date): unknown {
  return isFiniteNumber(dateValue(this)) ? dateToIso(this) : null;
}

/** Makes `JSON.stringify` find no `toJSON` in a copy. */
function hideToJson(copy: object): void {
  // Of its own it has data alone.
  if (typeof (copy as MaybeSpoilt).toJSON === "function") hide(copy, "toJSON");
  const names = keys(copy);
  for (let at = 0; at < names.length; at += 1) {
    const field = (copy as Fields)[names[at]!];
    if (field && typeof field === "object") hideToJson(field);
  }
}

const ESCAPES = /\\(?:ud[89a-f]..|.)/;

/** Puts the replacement character for halves of surrogate pairs, which `JSON.stringify` writes as `\ud83e`: receivers may choke on them. */
function replaceHalves(json: string): string {
  if (indexOf(json, "\\ud") < 0) return json;
  return replaceAll(json, ESCAPES, (found) => (found.length > 2 ? "\ufffd" : found));
}

/** Whether a text takes at most so many bytes as UTF-8. */
const fits = (text: string, largest: number): boolean => text.length <= largest && byteLength(text) <= largest;
