/** Cells in columns two spaces apart: the first column begins at the left, all others end at the right. */
export function alignTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((cells) => cells.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? "").length)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** At most `length` characters; a longer name keeps its two ends, which tell names apart. */
export function shorten(name: string, length: number): string {
  if (name.length <= length) return name;
  const head = Math.ceil((length - 2) / 2);
  return `${name.slice(0, head)}..${name.slice(name.length - (length - 2 - head))}`;
}
