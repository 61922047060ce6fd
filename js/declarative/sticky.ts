// The module and the product of the page: of the first element that names one and is not hidden.

import type { na } from "natero-wasm";
import { attributeOf, isHidden, withAttribute } from "./nodes.ts";

type Root = Document | ShadowRoot | Element;

const ATTRIBUTES = ["data-na-module", "data-na-product", "hidden"];

/** Sets both, and follows what becomes of them; returns how to stop. */
export function sticky(tracker: na, root: Root): () => void {
  const module = follow(
    () => nameOf(root, "data-na-module"),
    () => tracker.getModuleId(),
    (name) => tracker.setModuleId(name),
  );
  const product = follow(
    () => nameOf(root, "data-na-product"),
    () => tracker.getProductId(),
    (name) => tracker.setProductId(name),
  );
  const look = (): void => {
    // First the product: time in a module is put under it.
    product();
    module();
  };
  look();
  const observer = new MutationObserver(look);
  observer.observe(root, { attributes: true, attributeFilter: ATTRIBUTES, childList: true, subtree: true });
  return () => observer.disconnect();
}

/** Tells of each change of what the page names, and once more where the tracker has forgotten it, as by a reset; of none that the page never named. */
function follow(named: () => string | null, set: () => string | null, tell: (name: string | null) => void): () => void {
  let current: string | null = null;
  return () => {
    const name = named();
    if (name === current && (name === null || set() !== null)) return;
    current = name;
    tell(name);
  };
}

function nameOf(root: Root, attribute: string): string | null {
  for (const element of withAttribute(root, attribute)) {
    const name = attributeOf(element, attribute);
    if (name && !isHidden(element)) return name;
  }
  return null;
}
