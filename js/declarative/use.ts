// Which feature an event of the page uses.

import type { FeatureOptions } from "natero-wasm";
import { attributeOf, contains, isElement, kindOf } from "./nodes.ts";

/** A use of a feature. */
export interface Use {
  feature: string;
  options: FeatureOptions;
}

/** The use that an event stands for; `undefined` if it stands for none. */
export function useOf(event: Event): Use | undefined {
  // The path includes elements inside open shadow roots.
  const path = event.composedPath().filter(isElement);
  const at = path.findIndex((element) => attributeOf(element, "data-na-feature") !== null);
  const used = path[at];
  const feature = used && attributeOf(used, "data-na-feature");
  if (!used || !feature || event.type !== useOfKind(used) || isForwarded(event, path, used)) return undefined;
  const around = path.slice(at);
  const options: FeatureOptions = {};
  const total = attributeOf(used, "data-na-total");
  // An empty text would become 0. It is refused like any other text that is not a number.
  if (total !== null) options.total = total.trim() ? Number(total) : Number.NaN;
  const details = attributeOf(used, "data-na-details");
  if (details !== null) options.details = parsed(details);
  const module = named(around, "data-na-module");
  if (module) options.module = module;
  const product = named(around, "data-na-product");
  if (product) options.product = product;
  return { feature, options };
}

/** The kind of event that uses an element: a click, or a change of a field that is filled in. */
function useOfKind(element: Element): string {
  const kind = kindOf(element);
  if (kind === "form") return "submit";
  if (kind === "select" || kind === "textarea") return "change";
  const isPressed = ["button", "submit", "reset", "image"];
  return kind === "input" && !isPressed.includes((element as HTMLInputElement).type) ? "change" : "click";
}

/**
 * Whether a click on a label causes a second click on its control. If the same element sees both, only the second
 * counts.
 */
function isForwarded(event: Event, path: readonly Element[], used: Element): boolean {
  if (event.type !== "click") return false;
  const label = path.find((element): element is HTMLLabelElement => kindOf(element) === "label");
  const control = label?.control;
  return !!control && !path.includes(control) && contains(used, control);
}

function named(around: readonly Element[], name: string): string | undefined {
  for (const element of around) {
    const value = attributeOf(element, name);
    if (value) return value;
  }
  return undefined;
}

/** Parses JSON. Invalid JSON is passed on as it is, so that the tracker refuses it with its usual message. */
function parsed(details: string): Record<string, unknown> {
  try {
    return JSON.parse(details);
  } catch {
    return details as never;
  }
}
