// A component that tells that a feature was used.

import type { GivenDetails, Id } from "natero-wasm";
import { cloneElement, isValidElement, type ReactElement, type ReactNode, useEffect, useRef } from "react";
import { complain } from "../modules/absent.ts";
import { useTracking } from "./context.ts";

/** What {@link Track} takes. */
export interface TrackProps {
  feature: Id;
  /** How often the feature was used. Default 1. */
  total?: number | undefined;
  /** Instead of the module that is set; `null` for none. */
  module?: Id | null | undefined;
  /** Instead of the product that is set; `null` for none. */
  product?: Id | null | undefined;
  /** More about this use. */
  details?: GivenDetails | undefined;
  /** What makes a use of it: an event of the child, or that this is shown. Default `"click"`. */
  on?: "click" | "submit" | "change" | "show" | undefined;
  /** The one element that is used. It needs none for `"show"`. */
  children?: ReactNode;
}

const HANDLERS = { click: "onClick", submit: "onSubmit", change: "onChange" } as const;

type Handlers = Partial<Record<(typeof HANDLERS)[keyof typeof HANDLERS], (...parameters: unknown[]) => unknown>>;

/** Tells that a feature was used whenever its child is: `<Track feature="export"><button>Export</button></Track>`. The child's own handler runs first. */
export function Track({ feature, on = "click", children, ...options }: TrackProps): ReactNode {
  const { tracker } = useTracking();
  const isShown = useRef(false);
  const send = (): void => tracker.sendFeatureEvent(feature, options);
  useEffect(() => {
    // Components are put up twice under StrictMode, and are shown once.
    if (on !== "show" || isShown.current) return;
    isShown.current = true;
    send();
  });
  if (on === "show") return children;
  if (!isValidElement(children)) {
    complain(`/react: <Track feature="${feature}"> takes exactly one element, whose ${HANDLERS[on]} it adds to.`);
    return children;
  }
  const child = children as ReactElement<Handlers>;
  const handler = HANDLERS[on];
  const own = child.props[handler];
  return cloneElement(child, {
    [handler]: (...parameters: unknown[]) => {
      try {
        return own?.(...parameters);
      } finally {
        send();
      }
    },
  });
}
