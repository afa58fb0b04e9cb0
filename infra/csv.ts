import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";

/** A file that cannot be used as data; the message names file, line and column and says what to do. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
}

export type CsvTable = {
  file: string;
  header: string[];
  /** Cells of each row; line `i + 2` of the file is `rows[i]`. */
  rows: string[][];
};

/**
 * Reads a small CSV dialect: UTF-8, comma between cells, one header line, no quotes; `.gz` is unpacked.
 * Throws a DatasetError for a missing or empty file and for a row with another number of cells than the header.
 */
export async function readCsv(file: string): Promise<CsvTable> {
  const text = unpack(file, await readBytes(file)).replace(/^\uFEFF/, "");
  const lines = text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  const [first, ...rest] = lines;
  if (first === undefined) throw new DatasetError(`${file} is empty: its first line must name the columns.`);
  const header = first.split(",").map((name) => name.trim());
  const rows = rest.map((line, i) => {
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== header.length)
      throw new DatasetError(
        `${file}, line ${i + 2}: ${count(cells.length, "cell")}, but the header names ${count(header.length, "column")}. ` +
          "Leave a cell empty where a value is missing, and do not quote cells.",
      );
    return cells;
  });
  return { file, header, rows };
}

/** Writes lines of CSV; packed when the name ends in `.gz`. */
export async function writeCsv(file: string, lines: readonly string[]): Promise<void> {
  const text = `${lines.join("\n")}\n`;
  try {
    await writeFile(file, file.endsWith(".gz") ? gzipSync(text) : text);
  } catch (error) {
    throw new DatasetError(
      `${file} cannot be written: ${reasonOf(error)}. Name a file in a folder that exists.`,
      {
        cause: error,
      },
    );
  }
}

/** A trillion terabytes; squares and sums of such numbers are still exact enough to be compared. */
const largestNumber = 1e24;

/** The number in a cell, NaN for an empty one. Throws a DatasetError that names the place for anything else. */
export function readNumber(table: CsvTable, row: number, column: number): number {
  const cell = table.rows[row]![column]!;
  if (cell === "") return Number.NaN;
  const value = Number(cell);
  const where = `${table.file}, line ${row + 2}, column ${column + 1} (${table.header[column]})`;
  if (Math.abs(value) > largestNumber)
    throw new DatasetError(
      `${where}: "${cell.slice(0, 40)}" is larger than anything a server measures (${largestNumber}). Correct it, or leave the cell empty.`,
    );
  if (!Number.isNaN(value) && !/^0[xob]/i.test(cell)) return value;
  throw new DatasetError(
    `${where}: "${cell.slice(0, 40)}" is not a number. Write decimal numbers, and leave the cell empty where a value is missing.`,
  );
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new DatasetError(`${file} cannot be read: ${reasonOf(error)}. Check the path.`, { cause: error });
  }
}

function unpack(file: string, bytes: Buffer): string {
  if (!file.endsWith(".gz")) return bytes.toString("utf8");
  try {
    return gunzipSync(bytes).toString("utf8");
  } catch (error) {
    throw new DatasetError(`${file} is not a complete gzip file: copy it again, or name the plain .csv.`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : null;
  if (code === "ENOENT") return "there is no such file or folder";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "permission is denied";
  return error.message;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
