import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Frame } from "../ml/frame.ts";
import { DatasetError, readCsv, readNumber, writeCsv, type CsvTable } from "./csv.ts";

/**
 * Rows as they stand in a file: times never decrease but may have gaps, jitter and the same row twice; `stepSeconds` is
 * the usual distance. `alignToGrid` of ml/frame.ts makes a regular frame of it.
 */
export type Rows = Frame;

/** A labelled stretch of a test file, unix seconds, both ends inclusive. */
export type Label = { start: number; end: number; fault: string | null };
/** Metrics a person named as involved in a stretch. */
export type Cause = { start: number; end: number; metrics: string[] };

export type Subject = {
  name: string;
  train: string;
  test: string;
  labels: string | null;
  causes: string | null;
};

/**
 * Reads `time,<metric>,...` (unix seconds, empty cell = missing) from `.csv` or `.csv.gz`. Throws a DatasetError that
 * names file, line and column for text where a number belongs, a missing header, unordered times, and different rows
 * for one time.
 */
export async function readFrame(file: string): Promise<Rows> {
  const table = await readCsv(file);
  const metrics = checkHeader(table);
  if (table.rows.length === 0)
    throw new DatasetError(`${file} has a header but no rows: add at least two samples.`);
  const time = Float64Array.from(table.rows, (_, row) => readTime(table, row));
  const columns = metrics.map((_, m) =>
    Float64Array.from(table.rows, (_, row) => readNumber(table, row, m + 1)),
  );
  return { stepSeconds: stepOf(time, file), time, metrics, columns };
}

/** Writes a frame in the form `readFrame` reads; numbers keep their full precision. */
export async function writeFrame(file: string, frame: Frame): Promise<void> {
  const lines = [["time", ...frame.metrics].join(",")];
  frame.time.forEach((time, row) => {
    const cells = frame.columns.map((column) => formatNumber(column[row]!));
    lines.push([String(time), ...cells].join(","));
  });
  await writeCsv(file, lines);
}

/** Reads `start,end[,fault]`. */
export async function readLabels(file: string): Promise<Label[]> {
  const table = await readCsv(file);
  requireColumns(table, ["start", "end"]);
  const fault = table.header.indexOf("fault");
  return table.rows.map((cells, row) => ({
    ...readStretch(table, row),
    fault: fault < 0 ? null : cells[fault]!,
  }));
}

/** Writes labels in the form `readLabels` reads. */
export async function writeLabels(file: string, labels: readonly Label[]): Promise<void> {
  await writeCsv(file, [
    "start,end,fault",
    ...labels.map(({ start, end, fault }) => `${start},${end},${fault ?? ""}`),
  ]);
}

/** Reads `start,end,metrics`, the metrics separated by spaces. */
export async function readCauses(file: string): Promise<Cause[]> {
  const table = await readCsv(file);
  requireColumns(table, ["start", "end", "metrics"]);
  const metrics = table.header.indexOf("metrics");
  return table.rows.map((cells, row) => ({
    ...readStretch(table, row),
    metrics: cells[metrics]!.split(/\s+/).filter((name) => name !== ""),
  }));
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
  metrics.forEach((name, m) => {
    const place = `${file}, line 1, column ${m + 2}`;
    if (name === "") throw new DatasetError(`${place}: the metric has no name. Give every column one.`);
    if (metrics.indexOf(name) < m)
      throw new DatasetError(`${place}: "${name}" is named twice. Rename or remove one of them.`);
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

function readTime(table: CsvTable, row: number): number {
  const time = readNumber(table, row, 0);
  const place = `${table.file}, line ${row + 2}, column 1 (time)`;
  if (Number.isNaN(time))
    throw new DatasetError(`${place}: the time is missing. Every row needs unix seconds.`);
  checkSeconds(time, place);
  const before = row === 0 ? -Infinity : Number(table.rows[row - 1]![0]);
  // Real recordings deliver a sample twice (a clock set back an hour); two different rows for one time are a mistake.
  const repeated = time === before && table.rows[row]!.every((cell, i) => cell === table.rows[row - 1]![i]);
  if (time === before && !repeated)
    throw new DatasetError(
      `${place}: ${time} occurs twice with different values. Keep one row for each time.`,
    );
  if (time < before)
    throw new DatasetError(
      `${place}: ${time} comes after ${before} in the file but is earlier. Sort the rows by time.`,
    );
  return time;
}

/** The year 5138: what is above it are the milliseconds of our time. */
const latestTime = 1e11;

function checkSeconds(time: number, place: string): void {
  if (Math.abs(time) > latestTime)
    throw new DatasetError(
      `${place}: ${time} cannot be unix seconds, it looks like milliseconds. Divide the times by 1000.`,
    );
}

function readStretch(table: CsvTable, row: number): { start: number; end: number } {
  const start = readNumber(table, row, table.header.indexOf("start"));
  const end = readNumber(table, row, table.header.indexOf("end"));
  if (Number.isNaN(start) || Number.isNaN(end) || end < start)
    throw new DatasetError(
      `${table.file}, line ${row + 2}: a stretch needs start and end in unix seconds, and the end not before the start.`,
    );
  checkSeconds(end, `${table.file}, line ${row + 2}`);
  return { start, end };
}

/** The median distance; when the clock jitters, the mean of the ordinary distances, in whole seconds from 5 s up. */
function stepOf(time: Float64Array, file: string): number {
  if (time.length < 2)
    throw new DatasetError(
      `${file} has one row only: at least two are needed to know how far apart samples are.`,
    );
  const gaps = time.slice(1).map((t, i) => t - time[i]!);
  const median = gaps.toSorted()[Math.floor(gaps.length / 2)]!;
  if (!(median > 0))
    throw new DatasetError(`${file}: most rows have the time of the row before. Keep one row for each time.`);
  const ordinary = gaps.filter((gap) => gap > 0.5 * median && gap < 1.5 * median);
  if (ordinary.every((gap) => gap === median)) return median;
  const average = ordinary.reduce((sum, gap) => sum + gap, 0) / ordinary.length;
  return average >= 5 ? Math.round(average) : average;
}

function formatNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : "";
}
