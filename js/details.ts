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
  find,
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

type MaybeSpoilt = { toJSON?: unknown };

const DEEPEST = 64;

/** How many bytes JSON may make of a text of one character, or of a number. */
const MOST_BYTES = 32;

// What is listed item by item.
const LIST = /Array]$/;

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
  return byteLength(json) <= largest ? json : undefined;
}

const ESCAPES = /\\(?:ud[89a-f]..|.)/;

/** Writes what a snapshot holds. */
export function toJson(copy: Snapshot): string {
  // A `toJSON` that the page has given to all objects is none of what has no prototype.
  const json =
    typeof copy === "string"
      ? copy
      : stringify("toJSON" in [] ? copyOfObject(copy, { room: Infinity, open: [] }, 0) : copy);
  // The replacement character stands for halves of surrogate pairs, which `JSON.stringify` writes
  // as `\ud83e`: receivers may choke on them.
  return indexOf(json, "\\ud") < 0 ? json : replaceAll(json, ESCAPES, (found) => (found.length > 2 ? "\ufffd" : found));
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
  const { open } = walk;
  if (walk.room < 0 || depth >= DEEPEST) return undefined;
  // A cycle.
  for (let at = 0; at < depth; at += 1) if (open[at] === value) return undefined;
  open[depth] = value;
  return attempt(() => {
    const tag = objectToString(value);
    if (!isFinal) {
      const { toJSON } = value as MaybeSpoilt;
      const kind = KINDS[tag];
      if (kind) return copyOf(kind(value as never, walk), walk, depth + 1, true);
      // Old libraries give all arrays, or all objects, a `toJSON` that makes texts of them.
      if (
        typeof toJSON === "function" &&
        toJSON !== ({} as MaybeSpoilt).toJSON &&
        toJSON !== ([] as MaybeSpoilt).toJSON
      )
        return copyOf(apply(toJSON as () => unknown, value, []), walk, depth + 1, true);
    }
    // To list the items of long ones would take seconds.
    if (find(LIST, tag) && (value as ArrayLike<unknown>).length > walk.room) {
      walk.room = -1;
      return undefined;
    }
    if (isArray(value)) {
      const items = hide([] as unknown[], "toJSON");
      // What is left out of a list leaves `null` there, which `JSON.stringify` sees to.
      for (let at = 0; at < value.length && walk.room >= 0; at += 1)
        items[at] = attempt(() => copyOf(value[at], walk, depth + 1));
      return items;
    }
    const names = keys(value);
    // This reads each field once, and runs no setter. Where it throws, and in a copy that has to
    // have no prototype, the fields are read one by one.
    const read = names.length <= walk.room && walk.room < Infinity && attempt(() => ({ ...value }) as Fields);
    const copy: Fields = read || { __proto__: null };
    for (let at = 0; at < names.length && walk.room >= 0; at += 1) {
      const name = names[at]!;
      try {
        const field = copyOf((read || (value as Fields))[name], walk, depth + 1);
        copy[name] = field;
        if (field !== undefined) walk.room -= name.length;
      } catch {}
    }
    return copy;
  });
}

/** What becomes of objects that are more than their fields, also those of another frame: by their tags. */
const KINDS = {
  __proto__: null,
  "[object Date]": (date: Date) => (isFiniteNumber(dateValue(date)) ? dateToIso(date) : null),
  "[object Error]": errorToString,
  "[object DOMException]": errorToString,
  "[object Map]": (map: Map<unknown, unknown>, walk: Walk) => {
    const fields: Fields = { __proto__: null };
    eachOfMap(map, (field, name) => {
      take(walk);
      // What cannot be a text names nothing.
      attempt(() => (fields[`${name}`] = field));
    });
    return fields;
  },
  "[object Set]": (set: Set<unknown>, walk: Walk) => {
    const items: unknown[] = [];
    eachOfSet(set, (item) => {
      take(walk);
      items[items.length] = item;
    });
    return items;
  },
} as unknown as Record<string, ((value: never, walk: Walk) => unknown) | undefined>;

/** Takes the room of a value. Throws where there is none. */
function take(walk: Walk): void {
  walk.room -= 1;
  if (walk.room < 0) throw walk;
}
