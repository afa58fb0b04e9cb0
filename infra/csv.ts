import { readFile, writeFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";

/** A file that cannot be used as data; the message names file, line and column and says what to do. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
}

/** A file cut into lines; `cellsOf` cuts a line into cells, so that only one row at a time is held as text. */
export type CsvTable = {
  file: string;
  header: string[];
  /** Line `i + 2` of the file is `lines[i]`. */
  lines: string[];
};

/** Node cannot hold longer texts in one piece. */
const mostBytes = 500_000_000;

/**
 * Reads a small CSV dialect: UTF-8 (a byte order mark is skipped), comma between cells, one header line, no quotes,
 * lines that end in LF, CR LF or CR; `.gz` is unpacked. Throws a DatasetError for a missing, empty or binary file.
 */
export async function readCsv(file: string): Promise<CsvTable> {
  const text = textOf(file, unpack(file, await readBytes(file)));
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  const first = lines.shift();
  if (first === undefined) throw new DatasetError(`${file} is empty: its first line must name the columns.`);
  return { file, header: first.split(",").map((name) => name.trim()), lines };
}

/** The cells of `lines[row]`. Throws a DatasetError when there are more or fewer than the header names. */
export function cellsOf({ file, header, lines }: CsvTable, row: number): string[] {
  const cells = lines[row]!.split(",");
  if (cells.length !== header.length)
    throw new DatasetError(
      `${file}, line ${row + 2}: ${count(cells.length, "cell")}, but the header names ${count(header.length, "column")}. ` +
        "Leave a cell empty where a value is missing, and do not quote cells.",
    );
  return cells.map((cell) => cell.trim());
}

/** A trillion terabytes; squares and sums of such numbers are still exact enough to be compared. */
const largestNumber = 1e24;

/** The number in a cell, NaN for an empty one. Throws a DatasetError that names the place for anything else. */
export function readNumber(table: CsvTable, row: number, column: number, cell: string): number {
  if (cell === "") return Number.NaN;
  const value = Number(cell);
  if (Math.abs(value) <= largestNumber && !/^0[xob]/i.test(cell)) return value;
  const where = `${table.file}, line ${row + 2}, column ${column + 1} (${table.header[column]})`;
  const shown = cell.slice(0, 40);
  if (/^[-+.\d]/.test(cell) && Math.abs(value) > largestNumber && !/inf/i.test(cell))
    throw new DatasetError(
      `${where}: "${shown}" is larger than anything a server measures (${largestNumber}). Correct it, or leave the cell empty.`,
    );
  throw new DatasetError(
    `${where}: "${shown}" is not a number. Write decimal numbers, and leave the cell empty where a value is missing.`,
  );
}

/** Writes lines of CSV; packed when the name ends in `.gz`. */
export async function writeCsv(file: string, lines: readonly string[]): Promise<void> {
  const text = `${lines.join("\n")}\n`;
  try {
    await writeFile(file, file.endsWith(".gz") ? gzipSync(text) : text);
  } catch (error) {
    throw new DatasetError(
      `${file} cannot be written: ${reasonOf(error)}. Name a file in a folder that exists.`,
      { cause: error },
    );
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new DatasetError(`${file} cannot be read: ${reasonOf(error)}. Check the path.`, { cause: error });
  }
}

function unpack(file: string, bytes: Buffer): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!file.endsWith(".gz")) {
    if (isGzip) throw new DatasetError(`${file} is packed with gzip: give its name the ending .csv.gz.`);
    return bytes;
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(file);
    throw new DatasetError(`${file} is not a complete gzip file: copy it again, or name the plain .csv.`, {
      cause: error,
    });
  }
}

function textOf(file: string, bytes: Buffer): string {
  if (bytes.length > mostBytes) throw tooLarge(file);
  // UTF-16 and binary files: no text in UTF-8 holds a zero byte.
  if (bytes.subarray(0, 65_536).includes(0))
    throw new DatasetError(`${file} is not a text in UTF-8: save it as CSV in UTF-8.`);
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

function tooLarge(file: string): DatasetError {
  return new DatasetError(
    `${file} holds more than ${mostBytes / 1e6} MB of text: give fewer rows or fewer metrics.`,
  );
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
