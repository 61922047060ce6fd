// Details and other plain data of the page. They are copied at the call, so that later changes by the page have no
// effect, and written as JSON when the call is executed.
//
// Copying costs a tenth of writing JSON, so the page pays only for the copy.

import { MAX_DETAILS_DEPTH } from "./generated/contract.ts";
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
  keys,
  objectToString,
  replaceAll,
  stringify,
} from "./intrinsics.ts";
import { byteLength } from "./web-storage.ts";

/** A copy that nobody else can change, or its JSON. */
export type Snapshot = string | object;

type Fields = Record<string, unknown>;

type MaybeToJson = { toJSON?: unknown };

/** Upper limit of the JSON bytes for a character, or for an item or field that is a number. */
const MAX_BYTES_PER_UNIT = 32;

// The tags of objects whose items are copied one by one.
const LIST = /Array]$/;

/** The state of copying. */
interface Walk {
  /** How many items, fields and characters still fit. None of them takes less than a byte of JSON. */
  room: number;
  /** The objects that contain the current one, outermost first. */
  readonly path: object[];
}

/** Copies an object. `undefined` if it cannot be read, or takes more than `maxBytes` bytes as JSON. */
export function snapshot(value: object, maxBytes: number): Snapshot | undefined {
  const walk: Walk = { room: maxBytes, path: [] };
  const copy = copyOfObject(value, walk, 0) as object | undefined;
  if (typeof copy !== "object" || isArray(copy) || walk.room < 0) return undefined;
  if ((maxBytes - walk.room) * MAX_BYTES_PER_UNIT < maxBytes) return copy;
  const json = toJson(copy);
  return byteLength(json) <= maxBytes ? json : undefined;
}

const ESCAPES = /\\(?:ud[89a-f]..|.)/;

/** Writes a snapshot as JSON. */
export function toJson(copy: Snapshot): string {
  // If the page has added a `toJSON` to all objects, the snapshot is copied to objects without a prototype.
  const json =
    typeof copy === "string"
      ? copy
      : stringify("toJSON" in [] ? copyOfObject(copy, { room: Infinity, path: [] }, 0) : copy);
  // `JSON.stringify` writes halves of surrogate pairs as `\ud83e`, on which receivers may fail. They become the
  // replacement character.
  return indexOf(json, "\\ud") < 0 ? json : replaceAll(json, ESCAPES, (found) => (found.length > 2 ? "\ufffd" : found));
}

/** Writes the details of a call as JSON. They are its last argument. */
export function writeDetails({ more }: { readonly more: unknown[] }): void {
  const last = more.length - 1;
  const details = more[last];
  if (typeof details === "object") more[last] = toJson(details as Snapshot);
}

/**
 * A copy of a value as JSON can hold it; `undefined` if it is left out. If `isFinal`, the value came from a `toJSON`
 * and is not asked again.
 */
function copyOf(value: unknown, walk: Walk, depth: number, isFinal?: boolean): unknown {
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
  }
  return undefined;
}

/** A copy of a nested object. If reading a field throws, only that field is left out. */
function copyOfObject(value: object, walk: Walk, depth: number, isFinal?: boolean): unknown {
  const { path } = walk;
  if (walk.room < 0 || depth >= MAX_DETAILS_DEPTH) return undefined;
  // A cycle.
  for (let at = 0; at < depth; at += 1) if (path[at] === value) return undefined;
  path[depth] = value;
  return attempt(() => {
    const tag = objectToString(value);
    if (!isFinal) {
      const { toJSON } = value as MaybeToJson;
      // An object may only claim to be of this kind, as the maps of some libraries do.
      const kind = KINDS[tag];
      const made = kind && attempt(() => kind(value as never, walk));
      if (made !== undefined) return copyOf(made, walk, depth + 1, true);
      // Old libraries add a `toJSON` to all arrays or all objects, which turns them into texts. It is ignored.
      if (
        typeof toJSON === "function" &&
        toJSON !== ({} as MaybeToJson).toJSON &&
        toJSON !== ([] as MaybeToJson).toJSON
      )
        return copyOf(apply(toJSON as () => unknown, value, []), walk, depth + 1, true);
    }
    // Listing the items of long ones would take seconds.
    if (find(LIST, tag) && (value as ArrayLike<unknown>).length > walk.room) {
      walk.room = -1;
      return undefined;
    }
    if (isArray(value)) {
      walk.room -= value.length;
      const items = hide([] as unknown[], "toJSON");
      // `JSON.stringify` writes `null` for an item that is left out.
      for (let at = 0; at < value.length && walk.room >= 0; at += 1)
        items[at] = attempt(() => copyOf(value[at], walk, depth + 1));
      return items;
    }
    const names = keys(value);
    // The spread reads each field once and runs no setter. If it throws, or if the copy must not have a prototype,
    // the fields are read one by one.
    const read = names.length <= walk.room && walk.room < Infinity && attempt(() => ({ ...value }) as Fields);
    const copy: Fields = read || { __proto__: null };
    for (let at = 0; at < names.length && walk.room >= 0; at += 1) {
      const name = names[at]!;
      try {
        const field = copyOf((read || (value as Fields))[name], walk, depth + 1);
        copy[name] = field;
        if (field !== undefined) walk.room -= name.length + 1;
      } catch {}
    }
    return copy;
  });
}

/** Objects that are more than their fields, by their tags, which also work for objects of other frames. */
const KINDS = {
  __proto__: null,
  // JSON has `null` for a date that is invalid, whose value is `NaN`.
  "[object Date]": (date: Date) => attempt(() => dateToIso(date)) ?? dateValue(date),
  "[object Error]": errorToString,
  "[object DOMException]": errorToString,
  "[object Map]": (map: Map<unknown, unknown>, walk: Walk) => {
    const fields: Fields = { __proto__: null };
    eachOfMap(map, (field, name) => {
      takeRoom(walk);
      // A key that cannot become a text is left out.
      attempt(() => (fields[`${name}`] = field));
    });
    return fields;
  },
  "[object Set]": (set: Set<unknown>, walk: Walk) => {
    const items: unknown[] = [];
    eachOfSet(set, (item) => {
      takeRoom(walk);
      items[items.length] = item;
    });
    return items;
  },
} as unknown as Record<string, ((value: never, walk: Walk) => unknown) | undefined>;

/** Takes room for one value. Throws if there is none. */
function takeRoom(walk: Walk): void {
  walk.room -= 1;
  if (walk.room < 0) throw walk;
}
