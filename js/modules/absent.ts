// What the wrappers do after a mistake in the app: they report it once, and the app goes on without tracking.

import type { na } from "natero-wasm";

const reported = new Set<string>();

/** Reports a mistake on the console, once. */
export function reportOnce(message: string): void {
  if (reported.has(message)) return;
  reported.add(message);
  console.error(`natero-wasm${message}`);
}

const no = Promise.resolve(false);

const ABSENT: Pick<na, "ready" | "flush" | "inspect" | "stats"> = {
  ready: no,
  inspect: () => no,
  flush: async () => ({ delivered: 0, pending: 0, rejected: 0 }),
  stats: () =>
    ({ accepted: 0, delivered: 0, pending: 0, dropped: {}, requests: 0, retries: 0, bytesSent: 0 }) as ReturnType<
      na["stats"]
    >,
};

/** Replaces a missing tracker. Its methods do nothing, and its getters return `null`. */
export const absent = new Proxy(ABSENT, {
  get: (its, name) => {
    if (name in its) return its[name as keyof typeof ABSENT];
    // It must not look like a promise or an iterable.
    return typeof name === "symbol" || name === "then" ? undefined : () => null;
  },
}) as na;
