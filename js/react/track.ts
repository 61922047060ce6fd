// A component that tells that a feature was used.

import type { GivenDetails, Id } from "natero-wasm";
import {
  cloneElement,
  createElement,
  Fragment,
  isValidElement,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
} from "react";
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

type Handler = (...parameters: unknown[]) => unknown;

type Handlers = { [Name in (typeof HANDLERS)[keyof typeof HANDLERS]]?: Handler | undefined };

/**
 * Tells that a feature was used whenever its child is: `<Track feature="export"><button>Export</button></Track>`. The
 * child's own handler runs first. What is typed is told once, as the field is left.
 */
export function Track(props: TrackProps): ReactElement {
  // Another around this one hands down what it adds.
  const { feature, on = "click", children, onClick, onSubmit, onChange, ...options } = props as TrackProps & Handlers;
  const { tracker } = useTracking();
  const send = (): void => tracker.sendFeatureEvent(feature, options);
  const latest = useRef<Latest>({ send, isShown: false });
  useEffect(() => {
    latest.current.send = send;
    // Components are put up twice under StrictMode, and are shown once.
    if (on !== "show" || latest.current.isShown) return;
    latest.current.isShown = true;
    send();
  });
  const added: Handlers = { onClick, onSubmit, onChange };
  if (on !== "show") added[HANDLERS[on]] = inTurn((event) => used(event, latest.current), added[HANDLERS[on]]);
  const names = Object.values(HANDLERS).filter((name) => added[name]);
  const child = isValidElement<Handlers>(children) && children.type !== Fragment && children;
  if (names.length > 0 && child) {
    const own = child.props;
    return cloneElement(child, Object.fromEntries(names.map((name) => [name, inTurn(own[name], added[name])])));
  }
  if (names.length > 0) {
    complain(`/react: <Track feature="${feature}"> takes exactly one element, whose ${names[0]} it adds to.`);
  }
  return createElement(Fragment, null, children);
}

/** Both, whatever the first throws; the result is that of the first. */
function inTurn(first: Handler | undefined, second: Handler | undefined): Handler {
  return (...parameters) => {
    try {
      return first?.(...parameters);
    } finally {
      second?.(...parameters);
    }
  };
}

/** What a component is at now. */
interface Latest {
  send: () => void;
  isShown: boolean;
  /** The field that is typed into. */
  field?: unknown;
}

/** React tells of a change with every key: a field is used once it is left, or its form submitted. */
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
    // A browser tells of no change where a component has set the value since.
    for (const kind of ["change", "blur"]) target?.addEventListener(kind, end, { once: true });
  }
}
