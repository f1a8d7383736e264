/** What an element may hold; `undefined` is left out. */
export type Child = Node | string | undefined;

/** Attributes by name (`true`: present without a value, `undefined` and `false`: absent), and listeners as `onclick` etc. */
export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: Event) => void);
}

/** Makes an HTML element; texts are never read as markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.replace(/^on/, ""), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== undefined && value !== false) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A field with its label above it. */
export function labelled(text: string, field: HTMLElement): HTMLLabelElement {
  return element("label", { class: "field" }, element("span", {}, text), field);
}

/** A choice of one among several. */
export function select(
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
): HTMLSelectElement {
  return element(
    "select",
    {},
    ...options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );
}
