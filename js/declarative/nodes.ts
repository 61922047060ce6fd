// Nodes of a page, which may hide their own methods: a form has a field for each of its controls, as for
// `<input name="getAttribute">`, and a document one for each named image. They may be of a frame, too, whose classes are others.

const ELEMENT = 1;
const DOCUMENT = 9;

/** What a getter of a class tells of a node. */
function told(holder: object, name: string, node: unknown): unknown {
  return Object.getOwnPropertyDescriptor(holder, name)?.get?.call(node);
}

function typeOf(target: unknown): unknown {
  try {
    return told(Node.prototype, "nodeType", target);
  } catch {
    // It is no node.
    return undefined;
  }
}

export const isElement = (target: unknown): target is Element => typeOf(target) === ELEMENT;

/** What an element says under this name; `null` where it has no such attribute. */
export const attributeOf = (element: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(element, name);

/** The name of an element's kind. */
export const kindOf = (element: Element): unknown => told(Element.prototype, "localName", element);

export const contains = (element: Element, other: Element): boolean => Node.prototype.contains.call(element, other);

/** What is hidden, or within. */
export const isHidden = (element: Element): boolean => !!Element.prototype.closest.call(element, "[hidden]");

/** The elements below a root that have an attribute, and the root if that has it. */
export function withAttribute(root: Document | ShadowRoot | Element, name: string): Element[] {
  const type = typeOf(root);
  const { prototype } = type === ELEMENT ? Element : type === DOCUMENT ? Document : DocumentFragment;
  const below: Iterable<Element> = prototype.querySelectorAll.call(root as never, `[${name}]`);
  return isElement(root) && attributeOf(root, name) !== null ? [root, ...below] : [...below];
}

type Listen = "addEventListener" | "removeEventListener";

/** Begins or ends to listen to a root, before anybody else within. */
export function listen(how: Listen, root: EventTarget, kind: string, listener: (event: Event) => void): void {
  EventTarget.prototype[how].call(root, kind, listener as EventListener, true);
}
