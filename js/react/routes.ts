// The module that belongs to a route, in apps with a router.

import { useModule } from "./context.ts";

/** The part of a React Router match that is used. */
export interface RouteMatch {
  readonly handle?: unknown;
}

/**
 * Enters the module named in the `handle` of a route, as in `{ path: "reports", handle: { module: "reports" } }`. The
 * innermost route with a `module` decides; `null` means no module. For React Router: `useRouteModule(useMatches())`.
 */
export function useRouteModule(matches: readonly RouteMatch[]): void {
  let innermost: string | null | undefined;
  for (const { handle } of matches) {
    const { module } = Object(handle) as { module?: unknown };
    if (typeof module === "string" || module === null) innermost = module;
  }
  useModule(innermost);
}

/**
 * Enters the module that belongs to a path. `modules` maps path prefixes to modules, and the longest matching prefix
 * decides. Prefixes are compared part by part. A part such as `:id` or `[id]` matches anything, `:id?` or `[[...id]]`
 * may also be missing, and `/` matches all other paths. For Next:
 * `usePathModule(usePathname(), { "/reports": "reports" })`.
 */
export function usePathModule(path: string | null | undefined, modules: Readonly<Record<string, string | null>>): void {
  useModule(moduleOf(split(path ?? ""), modules));
}

function moduleOf(parts: string[], modules: Readonly<Record<string, string | null>>): string | null | undefined {
  let best: string | null | undefined;
  let most = -1;
  for (const [pattern, module] of Object.entries(modules)) {
    const wanted = split(pattern);
    const fits = wanted.every((part, at) =>
      isAny(part) ? at < parts.length || /^\[\[|\?$/.test(part) : part === parts[at],
    );
    // Of two prefixes of equal length, the one with fewer wildcard parts wins.
    const weight = wanted.length - wanted.filter(isAny).length / (wanted.length + 1);
    if (!fits || weight <= most) continue;
    most = weight;
    best = module;
  }
  return best;
}

const isAny = (part: string): boolean => /^(?::|\[.*\]$)/.test(part);

const split = (path: string): string[] => path.split("/").filter(Boolean);
