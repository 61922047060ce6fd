// Reads nodes of a page by the original methods, which a node may hide: a form has a property for each of its
// controls, as for `<input name="getAttribute">`, and a document for each named image. Nodes may also come from a
// frame, which has classes of its own.

const ELEMENT = 1;
const DOCUMENT = 9;

/** The value of a class's getter for a node. */
function readGetter(holder: object, name: string, node: unknown): unknown {
  // Without a prototype, a descriptor of a value inherits no `get` that the page may have added to all objects.
  const { get }: PropertyDescriptor = { __proto__: null, ...Object.getOwnPropertyDescriptor(holder, name) } as object;
  return get?.call(node);
}

function typeOf(target: unknown): unknown {
  try {
    return readGetter(Node.prototype, "nodeType", target);
  } catch {
    // It is not a node.
    return undefined;
  }
}

export const isElement = (target: unknown): target is Element => typeOf(target) === ELEMENT;

/** An attribute of an element; `null` if it does not have it. */
export const attributeOf = (element: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(element, name);

/** The tag name of an element, in lower case. */
export const kindOf = (element: Element): unknown => readGetter(Element.prototype, "localName", element);

export const contains = (element: Element, other: Element): boolean => Node.prototype.contains.call(element, other);

/** Whether an element is hidden, or inside a hidden one. */
export const isHidden = (element: Element): boolean => !!Element.prototype.closest.call(element, "[hidden]");

/** The elements below a root that have an attribute, and the root itself if it has it. */
export function withAttribute(root: Document | ShadowRoot | Element, name: string): Element[] {
  const type = typeOf(root);
  const { prototype } = type === ELEMENT ? Element : type === DOCUMENT ? Document : DocumentFragment;
  const below: Iterable<Element> = prototype.querySelectorAll.call(root as never, `[${name}]`);
  return isElement(root) && attributeOf(root, name) !== null ? [root, ...below] : [...below];
}

type Listen = "addEventListener" | "removeEventListener";

/** Adds or removes a listener on a root, in the capture phase. */
export function listen(how: Listen, root: EventTarget, kind: string, listener: (event: Event) => void): void {
  EventTarget.prototype[how].call(root, kind, listener as EventListener, true);
}
