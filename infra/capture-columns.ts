import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { ConfigError } from "./errors.ts";

/** Samples of one target as a CSV holds them: `columns.get(metric)[i]` is at `time[i]` (unix seconds), NaN missing. */
export type Columns = { time: Float64Array; columns: Map<string, Float64Array> };

/** Writes `time,<metric>...` with one row a sample time, an empty cell for NaN, gzipped. The same input, the same bytes. */
export async function writeColumns(path: string, { time, columns }: Columns): Promise<void> {
  const lines = [["time", ...columns.keys()].join(",")];
  for (const [row, at] of time.entries()) {
    const cells = [...columns.values()].map((column) => cell(column[row] ?? NaN));
    lines.push([at, ...cells].join(","));
  }
  await writeFile(path, await promisify(gzip)(`${lines.join("\n")}\n`, { level: 9 }));
}

function cell(value: number): string {
  return Number.isNaN(value) ? "" : String(value);
}

/** Reads a CSV written by `writeColumns`. Throws a ConfigError with file and line. */
export async function readColumns(path: string): Promise<Columns> {
  const [header = "", ...lines] = (await readText(path)).trimEnd().split("\n");
  const [first, ...metrics] = header.split(",");
  if (first !== "time") throw new ConfigError([`${path}:1: the first column must be time, not "${first}"`]);
  const time = new Float64Array(lines.length);
  const columns = metrics.map(() => new Float64Array(lines.length).fill(NaN));
  for (const [row, line] of lines.entries()) {
    const cells = line.split(",");
    if (cells.length !== metrics.length + 1)
      throw new ConfigError([
        `${path}:${row + 2}: ${cells.length} cells where the header has ${metrics.length + 1}`,
      ]);
    time[row] = readNumber(cells[0] ?? "", path, row);
    for (const [m, column] of columns.entries()) {
      const text = cells[m + 1] ?? "";
      if (text !== "") column[row] = readNumber(text, path, row);
    }
    if (row > 0 && !((time[row] ?? NaN) > (time[row - 1] ?? NaN)))
      throw new ConfigError([`${path}:${row + 2}: the time does not increase`]);
  }
  return { time, columns: new Map(metrics.map((metric, m) => [metric, columns[m] ?? new Float64Array()])) };
}

async function readText(path: string): Promise<string> {
  try {
    return (await promisify(gunzip)(await readFile(path))).toString("utf8");
  } catch (error) {
    throw new ConfigError([
      `${path} cannot be read: ${(error as Error).message}. Record it anew with: smartcloudops record`,
    ]);
  }
}

function readNumber(text: string, path: string, row: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new ConfigError([`${path}:${row + 2}: "${text.slice(0, 40)}" is not a number`]);
  return value;
}
