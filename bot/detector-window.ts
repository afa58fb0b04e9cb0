import type { Clock } from "../infra/clock.ts";
import type { Target } from "../infra/inventory.ts";
import type { ModelStore } from "../infra/model-store.ts";
import type { Catalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { fetchFrames } from "../infra/prometheus/frames.ts";
import type { Frame } from "../ml/frame.ts";
import { neededHistorySeconds } from "../ml/model.ts";
import { createNovelRange } from "../ml/novel-range.ts";
import { freshRows, isBeyond, rowsBeyondLimit } from "./beyond-limit.ts";
import type { LiveModel, Reading, Survey } from "./detector.ts";
import type { Workers } from "./worker-pool.ts";

type Dependencies = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Clock;
  workers: Pick<Workers, "score">;
  models: Pick<ModelStore, "find" | "load">;
  stepSeconds: number;
  liveModel: (target: string) => LiveModel | null;
};

export const shortestWindowSeconds = 1_800;
/** Of a target without a model so much is looked at to tell what is outside anything seen. */
const novelSeconds = 3 * 3_600;

/** Scores a few targets over the last `seconds` of metric time: all rows are fetched, so that they can be drawn. */
export async function surveyWindow(
  targets: readonly Target[],
  seconds: number,
  deps: Dependencies,
): Promise<Survey> {
  const end = deps.clock.metric();
  const needed = targets.map(({ name }) => {
    const known = deps.liveModel(name);
    return known === null ? novelSeconds : neededHistorySeconds(known.model);
  });
  const frames = await fetchFrames({
    prometheus: deps.prometheus,
    catalog: deps.catalog,
    targets,
    start: end - Math.max(seconds, shortestWindowSeconds, ...needed),
    end,
    stepSeconds: deps.stepSeconds,
  });
  const stale = new Set(frames.stale);
  const readings = await Promise.all(
    targets.map(({ name }) =>
      read(name, frames.frames.get(name), {
        ...deps,
        newest: frames.newestByTarget.get(name) ?? null,
        isStale: stale.has(name),
        from: end - seconds,
      }),
    ),
  );
  return { metricAt: end, readings, warnings: frames.warnings, partial: frames.partial };
}

type Seen = Dependencies & { newest: number | null; isStale: boolean; from: number };

async function read(target: string, frame: Frame | undefined, seen: Seen): Promise<Reading> {
  const model = seen.liveModel(target);
  const base = unread(target, model, {
    newest: seen.newest,
    frame: frame === undefined ? emptyFrame(seen.stepSeconds) : rowsFrom(frame, seen.from),
  });
  if (frame === undefined || seen.isStale || seen.newest === null) return base;
  const present = { ...base, values: newestValues(frame), beyond: beyondLimit(frame, seen.catalog) };
  if (model === null) return { ...present, state: "learning", novel: novelIn(frame, seen.catalog) };
  const row = await seen.models.find(model.id);
  if (row === null) throw new Error(`model ${model.id} is not in the register any more`);
  const scored = await seen.workers.score(row.sha256, () => seen.models.load(row), frame);
  const last = scored.score.length - 1;
  const score = scored.score[last] ?? Number.NaN;
  const anomalous = scored.anomalous[last] === 1;
  const { top, agreeing, members, thresholdFactor, vanished, nearestCalmAt } = scored;
  return {
    ...present,
    top,
    agreeing,
    members,
    thresholdFactor,
    vanished,
    nearestCalmAt,
    state: anomalous ? "anomalous" : Number.isNaN(score) ? "withheld" : "normal",
    withheldBecause: !anomalous && Number.isNaN(score) ? "too_few_metrics" : null,
    score,
    rarityDays: scored.rarityDays[last] ?? Number.NaN,
    since: anomalous ? startOfRun(scored.anomalous, scored.time) : null,
    anomalies: runs(scored.anomalous, scored.time, scored.stepSeconds).filter(({ end }) => end >= seen.from),
  };
}

/** A reading that claims nothing. */
function unread(target: string, model: LiveModel | null, seen: Pick<Reading, "newest" | "frame">): Reading {
  return {
    target,
    state: "no_data",
    withheldBecause: null,
    ...seen,
    score: Number.NaN,
    rarityDays: Number.NaN,
    since: null,
    top: [],
    agreeing: 0,
    members: 0,
    thresholdFactor: 1,
    vanished: [],
    nearestCalmAt: null,
    values: new Map(),
    beyond: [],
    novel: [],
    model,
    anomalies: [],
  };
}

/** What lies outside everything that came before it at the end of a frame. */
function novelIn({ metrics, stepSeconds, time, columns }: Frame, catalog: Catalog): Reading["novel"] {
  const smallestChange = Object.fromEntries(catalog.metrics.map((each) => [each.name, each.smallestChange]));
  const range = createNovelRange({ metrics, stepSeconds, smallestChange });
  return time.reduce(
    (_, __, row) => range.push(columns.map((column) => column[row] ?? Number.NaN)),
    [] as Reading["novel"],
  );
}

function emptyFrame(stepSeconds: number): Frame {
  return { stepSeconds, time: new Float64Array(), metrics: [], columns: [] };
}

function rowsFrom(frame: Frame, from: number): Frame {
  const found = frame.time.findIndex((time) => time >= from);
  const first = found === -1 ? frame.time.length : found;
  return {
    ...frame,
    time: frame.time.slice(first),
    columns: frame.columns.map((column) => column.slice(first)),
  };
}

function newestValues(frame: Frame): Map<string, number> {
  const rows = freshRows(frame.stepSeconds);
  const values = new Map<string, number>();
  frame.metrics.forEach((metric, index) => {
    const value = frame.columns[index]?.slice(-rows).findLast((each) => !Number.isNaN(each));
    if (value !== undefined) values.set(metric, value);
  });
  return values;
}

function beyondLimit(frame: Frame, catalog: Catalog): Reading["beyond"] {
  const rows = rowsBeyondLimit(frame.stepSeconds);
  return frame.metrics.flatMap((name, index) => {
    const metric = catalog.find(name);
    const tail = frame.columns[index]?.slice(-rows) ?? new Float64Array();
    if (metric === null || tail.length < rows) return [];
    const beyond = tail.every((value) => isBeyond(metric, value));
    return beyond ? [{ metric, value: tail[tail.length - 1] ?? Number.NaN }] : [];
  });
}

function startOfRun(anomalous: Uint8Array, time: Float64Array): number | null {
  let row = anomalous.length - 1;
  while (row > 0 && anomalous[row - 1] === 1) row -= 1;
  return time[row] ?? null;
}

function runs(anomalous: Uint8Array, time: Float64Array, stepSeconds: number): Reading["anomalies"] {
  const found: Reading["anomalies"] = [];
  anomalous.forEach((flag, row) => {
    const at = time[row] ?? 0;
    const last = found.at(-1);
    if (flag === 0) return;
    if (last !== undefined && at - last.end <= stepSeconds * 1.5) last.end = at;
    else found.push({ start: at, end: at });
  });
  return found;
}
