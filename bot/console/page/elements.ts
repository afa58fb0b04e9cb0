import type { Words } from "../render.ts";

/** An element whose content is text or other elements: the page writes markup nowhere. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** Text with its code parts as `code`. */
export function textNodes(words: readonly Words[]): (Node | string)[] {
  return words.map((part) => (part.code ? element("code", {}, part.text) : part.text));
}

/** The element of index.html with this id. Throws when the page and the script are of different versions. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}: reload it to get the current version`);
}
