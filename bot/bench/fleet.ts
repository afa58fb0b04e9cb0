import { join } from "node:path";
import { readFrame } from "../../infra/dataset.ts";
import type { Target } from "../../infra/inventory.ts";
import { builtinMetrics } from "../../infra/prometheus/builtin-metrics.ts";
import { createCatalog, type Catalog } from "../../infra/prometheus/catalog.ts";
import type { Frame } from "../../ml/frame.ts";
import type { Model } from "../../ml/model.ts";
import { trainModel } from "../../ml/train.ts";

/** What the fleet of the benchmark is made of: rows of a real recording, and models that learned them. */
export type Fleet = {
  catalog: Catalog;
  models: Model[];
  /** A calm value of a metric of a target at any row: the recording played forward and backward without end. */
  calmValue: (target: number, metric: number, row: number) => number;
};

const FLEET_METRICS = 14;
export const FLEET_STEP_SECONDS = 60;
const MODELS = 3;
/** A day and a half: enough rows for members to remember as many as they ever do. */
const TRAIN_ROWS = 2_000;
/** Rows by which one target's recording is ahead of the one before it. */
const PHASE_ROWS = 7;
/** What moves at all varies by up to so much more: equal rows would be found at once, which real ones never are. */
const JITTER = 0.02;

/**
 * Reads the calm part of the recording of web-1. Its rows are 5 s apart and are taken for minutes, repeated with a
 * little noise until members are as large as with a real history: what a row costs depends on sizes and on how near
 * rows are to each other, not on what the numbers say.
 */
export async function loadFleet(root: string): Promise<Fleet> {
  const metrics = builtinMetrics.slice(0, FLEET_METRICS);
  const recorded = await readFrame(join(root, "fixtures", "captures", "web-1", "web-1", "train.csv.gz"));
  const columns = metrics.map(({ name }) => recorded.columns[recorded.metrics.indexOf(name)]!);
  const moves = columns.map((column) => column.some((value) => value !== column[0]));
  const length = recorded.time.length;
  const calmValue = (target: number, metric: number, row: number) => {
    const place = (row + PHASE_ROWS * target) % (2 * length);
    const value = columns[metric]![place < length ? place : 2 * length - 1 - place]!;
    return moves[metric]! ? value * (1 + JITTER * noise(target, metric, row)) : value;
  };
  const history: Frame = {
    stepSeconds: FLEET_STEP_SECONDS,
    time: Float64Array.from({ length: TRAIN_ROWS }, (_, row) => row * FLEET_STEP_SECONDS),
    metrics: metrics.map(({ name }) => name),
    columns: metrics.map((_, m) =>
      Float64Array.from({ length: TRAIN_ROWS }, (_, row) => calmValue(0, m, row)),
    ),
  };
  const smallestChange = Object.fromEntries(metrics.map((metric) => [metric.name, metric.smallestChange]));
  const models = Array.from({ length: MODELS }, (_, seed) =>
    trainModel(history, { alarmBudget: 0.25, seed, smallestChange, dataset: true }),
  );
  return { catalog: createCatalog({ metrics }), models, calmValue };
}

/** A target of the fleet: its number is its address and its instance id. */
export function fleetTarget(number: number): Target {
  const address = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
  return {
    name: `server-${number}`,
    instanceId: `i-${number.toString(16).padStart(17, "0")}`,
    region: null,
    match: { instance: address },
    addresses: [address],
    tags: {},
    protectedBecause: null,
  };
}

/** -1..1, the same for the same three numbers. */
function noise(target: number, metric: number, row: number): number {
  let hash =
    Math.imul(target + 1, 0x9e3779b1) ^ Math.imul(metric + 1, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 31 - 1;
}
