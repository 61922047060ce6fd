// A component that sends feature events.

import type { GivenDetails, Id } from "natero-wasm";
import type { ReactElement, ReactNode } from "react";
import { reportOnce } from "../modules/absent.ts";
import { useTracking } from "./context.ts";
import { cloneElement, createElement, Fragment, isValidElement, useEffect, useState } from "./react.ts";

/** The properties of {@link Track}. */
export interface TrackProps {
  feature: Id;
  /** How often the feature was used. Default 1. */
  total?: number | undefined;
  /** The module for this event, instead of the current one; `null` for none. */
  module?: Id | null | undefined;
  /** The product for this event, instead of the current one; `null` for none. */
  product?: Id | null | undefined;
  /** More about this use. */
  details?: GivenDetails | undefined;
  /** What counts as a use: an event of the child, or that this component is shown. Default `"click"`. */
  on?: "click" | "submit" | "change" | "show" | undefined;
  /** The one element whose events count. `"show"` needs none. */
  children?: ReactNode;
}

const HANDLERS = { click: "onClick", submit: "onSubmit", change: "onChange" } as const;

type Handler = (...parameters: unknown[]) => unknown;

type Handlers = { [Name in (typeof HANDLERS)[keyof typeof HANDLERS]]?: Handler | undefined };

/** The parts of a node that React resolves before it renders it. No other node has them. */
interface LazyNode {
  readonly _init?: (payload: unknown) => ReactNode;
  readonly _payload?: unknown;
}

/**
 * Sends a feature event whenever its child is used: `<Track feature="export"><button>Export</button></Track>`. The
 * child's own handler runs first. Typing into a field counts once, when the field is left.
 */
export function Track(props: TrackProps): ReactElement {
  // A `Track` around this one passes its handlers down.
  const { feature, on = "click", children, onClick, onSubmit, onChange, ...options } = props as TrackProps & Handlers;
  const { tracker } = useTracking();
  const send = (): void => tracker.sendFeatureEvent(feature, options);
  // One object for as long as the component is mounted. No rendering depends on it.
  const [latest] = useState<Latest>({ send, isShown: false });
  useEffect(() => {
    latest.send = send;
    // StrictMode mounts components twice, but they are shown once.
    if (on !== "show" || latest.isShown) return;
    latest.isShown = true;
    send();
  });
  const added: Handlers = { onClick, onSubmit, onChange };
  if (on !== "show") added[HANDLERS[on]] = inTurn((event) => used(event, latest), added[HANDLERS[on]]);
  const names = Object.values(HANDLERS).filter((name) => added[name]);
  if (names[0]) {
    const child = resolved(children);
    if (isValidElement<Handlers>(child) && child.type !== Fragment) {
      const own = child.props;
      return cloneElement(child, Object.fromEntries(names.map((name) => [name, inTurn(own[name], added[name])])));
    }
    reportOnce(`/react: <Track feature="${feature}"> takes exactly one element, whose ${names[0]} it adds to.`);
  }
  return createElement(Fragment, null, children);
}

/**
 * The node that a lazy node stands for. Server components pass lazy nodes: always in development, and otherwise while the
 * rest of the page is still arriving. If the node has not arrived, this throws a promise, and React waits for it.
 */
function resolved(node: ReactNode): ReactNode {
  const { _init, _payload } = Object(node) as LazyNode;
  return _init ? resolved(_init(_payload)) : node;
}

/** Calls both handlers, even if the first throws. Returns the result of the first. */
const inTurn =
  (first: Handler | undefined, second: Handler | undefined): Handler =>
  (...parameters) => {
    try {
      return first?.(...parameters);
    } finally {
      second?.(...parameters);
    }
  };

/** The current state of a component. */
interface Latest {
  send: () => void;
  isShown: boolean;
  /** The field that the user types into. */
  field?: unknown;
}

/** React reports a change with every key. A field counts as used once it is left, or its form is submitted. */
function used(event: unknown, latest: Latest): void {
  const { nativeEvent, target } = Object(event) as { nativeEvent?: Event; target?: EventTarget };
  if (nativeEvent?.type !== "input") {
    latest.send();
  } else if (latest.field !== target) {
    latest.field = target;
    const end = (): void => {
      if (latest.field !== target) return;
      latest.field = undefined;
      latest.send();
    };
    // Browsers report no `change` if the component has set the value since, so this also listens to `blur`.
    for (const kind of ["change", "blur"]) target?.addEventListener(kind, end, { once: true });
  }
}
