// The tracker of a tree of components, and the module that the page is in.

import type { Id, na } from "natero-wasm";
import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
} from "react";
import { absent, complain } from "../modules/absent.ts";
import { Modules } from "../modules/index.ts";
import { shared } from "../modules/shared.ts";

/** What components find above them. */
interface Tracking {
  readonly tracker: na;
  readonly modules: Modules;
}

/** One for each copy of React: what another has made need not work in it. */
const contexts = shared("react", new WeakMap<typeof createContext, Context<Tracking | undefined>>());

if (!contexts.has(createContext)) contexts.set(createContext, createContext<Tracking | undefined>(undefined));
const Above = contexts.get(createContext)!;

const trackingOf = (tracker: na): Tracking => ({ tracker, modules: Modules.of(tracker) });

const NOBODY = trackingOf(absent);

/** What components do in effects of either kind comes after these of the components around them and before them. A server has no layout, and React 18 would warn there. */
export const useEarlyEffect: typeof useEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;

/** What a provider takes. Ids that are left out are not touched; `null`: not known. */
export interface NateroProviderProps {
  /** Made once, outside of all components: `const tracker = new na(apiKey, authKey, { endpoint })`. */
  tracker: na;
  accountId?: Id | null | undefined;
  userId?: Id | null | undefined;
  product?: Id | null | undefined;
  children?: ReactNode;
}

/** Gives a tracker to the components below, and tells it whose usage it is. */
export function NateroProvider({ children, ...props }: NateroProviderProps): ReactElement {
  // Not all who write components have a compiler that asks for it.
  const tracker = (props.tracker as na | null | undefined) ?? absent;
  if (tracker === absent) complain("/react: <NateroProvider> needs a `tracker`: pass one that new na(…) has made.");
  const tracking = useMemo(() => trackingOf(tracker), [tracker]);
  // Its effects come before those of its siblings, and of all that is within them.
  const identity = createElement(Identity, { ...props, tracker });
  return createElement(Above.Provider, { value: tracking }, identity, children);
}

/** Tells the tracker of the provider whose usage it is. */
function Identity({ tracker, accountId, userId, product }: NateroProviderProps): null {
  const { modules } = useTracking();
  useEarlyEffect(() => {
    // The user first: the account of one who stays is not expected to change.
    if (userId !== undefined) tracker.setUserId(userId);
    if (accountId !== undefined) tracker.setAccountId(accountId);
  }, [tracker, accountId, userId]);
  // A `reset()`, which takes both away, comes with another identity.
  useEarlyEffect(() => {
    if (product !== undefined) tracker.setProductId(product);
    modules.restore();
  }, [tracker, modules, accountId, userId, product]);
  return null;
}

/** What is above a component. Without a provider nothing is tracked: an app does not end for want of figures. */
export function useTracking(): Tracking {
  const tracking = useContext(Above);
  if (!tracking) complain("/react: no <NateroProvider tracker={…}> is above this component: put one around the app.");
  return tracking ?? NOBODY;
}
