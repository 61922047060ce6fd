// What wrappers do where an app has made a mistake: it is said once, and the app goes
// on without figures.

import type { na } from "natero-wasm";

const told = new Set<string>();

/** Says on the console what is wrong, once. */
export function complain(message: string): void {
  if (told.has(message)) return;
  told.add(message);
  console.error(`natero-wasm${message}`);
}

const ABSENT: Pick<na, "ready" | "flush" | "inspect" | "stats"> = {
  ready: Promise.resolve(false),
  inspect: () => Promise.resolve(false),
  flush: () => Promise.resolve({ delivered: 0, pending: 0, rejected: 0 }),
  stats: () =>
    ({ accepted: 0, delivered: 0, pending: 0, dropped: {}, requests: 0, retries: 0, bytesSent: 0 }) as ReturnType<
      na["stats"]
    >,
};

/** Stands in for a tracker where there is none: every method does nothing, every current value is null. */
export const absent = new Proxy(ABSENT, {
  get: (its, name) => {
    if (name in its) return its[name as keyof typeof ABSENT];
    // It is no promise, and nothing that can be iterated.
    return typeof name === "symbol" || name === "then" ? undefined : () => null;
  },
}) as na;
