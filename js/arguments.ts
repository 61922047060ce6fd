// What the host page passes: checked, and turned into the text that the engine
// takes. This happens at the call, so that what the page does with its objects
// later changes nothing, and an error comes with the stack that made it.

/** Tells, by throwing, that an argument cannot be taken. */
export function refuse(argument: string, expected: string, got: string): never {
  throw new TypeError(`${argument} must be ${expected}; got ${got}.`);
}

/** Longest id, in characters. */
export const LONGEST_ID = 256;

// Details are refused over 16 KiB of JSON: walking further is in vain.
const LARGEST_DETAILS = 16_384;
const DEEPEST_DETAILS = 64;

// How the engine is told that an override is none; ids are trimmed and never this.
const NONE = " ";

// Half a surrogate pair is no text: receivers may choke on it.
const HALF = /\p{Surrogate}/gu;

/** What a value is, for a message; only of plain data "an object". */
export function describe(value: unknown): string {
  const type = typeof value;
  if (type === "number" || type === "boolean" || type === "undefined" || value === null) return String(value);
  if (type === "string") return clean(value as string).trim() ? "a string" : "an empty string";
  if (type !== "object") return `a ${type}`;
  try {
    const kind = {}.toString.call(value).slice(8, -1);
    return kind === "Object" ? "an object" : kind === "Array" ? "an array" : `a ${kind}`;
  } catch {
    // A proxy may throw whatever it is asked, and a revoked one always does.
    return "an object that throws";
  }
}

/** Text without what separates the parts of a message to the engine. */
export function clean(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "") : text;
}

/** An id as the engine takes it, or nothing where the value is none. */
export function toId(value: unknown): string | undefined {
  const type = typeof value;
  if (type !== "string" && type !== "bigint" && !Number.isFinite(value)) return;
  // `String` turns to exponents at 1e21, and an id is a decimal string.
  const id = clean(String(Number.isInteger(value) ? BigInt(value as number) : value).trim());
  // Characters, not UTF-16 units: those are looked at where it matters.
  const fits = id.length <= LONGEST_ID || (id.length <= 2 * LONGEST_ID && [...id].length <= LONGEST_ID);
  return id && fits ? id.replace(HALF, "\ufffd") : undefined;
}

/** An id, which has to be given. */
export function id(name: string, value: unknown): string {
  const id = toId(value);
  if (id === undefined) refuse(name, "a string of 1 to 256 characters", describe(value).replace("a string", "a longer string"));
  return id;
}

/** An id, or nothing for `null`. */
export function idOrNull(name: string, value: unknown): string {
  return value === null ? "" : id(name, value);
}

/** Nothing where the sticky value stands, else an id, or that there is none. */
export function override(name: string, value: unknown): string {
  return value === undefined ? "" : value === null ? NONE : id(name, value);
}

/** A finite number, as JSON; nothing where none is given. */
export function number(name: string, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value !== "number" || !Number.isFinite(value)) refuse(name, "a finite number", describe(value));
  return String(value);
}

/** Any text; what is over 4,096 characters is cut off. */
export function text(name: string, value: unknown): string {
  if (typeof value !== "string") refuse(name, "a string", describe(value));
  return clean(value.slice(0, 4096));
}

/** Properties of an object, each read once. */
export function options<K extends string>(name: string, value: unknown, keys: readonly K[]): Partial<Record<K, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isPlain(value)) refuse(name, "a plain object", describe(value));
  try {
    return Object.fromEntries(keys.map((key) => [key, value[key]])) as Partial<Record<K, unknown>>;
  } catch {
    refuse(name, "a plain object", "an object that throws");
  }
}

/** Plain data, as JSON; nothing where none is given. */
export function details(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (!isPlain(value)) refuse("details", "a plain object", describe(value));
  const json = toJson(value);
  if (json === undefined) refuse("details", "a plain object of at most 16 KiB as JSON", "more, or one that cannot be read");
  return json;
}

type Plain = Record<string, unknown>;

/** Whether a value is an object whose keys are its data. */
export function isPlain(value: unknown): value is Plain {
  return describe(value) === "an object";
}

/** An object as JSON; nothing where it cannot be read or is too large. */
export function toJson(value: object, largest = LARGEST_DETAILS): string | undefined {
  let room = largest;
  const open: object[] = [];
  const copy = (value: unknown): unknown => {
    // Every value takes a place in the JSON, so this ends.
    if (--room < 0) return;
    switch (typeof value) {
      case "string":
        room -= value.length;
        return room < 0 ? undefined : value.replace(HALF, "\ufffd");
      case "number":
        return Number.isFinite(value) ? value : null;
      case "bigint":
        return copy(String(value));
      case "boolean":
        return value;
      case "object":
        if (value === null) return value;
        // Not instanceof: frames have a Date of their own.
        if (describe(value) === "a Date") return Number.isNaN(+value) ? null : (value as Date).toISOString();
        if (open.includes(value) || open.length > DEEPEST_DETAILS) return;
        open.push(value);
        try {
          return Array.isArray(value) ? value.map((item) => copy(item) ?? null) : plain(value as Plain);
        } finally {
          open.pop();
        }
    }
    return;
  };
  const plain = (value: Plain): Plain => {
    const out = Object.create(null);
    for (const key of Object.keys(value)) {
      try {
        const item = copy(value[key]);
        if (item !== undefined) out[copy(key) as string] = item;
      } catch {
        // A getter that throws costs its own key.
      }
      if (room < 0) break;
    }
    return out;
  };
  try {
    const json = JSON.stringify(copy(value));
    return room < 0 || new TextEncoder().encode(json).length > largest ? undefined : json;
  } catch {
    return;
  }
}
