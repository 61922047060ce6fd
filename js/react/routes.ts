// The module that a route stands for, in apps with a router.

import { useModule } from "./module.ts";

/** What is needed of a match of React Router. */
export interface RouteMatch {
  readonly handle?: unknown;
}

/**
 * Enters the module that the `handle` of a route names, `{ path: "reports", handle: { module: "reports" } }`: that of
 * the innermost route which has one, or none where it is `null`. For React Router: `useRouteModule(useMatches())`.
 */
export function useRouteModule(matches: readonly RouteMatch[]): void {
  useModule(
    matches
      .map(named)
      .filter((module) => module !== undefined)
      .at(-1),
  );
}

function named({ handle }: RouteMatch): string | null | undefined {
  const { module } = Object(handle) as { module?: unknown };
  return typeof module === "string" || module === null ? module : undefined;
}

/**
 * Enters the module that a path stands for: that of the longest of some paths with which it begins, part by part. A part
 * such as `:id` or `[id]` is any, and `:id?` or `[[...id]]` may be missing; `/` stands for all others. For Next: `usePathModule(usePathname(), { "/reports": "reports" })`.
 */
export function usePathModule(path: string | null | undefined, modules: Readonly<Record<string, string | null>>): void {
  useModule(moduleOf(split(path ?? ""), modules));
}

function moduleOf(parts: string[], modules: Readonly<Record<string, string | null>>): string | null | undefined {
  let best: string | null | undefined;
  let most = -1;
  for (const [pattern, module] of Object.entries(modules)) {
    const wanted = split(pattern);
    const fits = wanted.every((part, at) => (isAny(part) ? at < parts.length || isOptional(part) : part === parts[at]));
    // Of two that are as long, the one with fewer parts that are any.
    const weight = wanted.length - wanted.filter(isAny).length / (wanted.length + 1);
    if (!fits || weight <= most) continue;
    most = weight;
    best = module;
  }
  return best;
}

function isAny(part: string): boolean {
  return /^(?::|\[.*\]$)/.test(part);
}

function isOptional(part: string): boolean {
  return /^\[\[|\?$/.test(part);
}

function split(path: string): string[] {
  return path.split("/").filter(Boolean);
}
