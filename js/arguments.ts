// What the host page passes, turned into what the engine understands: a kind
// and a text. This happens at the time of the call, so that what the page does
// with its objects later changes nothing.

/** 0 absent, 1 null, 2 text, 3 wrong: the text says what came. As `src/convert.rs` reads them. */
export type Arg = readonly [kind: 0 | 1 | 2 | 3, text: string];

const ABSENT: Arg = [0, ""];

// The engine refuses ids over 256 characters. Two UTF-16 units a character and
// a few more are enough to see that, and keep a 10 MB string out of the wasm.
const LONGEST_ID = 520;

// Details are refused over 16 KiB of JSON: walking further is in vain.
const LARGEST_DETAILS = 16_384;
const DEEPEST_DETAILS = 64;

/** What a value is, for a message. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const type = typeof value;
  return type === "number" ? String(value) : (type === "object" ? "an " : "a ") + type;
}

/** An id: a string, or a number as its decimal string. */
export function id(value: unknown): Arg {
  switch (typeof value) {
    case "string":
      return [2, value.trim().slice(0, LONGEST_ID)];
    case "bigint":
      return [2, String(value).slice(0, LONGEST_ID)];
    case "undefined":
      return ABSENT;
    case "number":
      return [Number.isFinite(value) ? 2 : 3, String(value)];
    default:
      return value === null ? [1, ""] : [3, describe(value)];
  }
}

/** A text of any length up to 4,096 characters; the rest is cut off. */
export function text(value: unknown): Arg {
  return typeof value === "string" ? [2, value.slice(0, 4096)] : value === undefined ? ABSENT : [3, describe(value)];
}

/** A finite number, as JSON. */
export function number(value: unknown): Arg {
  return value === undefined ? ABSENT : typeof value === "number" ? id(value) : [3, describe(value)];
}

/** Plain data, as JSON. */
export function details(value: unknown): Arg {
  if (value === undefined || value === null) return ABSENT;
  if (typeof value !== "object" || Array.isArray(value)) return [3, describe(value)];
  let room = LARGEST_DETAILS;
  const open: unknown[] = [];
  const copy = (value: unknown): unknown => {
    // Every value, even an empty one, takes a place in the JSON.
    if (--room < 0) return;
    switch (typeof value) {
      case "string":
        room -= value.length;
        return room < 0 ? undefined : value.replace(/\p{Surrogate}/gu, "\ufffd");
      case "number":
        return Number.isFinite(value) ? value : null;
      case "bigint":
        return copy(String(value));
      case "boolean":
        return value;
      case "object":
        if (value === null) return value;
        if (value instanceof Date) return Number.isNaN(+value) ? null : value.toISOString();
        if (open.includes(value) || open.length > DEEPEST_DETAILS) return;
        open.push(value);
        try {
          if (Array.isArray(value)) return value.map((item) => copy(item) ?? null);
          const plain = Object.create(null);
          for (const key of Object.keys(value)) {
            room -= key.length;
            if (room < 0) break;
            try {
              const item = copy((value as Plain)[key]);
              if (item !== undefined) plain[copy(key) as string] = item;
            } catch {
              // A getter that throws costs its own key.
            }
          }
          return plain;
        } finally {
          open.pop();
        }
    }
    return;
  };
  try {
    const json = JSON.stringify(copy(value));
    return room < 0 ? [3, "more"] : [2, json];
  } catch {
    return [3, "an object that cannot be read"];
  }
}

type Plain = Record<string, unknown>;

/** An object whose properties can be read safely: they are read here, once. */
export function options<K extends string>(value: unknown, ...keys: K[]): Partial<Record<K, unknown>> | undefined {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) return;
  try {
    return Object.fromEntries(keys.map((key) => [key, (value as Plain)[key]])) as Partial<Record<K, unknown>>;
  } catch {
    return;
  }
}
