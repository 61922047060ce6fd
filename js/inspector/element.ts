// Makes elements. Content from the page or a server is always inserted as text, never as markup.

type Properties = Record<string, string | boolean | ((event: Event) => void)>;

/** An element with attributes, listeners (functions) and children. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (typeof value === "boolean") element.toggleAttribute(key, value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** Sets the text of an element if it differs, so that screen readers announce only real changes. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The time of day with hours, minutes, seconds and ms, in the person's time zone. */
export function clock(at: number): string {
  const date = new Date(at);
  const part = (number: number, digits = 2): string => String(number).padStart(digits, "0");
  return `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}.${part(date.getMilliseconds(), 3)}`;
}
