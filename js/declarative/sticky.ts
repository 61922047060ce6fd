// The page's current module and product: each comes from the first element that names one and is not hidden.

import type { na } from "natero-wasm";
import { attributeOf, isHidden, withAttribute } from "./nodes.ts";

type Root = Document | ShadowRoot | Element;

const ATTRIBUTES = ["data-na-module", "data-na-product", "hidden"];

/** Sets both, and follows their changes. Returns a function that stops that. */
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
  const update = (): void => {
    // The product comes first, because time in the module is recorded under it.
    product();
    module();
  };
  update();
  const observer = new MutationObserver(update);
  observer.observe(root, { attributes: true, attributeFilter: ATTRIBUTES, childList: true, subtree: true });
  return () => observer.disconnect();
}

/**
 * Reports each change of the name in the page. Reports it again if the tracker has forgotten it, as after a reset.
 * Reports nothing for a name that the page never had.
 */
function follow(
  nameInPage: () => string | null,
  current: () => string | null,
  report: (name: string | null) => void,
): () => void {
  let last: string | null = null;
  return () => {
    const name = nameInPage();
    if (name === last && (name === null || current() !== null)) return;
    last = name;
    report(name);
  };
}

function nameOf(root: Root, attribute: string): string | null {
  for (const element of withAttribute(root, attribute)) {
    const name = attributeOf(element, attribute);
    if (name && !isHidden(element)) return name;
  }
  return null;
}
