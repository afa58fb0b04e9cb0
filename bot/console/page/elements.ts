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

/** Text with its code parts as `code`, and with names and numbers that no line end tears apart. */
export function textNodes(words: readonly Words[]): (Node | string)[] {
  return words.flatMap((part) => (part.code ? [element("code", {}, part.text)] : unbroken(part.text)));
}

/** A name like web-1, or a number with its unit like 1.9-2.9 %; longer ones may break, else they would be cut off. */
const whole =
  /[\p{L}\d_.]+(?:-[\p{L}\d_.]+)+(?: %| [kMGT]?B\b)?|\d[\d.,]* (?:%|[kMGT]?B\b|ms\b|s\b|min\b|h\b)/gu;
const longestWhole = 24;

function unbroken(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(whole)) {
    if (found.length > longestWhole) continue;
    parts.push(text.slice(from, index), element("span", { class: "whole" }, found));
    from = index + found.length;
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

/** The element of index.html with this id. Throws when the page and the script are of different versions. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} with the id ${id}: reload it to get the current version`);
}
