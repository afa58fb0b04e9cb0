import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The static TrueType files the pictures are drawn with: the same on every machine, whatever is installed there. */
export const fontFamily = "Inter";

const require = createRequire(import.meta.url);

export function fontFiles(): string[] {
  return [
    require.resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf"),
    require.resolve("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf"),
  ];
}

export type Font = {
  /** Width in pixels of a text drawn at `size` pixels. */
  width(text: string, size: number): number;
  /** The text with what the font cannot draw left out or, for letters of other scripts, shown as "?". */
  drawable(text: string): string;
  /** The text cut to `room` pixels with an ellipsis. */
  fit(text: string, size: number, room: number): string;
};

/** Reads a TrueType file's advance widths, because without a browser nobody else knows how wide a text will be. */
export function readFont(path: string): Font {
  const bytes = readFileSync(path);
  const table = tables(bytes);
  const unitsPerEm = bytes.readUInt16BE(table("head") + 18);
  const longMetrics = bytes.readUInt16BE(table("hhea") + 34);
  const glyphOf = characterMap(bytes, table("cmap"));
  const advance = (glyph: number) =>
    bytes.readUInt16BE(table("hmtx") + 4 * Math.min(glyph, longMetrics - 1)) / unitsPerEm;
  const width = (text: string, size: number) => {
    let sum = 0;
    for (const character of text) sum += advance(glyphOf(character.codePointAt(0) ?? 0));
    return sum * size;
  };
  const fit = (text: string, size: number, room: number) => {
    if (width(text, size) <= room) return text;
    const characters = [...text];
    while (characters.length > 0 && width(`${characters.join("")}…`, size) > room) characters.pop();
    return `${characters.join("").trimEnd()}…`;
  };
  const drawable = (text: string) =>
    [...text.replace(/\s/gu, " ")]
      .map((character) => {
        if (glyphOf(character.codePointAt(0) ?? 0) !== 0) return character;
        return /\p{Letter}/u.test(character) ? "?" : "";
      })
      .join("")
      .replace(/ +/g, " ")
      .trim();
  return { width, drawable, fit };
}

function tables(bytes: Buffer): (tag: string) => number {
  const offsets = new Map<string, number>();
  const count = bytes.readUInt16BE(4);
  for (let index = 0; index < count; index += 1) {
    const entry = 12 + 16 * index;
    offsets.set(bytes.toString("latin1", entry, entry + 4), bytes.readUInt32BE(entry + 8));
  }
  return (tag) => {
    const offset = offsets.get(tag);
    if (offset === undefined)
      throw new Error(`The font has no table ${tag}: install the packages again (npm ci)`);
    return offset;
  };
}

/** Unicode to glyph number (0: no glyph), from the Basic Multilingual Plane's table, which is format 4. */
function characterMap(bytes: Buffer, cmap: number): (codePoint: number) => number {
  const at = format4(bytes, cmap);
  const segments = bytes.readUInt16BE(at + 6) / 2;
  const ends = at + 14;
  const starts = ends + 2 * segments + 2;
  const deltas = starts + 2 * segments;
  const ranges = deltas + 2 * segments;
  return (codePoint) => {
    if (codePoint > 0xffff) return 0;
    let segment = 0;
    while (segment < segments && bytes.readUInt16BE(ends + 2 * segment) < codePoint) segment += 1;
    if (segment === segments) return 0;
    const start = bytes.readUInt16BE(starts + 2 * segment);
    if (start > codePoint) return 0;
    const delta = bytes.readUInt16BE(deltas + 2 * segment);
    const range = bytes.readUInt16BE(ranges + 2 * segment);
    if (range === 0) return (codePoint + delta) & 0xffff;
    const glyph = bytes.readUInt16BE(ranges + 2 * segment + range + 2 * (codePoint - start));
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
  };
}

function format4(bytes: Buffer, cmap: number): number {
  const count = bytes.readUInt16BE(cmap + 2);
  for (let index = 0; index < count; index += 1) {
    const offset = cmap + bytes.readUInt32BE(cmap + 4 + 8 * index + 4);
    if (bytes.readUInt16BE(offset) === 4) return offset;
  }
  throw new Error("The font has no character map of format 4: install the packages again (npm ci)");
}
