// Looks over the shoulder of a tracker: what its engine is told, what it asks for, and
// what the developer is told.
//
// It puts itself before methods of these very objects, and goes away without a trace.
// Hooks of the tracker's own would be in every page for the sake of the few that look.

import type { Calls } from "../calls.ts";
import type { Core, Effect } from "../generated/core.d.ts";

/** What is told of a tracker. None of it may throw. */
export interface Observer {
  /** The engine asks for something. */
  asked(effect: Effect): void;
  /** Everything that the engine asked for was handed out. */
  settled(): void;
  /** The server answered a request, in one of these ways. */
  answered(...answer: Tail<Parameters<Core["answered"]>>): void;
  unanswered(request: number): void;
  /** `beforeSend` let an event pass, as this line. */
  passed(line: string): void;
  /** `beforeSend` dropped an event, and threw or returned none. */
  filteredOut(threw: boolean): void;
}

type Tail<Parameters extends unknown[]> = Parameters extends [unknown, unknown, ...infer Rest] ? Rest : never;

type Methods = Record<string, (...given: never[]) => unknown>;

/** Calls `before` whenever a method of this one object is called, or `after` with what it returned; returns how to stop. */
function intercept<Owner extends object, Name extends keyof Owner & string>(
  owner: Owner,
  name: Name,
  told: { before?: (...given: never[]) => void; after?: (result: never) => void },
): () => void {
  const methods = owner as unknown as Methods;
  const original = methods[name]!;
  methods[name] = (...given) => {
    quietly(() => told.before?.(...given));
    const result = original.apply(owner, given);
    quietly(() => told.after?.(result as never));
    return result;
  };
  return () => {
    // The method of the class shows again.
    delete methods[name];
  };
}

/** A mistake of the panel is none of the tracker's, which would go off over it. */
function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    // Behind whatever goes on, where it harms nobody.
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Observes an engine; returns how to stop. */
export function observe(core: Core, observer: Observer): () => void {
  const stops = [
    intercept(core, "next", {
      after: (effect: Effect | undefined) => (effect ? observer.asked(effect) : observer.settled()),
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

/** Calls `told` with whatever the developer is told; returns how to stop. */
export function observeReports(calls: Calls, told: (...problem: Parameters<typeof calls.report>) => void): () => void {
  const original = calls.report;
  let isWatching = true;
  const watched: typeof calls.report = (...problem) => {
    if (isWatching) quietly(() => told(...problem));
    original.apply(calls, problem);
  };
  calls.report = watched;
  return () => {
    isWatching = false;
    // The host may have put something before it meanwhile, which stays.
    if (calls.report === watched) calls.report = original;
  };
}
