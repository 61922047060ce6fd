// The tracker of a tree of components, and the module that the page is in.

import type { Id, na } from "natero-wasm";
import { createContext, createElement, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { absent, complain } from "../modules/absent.ts";
import { Modules } from "../modules/index.ts";

/** What components find above them. */
interface Tracking {
  readonly tracker: na;
  readonly modules: Modules;
}

const Context = createContext<Tracking | undefined>(undefined);

const NOBODY: Tracking = { tracker: absent, modules: new Modules(absent) };

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
export function NateroProvider(props: NateroProviderProps): ReactNode {
  const { accountId, userId, product, children } = props;
  // Not all who write components have a compiler that asks for it.
  const tracker = (props.tracker as na | null | undefined) ?? absent;
  if (tracker === absent) complain("/react: <NateroProvider> needs a `tracker`: pass one that new na(…) has made.");
  const [modules] = useState(() => new Modules(tracker));
  const tracking = useMemo(() => ({ tracker, modules }), [tracker, modules]);
  useEffect(() => modules.move(tracker), [tracker, modules]);
  useEffect(() => {
    if (accountId !== undefined) tracker.setAccountId(accountId);
  }, [tracker, accountId]);
  useEffect(() => {
    if (userId !== undefined) tracker.setUserId(userId);
  }, [tracker, userId]);
  useEffect(() => {
    if (product !== undefined) tracker.setProductId(product);
  }, [tracker, product]);
  return createElement(Context.Provider, { value: tracking }, children);
}

/** What is above a component. Without a provider nothing is tracked: an app does not end for want of figures. */
export function useTracking(): Tracking {
  const tracking = useContext(Context);
  if (!tracking) complain("/react: no <NateroProvider tracker={…}> is above this component: put one around the app.");
  return tracking ?? NOBODY;
}
