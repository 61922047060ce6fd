// Observes a tracker: the inputs of its engine, the effects it asks for, and the problems reported to the developer.
//
// It replaces methods of these particular objects, and restores them when it stops. Hooks inside the tracker would be
// part of every page's download, though only few pages use them.

import type { Calls } from "../calls.ts";
import type { Core, Effect } from "../generated/core.d.ts";

/** Receives what a tracker does. None of its methods may throw. */
export interface Observer {
  /** The engine asks for this effect. */
  requested(effect: Effect): void;
  /** All effects were handed out. */
  settled(): void;
  /** The server answered a request. */
  answered(...answer: Tail<Parameters<Core["answered"]>>): void;
  unanswered(request: number): void;
  /** `beforeSend` let an event pass, as this line. */
  passed(line: string): void;
  /** `beforeSend` dropped an event; if `threw`, it threw or returned no event. */
  filteredOut(threw: boolean): void;
}

type Tail<Parameters extends unknown[]> = Parameters extends [unknown, unknown, ...infer Rest] ? Rest : never;

type Methods = Record<string, (...parameters: never[]) => unknown>;

/**
 * Calls `before` whenever a method of this object is called, and `after` with the result. Returns a function that
 * stops that.
 */
function intercept<Owner extends object, Name extends keyof Owner & string>(
  owner: Owner,
  name: Name,
  hooks: { before?: (...parameters: never[]) => void; after?: (result: never) => void },
): () => void {
  const methods = owner as unknown as Methods;
  const original = methods[name]!;
  methods[name] = (...parameters) => {
    isolate(() => hooks.before?.(...parameters));
    const result = original.apply(owner, parameters);
    isolate(() => hooks.after?.(result as never));
    return result;
  };
  return () => {
    // Makes the class's method visible again.
    delete methods[name];
  };
}

/** Keeps mistakes of the panel away from the tracker, which would turn off. */
function isolate(action: () => void): void {
  try {
    action();
  } catch (error) {
    // Reports the error in a task of its own, where it cannot affect the tracker.
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Observes an engine. Returns a function that stops that. */
export function observe(core: Core, observer: Observer): () => void {
  const stops = [
    intercept(core, "next", {
      after: (effect: Effect | undefined) => (effect ? observer.requested(effect) : observer.settled()),
    }),
    intercept(core, "answered", {
      before: (...[, , ...answer]: Parameters<Core["answered"]>) => observer.answered(...answer),
    }),
    intercept(core, "unanswered", { before: (_mono, _wall, request: number) => observer.unanswered(request) }),
    intercept(core, "filtered", { before: (_mono, _wall, line: string) => observer.passed(line) }),
    intercept(core, "filteredOut", { before: (_mono, _wall, threw: boolean) => observer.filteredOut(threw) }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Calls `onReport` with each problem reported to the developer. Returns a function that stops that. */
export function observeReports(
  calls: Calls,
  onReport: (...problem: Parameters<typeof calls.report>) => void,
): () => void {
  const original = calls.report;
  let isWatching = true;
  const watched: typeof calls.report = (...problem) => {
    if (isWatching) isolate(() => onReport(...problem));
    original.apply(calls, problem);
  };
  calls.report = watched;
  return () => {
    isWatching = false;
    // If the host has replaced the method meanwhile, its replacement stays.
    if (calls.report === watched) calls.report = original;
  };
}
