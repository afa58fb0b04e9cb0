import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Capture, CaptureTarget } from "../../infra/capture.ts";
import { type Columns, writeColumns } from "../../infra/capture-columns.ts";
import type { Target } from "../../infra/inventory.ts";
import { addressOf } from "../../infra/prometheus/address.ts";
import type { Catalog } from "../../infra/prometheus/catalog.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import { fetchFrames } from "../../infra/prometheus/frames.ts";
import { matches } from "../../infra/prometheus/match-series.ts";
import type { Frame } from "../../ml/frame.ts";
import { explainFailure } from "./explain-failure.ts";
import { type FaultLabel, placeStretches } from "./record-stretches.ts";
import { UsageError } from "./usage-error.ts";

/** `address` (without port) says which series are the target's; not needed when Prometheus knows one address only. */
export type RecordTarget = {
  name: string;
  instanceId: string;
  address?: string;
  region?: string;
  tags?: Record<string, string>;
  service?: string;
};

type RecordLabel = FaultLabel & { target?: string };

export type RecordOptions = {
  prometheus: Prometheus;
  /** With `scrapeSeconds` set to the step, or the rate windows follow the step. */
  catalog: Catalog;
  /** Unix seconds; rows are the multiples of `step` in between. */
  from: number;
  to: number;
  step: number;
  targets: readonly RecordTarget[];
  /** Folder to write; made when missing. Its last part is the capture's name. */
  out: string;
  /** When faults were caused; `target` may be left out when there is one target. */
  labels?: readonly RecordLabel[];
  /** First second of test; absent: 120 s before the first fault. */
  testFrom?: number;
  demo?: boolean;
  source?: string;
  licence?: string;
  print?(line: string): void;
};

/**
 * Records a time range of a Prometheus into a capture (`capture.json`, and per target `train.csv.gz`, `test.csv.gz`,
 * `labels.csv`). Test begins 120 s before the first fault; without faults everything is train. Throws a UsageError that
 * says what to change when a target has no series.
 */
export async function record(options: RecordOptions): Promise<void> {
  const { prometheus, catalog, from, to, step, out } = options;
  const print = options.print ?? (() => undefined);
  checkOptions(options);
  print(
    `asking for ${catalog.metrics.length} metrics from ${isoTime(from)} to ${isoTime(to)}, every ${step} s`,
  );
  const seen = await listSeries(prometheus, to);
  const targets = options.targets.map((target) => resolveTarget(target, seen, options.targets.length === 1));
  const watched = targets.map(({ watch }) => watch);
  const { frames, warnings } = await fetchFrames({
    prometheus,
    catalog,
    targets: watched,
    start: from,
    end: to,
    stepSeconds: step,
  });
  for (const warning of warnings) print(`warning: ${warning}`);
  const capture = describe(
    options,
    targets.map(({ recorded }) => recorded),
    frames,
  );
  for (const { name } of targets.map(({ recorded }) => recorded)) {
    const frame = frames.get(name);
    if (!frame || frame.columns.every((column) => column.every((value) => Number.isNaN(value))))
      throw new UsageError(
        `Prometheus has no sample of ${name} from ${isoTime(from)} to ${isoTime(to)}: check --from and --to`,
      );
    await writeTarget(join(out, name), frame, capture, labelsOf(options, name));
    print(`${name}: ${frame.time.length} rows`);
  }
  await writeFile(join(out, "capture.json"), `${JSON.stringify(capture, null, 2)}\n`);
  print(`done: ${out}, ${capture.faults.length} faults`);
}

/** Reads `start,end[,fault]` (unix seconds, inclusive), as `drill` writes it. Throws a UsageError with file and line. */
export async function readLabels(path: string): Promise<FaultLabel[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`--labels ${explainFailure(error).message}`, { cause: error });
  });
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  if (!/^start,end(,fault)?$/.test(header))
    throw new UsageError(`${path}:1: the header must be start,end,fault and not "${header.slice(0, 80)}"`);
  return lines.map((line, i) => {
    const [start = "", end = "", fault = `fault-${i + 1}`] = line.split(",");
    const label = { start: Number(start), end: Number(end), fault };
    if (start === "" || end === "" || !(label.end >= label.start))
      throw new UsageError(`${path}:${i + 2}: expected start,end,fault with the end not before the start`);
    return label;
  });
}

function checkOptions({ from, to, step, targets, labels = [] }: RecordOptions): void {
  if (!(step > 0)) throw new UsageError(`--step must be a number of seconds above 0, not ${step}`);
  if (!(to > from)) throw new UsageError(`--to (${to}) must be after --from (${from})`);
  if (targets.length === 0) throw new UsageError("name at least one target: --target NAME=INSTANCE_ID");
  for (const { name } of targets)
    if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name))
      throw new UsageError(
        `"${name}" cannot name a target: use letters, digits, dots, dashes and underscores`,
      );
  if (new Set(targets.map(({ name }) => name)).size < targets.length)
    throw new UsageError("two targets have the same name: every --target needs its own");
  if (targets.length > 1 && labels.some(({ target }) => target === undefined))
    throw new UsageError("with several targets every label must say which target it is about");
}

type Labels = Record<string, string>;

async function listSeries(prometheus: Prometheus, at: number): Promise<Labels[]> {
  const { series } = await prometheus.query('last_over_time(up{job!~"prometheus"}[1h])', at);
  const byText = (left: Labels, right: Labels) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1);
  return series.map(({ labels }) => labels).toSorted(byText);
}

function resolveTarget(target: RecordTarget, seen: readonly Labels[], only: boolean) {
  const address = target.address ?? findAddress(target, seen, only);
  const watch: Target = {
    name: target.name,
    instanceId: target.instanceId,
    region: target.region ?? null,
    match: { instance: address },
    addresses: [address],
    tags: target.tags ?? {},
    protectedBecause: null,
  };
  const labels = seen.find((one) => matches(watch.match, one)) ?? { instance: address };
  const recorded: CaptureTarget = {
    name: target.name,
    instance_id: target.instanceId,
    region: target.region ?? "us-east-1",
    labels: Object.fromEntries(Object.entries(labels).filter(([name]) => ["instance", "job"].includes(name))),
    tags: { Name: target.name, ...target.tags },
    service: target.service ?? null,
  };
  return { watch, recorded };
}

function findAddress(target: RecordTarget, seen: readonly Labels[], only: boolean): string {
  const own = seen.filter((one) => one.instance_id === target.instanceId || one.target === target.name);
  const addresses = [
    ...new Set((own.length > 0 ? own : seen).map(({ instance = "" }) => addressOf(instance))),
  ].sort();
  const named = addresses.find((address) => address === target.name);
  if (named) return named;
  const [address] = addresses;
  if (address !== undefined && addresses.length === 1 && (only || own.length > 0)) return address;
  throw new UsageError(
    addresses.length === 0
      ? "Prometheus has no `up` sample in the hour before --to: check --prometheus, --from and --to"
      : `which of ${addresses.join(", ")} is ${target.name}? Say it as --target ${target.name}=${target.instanceId}@ADDRESS`,
  );
}

function labelsOf(options: RecordOptions, name: string): RecordLabel[] {
  return (options.labels ?? [])
    .filter(({ target = options.targets[0]?.name }) => target === name)
    .toSorted((left, right) => left.start - right.start);
}

function describe(
  options: RecordOptions,
  targets: CaptureTarget[],
  frames: ReadonlyMap<string, Frame>,
): Capture {
  const { catalog, step, from, to } = options;
  const faults = targets.flatMap(({ name }) => {
    const labels = labelsOf(options, name);
    const frame = frames.get(name);
    if (!frame) return [];
    return labels.map((label, i) =>
      placeStretches(label, labels[i + 1] ?? { recordingEnd: to }, frame, catalog.metrics, name),
    );
  });
  const testFrom =
    options.testFrom ??
    Math.min(...faults.map(({ before }) => before[0]), Math.floor(to / step) * step + step);
  return {
    name: basename(resolve(options.out)),
    demo: options.demo ?? false,
    step_seconds: step,
    source: options.source ?? "recorded with `smartcloudops record`",
    licence: options.licence ?? "unknown: say it here before you share the recording",
    recorded: { from, to },
    test_from: testFrom,
    expressions: Object.fromEntries(
      catalog.metrics.map((metric) => [metric.name, catalog.expression(metric, step)]),
    ),
    same_as: { up: "service_up" },
    freshness: catalog.freshness,
    targets,
    faults,
  };
}

async function writeTarget(
  folder: string,
  frame: Frame,
  capture: Capture,
  labels: RecordLabel[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeColumns(join(folder, "train.csv.gz"), rowsOf(frame, -Infinity, capture.test_from));
  await writeColumns(join(folder, "test.csv.gz"), rowsOf(frame, capture.test_from, Infinity));
  const lines = labels.map(({ start, end, fault }) => `${start},${end},${fault}\n`);
  await writeFile(join(folder, "labels.csv"), `start,end,fault\n${lines.join("")}`);
}

function rowsOf(frame: Frame, from: number, to: number): Columns {
  const inside = (_: number, i: number) => (frame.time[i] ?? NaN) >= from && (frame.time[i] ?? NaN) < to;
  return {
    time: frame.time.filter(inside),
    columns: new Map(
      frame.metrics.map((metric, m) => [metric, (frame.columns[m] ?? new Float64Array()).filter(inside)]),
    ),
  };
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
