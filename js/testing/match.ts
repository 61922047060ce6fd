// Whether an event is the one that a test expects, and how to describe the actual events.

import type { ActionName, Details, TrackedEvent } from "../types.ts";

/**
 * What a field is expected to be: a value, a regular expression, a function that returns `true`, or an asymmetric
 * matcher of the test runner.
 */
export type Pattern<Value> =
  | Value
  | RegExp
  | ((value: Value) => boolean)
  | { asymmetricMatch(value: unknown): boolean };

/** Fields that an event must have. Fields that are left out may have any value, also within `details`. */
export interface ExpectedEvent {
  action?: Pattern<ActionName>;
  created_at?: Pattern<number>;
  event_id?: Pattern<string>;
  session_id?: Pattern<string>;
  visitor_id?: Pattern<string>;
  stream_id?: Pattern<string>;
  account_id?: Pattern<string>;
  user_id?: Pattern<string>;
  feature?: Pattern<string>;
  total?: Pattern<number>;
  module?: Pattern<string> | undefined;
  product?: Pattern<string> | undefined;
  details?: Pattern<Details>;
  time_spent?: Pattern<number>;
  active_duration?: Pattern<number>;
  url?: Pattern<string>;
  title?: Pattern<string>;
  referrer?: Pattern<string>;
}

/** Whether a value matches. */
export function matches(pattern: unknown, value: unknown): boolean {
  if (typeof pattern === "function") return pattern(value) === true;
  if (pattern instanceof RegExp) return typeof value === "string" && pattern.test(value);
  if (typeof pattern !== "object" || pattern === null) return Object.is(pattern, value);
  if ("asymmetricMatch" in pattern && typeof pattern.asymmetricMatch === "function")
    return pattern.asymmetricMatch(value) === true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(pattern))
    return (
      Array.isArray(value) && pattern.length === value.length && pattern.every((inner, at) => matches(inner, value[at]))
    );
  return Object.entries(pattern).every(([name, inner]) => matches(inner, (value as Record<string, unknown>)[name]));
}

// Fields that do not help to recognise an event in a list.
const LEFT_OUT = ["created_at", "session_id", "event_id", "visitor_id", "stream_id", "action", "seq"];

/** Describes an event on one line. */
export function inWords(event: TrackedEvent): string {
  const fields = Object.entries(event).filter(([name]) => !LEFT_OUT.includes(name));
  return [event.action, ...fields.map(([name, value]) => `${name}: ${JSON.stringify(value)}`)].join(" ");
}

/** Lists the existing events. */
export function listed(events: readonly TrackedEvent[]): string {
  if (!events.length) return "There was no event.";
  const lines = events.map((event, at) => `  ${at + 1}. ${inWords(event)}`);
  return `There ${events.length === 1 ? "was one" : `were ${events.length}`}:\n${lines.join("\n")}`;
}

/** What was expected, for a message. */
export function expectation(expected: ExpectedEvent): string {
  const fields = Object.entries(expected).map(([name, pattern]) => `${name}: ${shown(pattern)}`);
  return `{ ${fields.join(", ")} }`;
}

/** A pattern as its author wrote it, as far as possible. */
function shown(pattern: unknown): string {
  switch (typeof pattern) {
    case "bigint":
      return `${pattern}n`;
    case "function":
    case "symbol":
      return String(pattern);
    default:
  }
  if (pattern instanceof RegExp) return String(pattern);
  try {
    // Inside objects, these would be left out or throw.
    return JSON.stringify(pattern, (name, inner) =>
      name && (typeof inner === "bigint" || typeof inner === "function" || inner instanceof RegExp)
        ? shown(inner)
        : inner,
    );
  } catch {
    return String(pattern);
  }
}

/** An error that test runners show as a failed assertion, with a stack that begins at the test's own line. */
export function failed(message: string, from: (...parameters: never[]) => unknown): Error {
  const error = new Error(message);
  error.name = "AssertionError";
  (Error as { captureStackTrace?: (error: Error, from: unknown) => void }).captureStackTrace?.(error, from);
  return error;
}
