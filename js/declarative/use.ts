// Which feature an event of the page uses.

import type { FeatureOptions } from "natero-wasm";

/** A use of a feature. */
export interface Use {
  feature: string;
  options: FeatureOptions;
}

/** The use that an event makes; nothing where it makes none. */
export function useOf(event: Event): Use | undefined {
  // Beyond shadow roots that are open, too.
  const path = event.composedPath().filter((target): target is Element => target instanceof Element);
  const at = path.findIndex((element) => element.hasAttribute("data-na-feature"));
  const used = path[at];
  const feature = used?.getAttribute("data-na-feature");
  if (!used || !feature || event.type !== kindOf(used) || isForwarded(event, path, used)) return undefined;
  const around = path.slice(at);
  const options: FeatureOptions = {};
  const total = used.getAttribute("data-na-total");
  if (total !== null) options.total = Number(total);
  const details = used.getAttribute("data-na-details");
  if (details !== null) options.details = parsed(details);
  const module = named(around, "data-na-module");
  if (module) options.module = module;
  const product = named(around, "data-na-product");
  if (product) options.product = product;
  return { feature, options };
}

/** What uses an element: a press, unless it is one that is filled in. */
function kindOf(element: Element): string {
  if (element instanceof HTMLFormElement) return "submit";
  if (element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) return "change";
  const isPressed = ["button", "submit", "reset", "image"];
  return element instanceof HTMLInputElement && !isPressed.includes(element.type) ? "change" : "click";
}

/** A click on a label makes another on what it labels: where the same element sees both, the second counts. */
function isForwarded(event: Event, path: readonly Element[], used: Element): boolean {
  if (event.type !== "click") return false;
  const label = path.find((element): element is HTMLLabelElement => element instanceof HTMLLabelElement);
  const control = label?.control;
  return !!control && !path.includes(control) && used.contains(control);
}

const named = (around: readonly Element[], attribute: string): string | undefined =>
  around.find((element) => element.getAttribute(attribute))?.getAttribute(attribute) ?? undefined;

/** What is no JSON is handed on, to be refused with the tracker's own words. */
function parsed(details: string): Record<string, unknown> {
  try {
    return JSON.parse(details);
  } catch {
    return details as never;
  }
}
