// The tracker of a tree of components, and the module that the page is in.

import type { Id, na } from "natero-wasm";
import type { Context, ReactElement, ReactNode } from "react";
import { absent, reportOnce } from "../modules/absent.ts";
import { Modules, nextPlace } from "../modules/index.ts";
import { shared } from "../modules/shared.ts";
import { createContext, createElement, useContext, useEffect, useLayoutEffect, useMemo, useState } from "./react.ts";

/** What components receive from the provider above them. */
interface Tracking {
  readonly tracker: na;
  readonly modules: Modules;
}

/** One context per copy of React, because a context made by one copy need not work in another. */
const contexts = shared("react", new WeakMap<typeof createContext, Context<Tracking | undefined>>());

const TrackingContext = contexts.get(createContext) ?? createContext<Tracking | undefined>(undefined);
contexts.set(createContext, TrackingContext);

const trackingOf = (tracker: na): Tracking => ({ tracker, modules: Modules.of(tracker) });

const ABSENT_TRACKING = trackingOf(absent);

/**
 * An effect that runs before the ordinary effects of all components, so that a module is entered before they send
 * anything. A server has no layout, and there React 18 would warn about a layout effect.
 */
const useEarlyEffect: typeof useEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;

/** The properties of a provider. Ids that are left out stay as they are; `null` clears an id. */
export interface NateroProviderProps {
  /** Make it once, outside all components: `const tracker = new na(apiKey, authKey, { endpoint })`. */
  tracker: na;
  accountId?: Id | null | undefined;
  userId?: Id | null | undefined;
  product?: Id | null | undefined;
  children?: ReactNode;
}

/** Provides a tracker to the components below, and sets account, user and product. */
export function NateroProvider({ children, ...props }: NateroProviderProps): ReactElement {
  // JavaScript code is not forced by a compiler to pass it.
  const tracker = (props.tracker as na | null | undefined) ?? absent;
  if (tracker === absent) reportOnce("/react: <NateroProvider> needs a `tracker`: pass the one of new na().");
  const tracking = useMemo(() => trackingOf(tracker), [tracker]);
  // Comes first, so that its effects run before those of its siblings and of everything inside them.
  const identity = createElement(Identity, { ...props, tracker });
  return createElement(TrackingContext.Provider, { value: tracking }, identity, children);
}

/** Sets the provider's identity on its tracker. */
function Identity({ tracker, accountId, userId, product }: NateroProviderProps): null {
  const { modules } = useTracking();
  useEarlyEffect(() => {
    // The user comes first, because the account of a user who stays is not expected to change.
    if (userId !== undefined) tracker.setUserId(userId);
    if (accountId !== undefined) tracker.setAccountId(accountId);
  }, [tracker, accountId, userId]);
  // A `reset()` clears both ids, and is followed by another identity.
  useEarlyEffect(() => {
    if (product !== undefined) tracker.setProductId(product);
    modules.restore();
  }, [tracker, modules, accountId, userId, product]);
  return null;
}

/** What the provider above a component provides. Without a provider nothing is tracked; the app goes on. */
export function useTracking(): Tracking {
  const tracking = useContext(TrackingContext);
  if (!tracking) reportOnce("/react: no <NateroProvider> is around this component: put one around the app.");
  return tracking ?? ABSENT_TRACKING;
}

/**
 * Enters a module for as long as the component is mounted. If several components enter one, the innermost counts.
 * `null`: the component enters none.
 *
 * @param name The module, such as the first part of the route.
 */
export function useModule(name: string | null | undefined): void {
  const { tracker, modules } = useTracking();
  const [place] = useState(nextPlace);
  useEarlyEffect(() => {
    if (name === null || name === undefined) return undefined;
    modules.enter(place, name, tracker);
    return () => modules.leave(place);
  }, [modules, tracker, place, name]);
}
