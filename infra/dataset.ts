import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "../ml/frame.ts";
import { cellsOf, DatasetError, readCsv, readNumber, type CsvTable } from "./csv.ts";
import { checkSeconds, checkSize, remarksOn, stepOf } from "./dataset-checks.ts";

/**
 * Rows as they stand in a file: times never decrease but may have gaps, jitter and the same row twice; `stepSeconds` is
 * the usual distance. `alignToGrid` of ml/frame.ts makes a regular frame of it.
 */
export type Rows = Frame & {
  /** The file says that somebody made these numbers up: nothing of it may train or measure a real detector unasked. */
  synthetic: boolean;
};

/** The column after `time` that marks made-up numbers; 1 in every row. It is no metric. */
export const SYNTHETIC_COLUMN = "synthetic";

/** A labelled stretch of a test file, unix seconds, both ends inclusive. */
type Label = { start: number; end: number; fault: string | null };
/** Metrics a person named as involved in a stretch. */
type Cause = { start: number; end: number; metrics: string[] };

export type Subject = {
  name: string;
  train: string;
  test: string;
  labels: string | null;
  causes: string | null;
};

/**
 * Reads `time,<metric>,...` (unix seconds, empty cell = missing) from `.csv` or `.csv.gz`. Throws a DatasetError that
 * names file, line and column for text where a number belongs, a missing header, unordered times, different rows for
 * one time, and more than memory can hold. What can be used but is not as it should be is told to `remark`.
 */
export async function readFrame(
  file: string,
  remark: (sentence: string) => void = () => undefined,
): Promise<Rows> {
  const table = await readCsv(file);
  const names = checkHeader(table);
  const rows = table.lines.length;
  if (rows === 0) throw new DatasetError(`${file} has a header but no rows: add at least two samples.`);
  const time = new Float64Array(rows);
  const columns = names.map(() => new Float64Array(rows));
  let before: string[] = [];
  for (let row = 0; row < rows; row++) {
    const cells = cellsOf(table, row);
    time[row] = readTime(table, row, cells, before);
    columns.forEach((column, m) => {
      column[row] = readNumber(table, row, m + 1, cells[m + 1]!);
    });
    before = cells;
  }
  const read = withoutMark({ stepSeconds: stepOf(time, file), time, metrics: names, columns }, file);
  checkSize(read, file);
  remarksOn(read, file).forEach(remark);
  return read;
}

/** Takes the mark out of the metrics. One marked row is enough: what is half made up is made up. */
function withoutMark(frame: Frame, file: string): Rows {
  const marked = frame.metrics.indexOf(SYNTHETIC_COLUMN);
  if (marked < 0) return { ...frame, synthetic: false };
  const [metrics, columns] = [frame.metrics.toSpliced(marked, 1), frame.columns.toSpliced(marked, 1)];
  if (metrics.length === 0)
    throw new DatasetError(`${file}, line 1: no metric is named beside "${SYNTHETIC_COLUMN}": add one.`);
  return { ...frame, metrics, columns, synthetic: frame.columns[marked]!.some((value) => value !== 0) };
}

/** Reads `start,end[,fault]`. */
export async function readLabels(file: string): Promise<Label[]> {
  const table = await readCsv(file);
  requireColumns(table, ["start", "end"]);
  const fault = table.header.indexOf("fault");
  return table.lines.map((_, row) => {
    const cells = cellsOf(table, row);
    return { ...readStretch(table, row, cells), fault: fault < 0 ? null : cells[fault]! };
  });
}

/** Reads `start,end,metrics`, the metrics separated by spaces. */
export async function readCauses(file: string): Promise<Cause[]> {
  const table = await readCsv(file);
  requireColumns(table, ["start", "end", "metrics"]);
  const metrics = table.header.indexOf("metrics");
  return table.lines.map((_, row) => {
    const cells = cellsOf(table, row);
    const named = cells[metrics]!.split(/\s+/).filter((name) => name !== "");
    return { ...readStretch(table, row, cells), metrics: named };
  });
}

/**
 * The subjects of a dataset folder, by name: every folder in it with a train and a test file (and the folder itself
 * when it has them). Throws a DatasetError when there is none.
 */
export async function listSubjects(dir: string): Promise<Subject[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    throw new DatasetError(
      `${dir} cannot be listed: name a folder that holds NAME/train.csv and NAME/test.csv.`,
      {
        cause: error,
      },
    );
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const found = folders
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .map((name) => subjectIn(name, join(dir, name)))
    .filter((subject) => subject !== null);
  const own = subjectIn(".", dir);
  if (own === null && found.length === 0)
    throw new DatasetError(
      `${dir} holds no subject: expected NAME/train.csv and NAME/test.csv (or .csv.gz) in it.`,
    );
  return own === null ? found : [own, ...found];
}

function subjectIn(name: string, folder: string): Subject | null {
  const find = (file: string) =>
    [file, `${file}.gz`].map((f) => join(folder, f)).find((f) => existsSync(f)) ?? null;
  const [train, test] = [find("train.csv"), find("test.csv")];
  if (train === null || test === null) return null;
  return { name, train, test, labels: find("labels.csv"), causes: find("causes.csv") };
}

function checkHeader({ file, header }: CsvTable): string[] {
  if (header[0] !== "time")
    throw new DatasetError(
      `${file}, line 1, column 1: "${(header[0] ?? "").slice(0, 40)}" stands where the header "time" belongs. ` +
        "The first line must be time,<metric>,... and the first column unix seconds.",
    );
  const metrics = header.slice(1);
  if (metrics.length === 0)
    throw new DatasetError(`${file}, line 1: no metric is named after "time": add a column for each.`);
  const seen = new Set<string>();
  metrics.forEach((name, m) => {
    const place = `${file}, line 1, column ${m + 2}`;
    if (name === "") throw new DatasetError(`${place}: the metric has no name. Give every column one.`);
    if (seen.has(name))
      throw new DatasetError(`${place}: "${name}" is named twice. Rename or remove one of them.`);
    seen.add(name);
  });
  return metrics;
}

function requireColumns({ file, header }: CsvTable, names: readonly string[]): void {
  const missing = names.filter((name) => !header.includes(name));
  if (missing.length > 0)
    throw new DatasetError(
      `${file}, line 1: the header lacks ${missing.join(" and ")}; it must begin with ${names.join(",")}.`,
    );
}

function readTime(table: CsvTable, row: number, cells: string[], before: string[]): number {
  const time = readNumber(table, row, 0, cells[0]!);
  const place = `${table.file}, line ${row + 2}, column 1 (time)`;
  if (Number.isNaN(time))
    throw new DatasetError(`${place}: the time is missing. Every row needs unix seconds.`);
  checkSeconds(time, place);
  const last = row === 0 ? -Infinity : Number(before[0]);
  // Real recordings deliver a sample twice (a clock set back an hour); two different rows for one time are a mistake.
  if (time === last && cells.some((cell, i) => cell !== before[i]))
    throw new DatasetError(
      `${place}: ${time} occurs twice with different values. Keep one row for each time.`,
    );
  if (time < last)
    throw new DatasetError(
      `${place}: ${time} comes after ${last} in the file but is earlier. Sort the rows by time.`,
    );
  return time;
}

function readStretch(table: CsvTable, row: number, cells: string[]): { start: number; end: number } {
  const [start, end] = ["start", "end"].map((name) => {
    const column = table.header.indexOf(name);
    return readNumber(table, row, column, cells[column]!);
  }) as [number, number];
  if (Number.isNaN(start) || Number.isNaN(end) || end < start)
    throw new DatasetError(
      `${table.file}, line ${row + 2}: a stretch needs start and end in unix seconds, and the end not before the start.`,
    );
  checkSeconds(end, `${table.file}, line ${row + 2}`);
  return { start, end };
}
