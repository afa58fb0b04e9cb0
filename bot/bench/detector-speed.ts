import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { scaleFeatures } from "../../ml/features.ts";
import { sliceFrame, type Frame } from "../../ml/frame.ts";
import { decodeModel, encodeModel } from "../../ml/model-codec.ts";
import type { Model } from "../../ml/model.ts";
import { rollingFeatures } from "../../ml/rolling.ts";
import { scoreFrame } from "../../ml/score.ts";
import { createScorer } from "../../ml/scorer.ts";
import { trainModel } from "../../ml/train.ts";
import { coldRow } from "./cold-row.ts";
import { madeUpFrame } from "./made-up.ts";
import { timeMembers, type Timing } from "./ours.ts";
import { eachMs, quantileOf, timed, type Now } from "./stopwatch.ts";

export type DetectorSize = {
  rows: number;
  metrics: number;
  stepSeconds: number;
  scoreRows: number;
  singleRows: number;
};

export type DetectorSpeed = {
  size: DetectorSize;
  /** Every member alone on the rolling features of all metrics. */
  members: Timing[];
  /** Features, members, calibration and threshold; wall time, and processor time in all threads. */
  trainMs: number;
  trainCpuMs: number;
  /** `scoreRows` rows in one call, through features, all members, alarm rule. */
  batchMs: number;
  batchCpuMs: number;
  /** One row after the other, milliseconds, once 200 rows have gone through. */
  row: { p50: number; p99: number };
  /** First row of a fresh thread that has just read the model, and the 100 rows after it; null where there is none. */
  cold: { readMs: number; firstMs: number; p50: number; p99: number } | null;
  memory: { encodedBytes: number; heldBytes: number; scorerBytes: number };
};

const WARM_UP_ROWS = 200;
const COPIES = 5;

/** What the detector costs for one target of the given size, on one core. */
export async function measureDetector(
  size: DetectorSize,
  { now, progress }: { now: Now; progress: (text: string) => void },
): Promise<DetectorSpeed> {
  const { rows, metrics, stepSeconds, scoreRows, singleRows } = size;
  const all = rows + scoreRows + WARM_UP_ROWS + singleRows;
  const frame = madeUpFrame({ rows: all, metrics, stepSeconds, seed: 3 });
  const history = sliceFrame(frame, 0, rows);
  progress(`everything on ${rows} rows of ${metrics} metrics`);
  const {
    result: model,
    ms: trainMs,
    cpuMs: trainCpuMs,
  } = timed(now, () =>
    trainModel(history, { alarmBudget: 0.25, seed: 1, smallestChange: {}, dataset: true, synthetic: true }),
  );
  progress("each member on the same features");
  const features = scaleFeatures(rollingFeatures(history, model), model.fitted.scaling);
  const members = timeMembers(features, { scoreRows, singleRows, now });
  const later = sliceFrame(frame, rows, rows + scoreRows);
  const { ms: batchMs, cpuMs: batchCpuMs } = timed(now, () => scoreFrame(model, later));
  progress("one row at a time");
  const row = timeRows(model, sliceFrame(frame, rows + scoreRows, all), now);
  const encoded = encodeModel(model);
  const cold = await coldRow(encoded, stepSeconds);
  const fitted = { trainMs, trainCpuMs, batchMs, batchCpuMs };
  return { size, members, ...fitted, row, cold, memory: memoryOf(encoded) };
}

function timeRows(model: Model, frame: Frame, now: Now): DetectorSpeed["row"] {
  const scorer = createScorer(model);
  const values = new Float64Array(frame.columns.length);
  const ms = eachMs(now, frame.time.length, (row) => {
    frame.columns.forEach((column, m) => (values[m] = column[row]!));
    return scorer.push(frame.time[row]!, values);
  }).subarray(WARM_UP_ROWS);
  return { p50: quantileOf(ms, 0.5), p99: quantileOf(ms, 0.99) };
}

function memoryOf(encoded: Uint8Array): DetectorSpeed["memory"] {
  const models: Model[] = [];
  const heldBytes = bytesOf(() => {
    for (let copy = 0; copy < COPIES; copy++) models.push(decodeModel(encoded));
  });
  const scorers: unknown[] = [];
  const scorerBytes = bytesOf(() => {
    for (const model of models) scorers.push(createScorer(model));
  });
  // Named once more, so that neither can be collected while the other is measured.
  const held = models.length === scorers.length ? COPIES : Number.NaN;
  return {
    encodedBytes: encoded.byteLength,
    heldBytes: heldBytes / held,
    scorerBytes: scorerBytes / held,
  };
}

/** Bytes of heap and array buffers that are in use after `run` and were not before. */
function bytesOf(run: () => void): number {
  const inUse = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = inUse();
  run();
  return inUse() - before;
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
}
