// Making elements without innerHTML: text is always a text node, styles go through the CSSOM, so a strict CSP holds.

import { t, type TextKey } from "./i18n";

type Child = Node | string | null | undefined | false;

interface Options {
  class?: string;
  id?: string;
  text?: string;
  t?: TextKey; // translated text, kept up to date by translate()
  tLabel?: TextKey; // translated aria-label
  tPlaceholder?: TextKey;
  attrs?: Record<string, string | number | boolean>;
  on?: Partial<{ [K in keyof HTMLElementEventMap]: (event: HTMLElementEventMap[K]) => void }>;
}

function setAttributes(element: Element, attrs: Record<string, string | number | boolean>): void {
  for (const [name, value] of Object.entries(attrs)) {
    if (value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, options: Options = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (options.class) element.className = options.class;
  if (options.id) element.id = options.id;
  if (options.attrs) setAttributes(element, options.attrs);
  if (options.text !== undefined) element.textContent = options.text;
  if (options.t) element.dataset["t"] = options.t;
  if (options.tLabel) element.dataset["tLabel"] = options.tLabel;
  if (options.tPlaceholder) element.dataset["tPlaceholder"] = options.tPlaceholder;
  for (const [type, listener] of Object.entries(options.on ?? {})) element.addEventListener(type, listener as EventListener);
  for (const child of children) if (child) element.append(child);
  translateOne(element);
  return element;
}

const SVG_NS = "http://www.w3.org/2000/svg";

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attrs: Record<string, string | number | boolean> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG_NS, tag);
  setAttributes(element, attrs);
  for (const child of children) if (child) element.append(child);
  return element;
}

function translateOne(element: HTMLElement): void {
  const { t: key, tLabel, tPlaceholder } = element.dataset;
  if (key) element.textContent = t(key as TextKey);
  if (tLabel) element.setAttribute("aria-label", t(tLabel as TextKey));
  if (tPlaceholder) element.setAttribute("placeholder", t(tPlaceholder as TextKey));
}

export function translate(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-t], [data-t-label], [data-t-placeholder]").forEach(translateOne);
}

// Writes only when something differs: a signal stream must not cause layout for nothing.
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setStyle(element: HTMLElement | SVGElement, name: string, value: string): void {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}
