import type { Clock } from "../infra/clock.ts";
import type { ModelRow } from "../infra/database/models.ts";
import type { Target } from "../infra/inventory.ts";
import type { ModelStore } from "../infra/model-store.ts";
import type { Catalog, Metric } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { fetchFrames } from "../infra/prometheus/frames.ts";
import type { Reason } from "../ml/explain.ts";
import type { Frame } from "../ml/frame.ts";
import { type Model, neededHistorySeconds, usualBand } from "../ml/model.ts";
import { decodeModel } from "../ml/model-codec.ts";
import type { Workers } from "./worker-pool.ts";

/** One version of a target's model in use. */
export type LiveModel = { id: string; target: string; createdAt: number; model: Model };

/** What the detector makes of one target now. Only `normal` means healthy; no data never does. */
export type Reading = {
  target: string;
  state: "no_data" | "learning" | "withheld" | "normal" | "anomalous";
  /** Metric time of the newest sample, unix seconds. */
  newest: number | null;
  /** 0 and up, 1 is the alert threshold; NaN without a model or with too few metrics. */
  score: number;
  /** Days between normal moments that score this high; NaN without a model. */
  rarityDays: number;
  /** Since when it is anomalous without a break, unix seconds. */
  since: number | null;
  top: Reason[];
  /** Newest value of every metric that has a fresh one: what it was long ago is not what it is. */
  values: Map<string, number>;
  /** Metrics at or beyond their hard limit for a minute and at least three samples. */
  beyond: { metric: Metric; value: number }[];
  model: LiveModel | null;
  frame: Frame;
  /** Stretches of the window in which it was anomalous, unix seconds. */
  anomalies: { start: number; end: number }[];
};

export type Survey = {
  metricAt: number;
  readings: Reading[];
  warnings: string[];
  /** Something is missing from Prometheus' answer: show it, let nothing act on it. */
  partial: boolean;
};

export type Training =
  | { ok: true; target: string; minutes: number; metrics: number }
  | { ok: false; target: string; message: string };

export type Stretch = { start: number; end: number };

export type Detector = ReturnType<typeof createDetector>;

type Dependencies = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Clock;
  workers: Pick<Workers, "train" | "score">;
  models: ModelStore;
  /** Seconds between the samples that are asked for. */
  stepSeconds: number;
  alarmBudget: number;
  /** A recording: where its history ended and the replay began, so that what is repeated is not learned; else null. */
  historyEnd: number | null;
  /** A short recording: a model may be live after half an hour, and says so. */
  demo: boolean;
};

const trainingSeconds = 14 * 86_400;
/** Two weeks at a minute: enough for any step, and what Prometheus answers in a few calls. */
const mostTrainingRows = 20_160;
/** A look is shared for so long; far less than the distance of two samples. */
const sharedLookMs = 500;
const shortestWindowSeconds = 1_800;

/** One model a target: trains, keeps and uses them. The mathematics runs in worker threads. */
export function createDetector(deps: Dependencies) {
  const live = new Map<string, LiveModel>();
  const unlearned = new Map<string, string>();

  /** Reads the live models back at start; those that cannot be read are told to `complain` and must be trained anew. */
  async function loadModels(complain: (target: string, reason: string) => void): Promise<void> {
    for (const row of (await deps.models.list()).filter((each) => each.live)) {
      try {
        live.set(row.target, liveModel(row, decodeModel(await deps.models.load(row))));
      } catch (error) {
        complain(row.target, error instanceof Error ? error.message : String(error));
      }
    }
  }

  /**
   * Learns one target anew from the history Prometheus has, up to 14 days. The stretches in `leftOut` (unix seconds:
   * its incidents) are not learned: what was wrong must not become what is usual.
   */
  async function train(target: Target, leftOut: readonly Stretch[]): Promise<Training> {
    const trained = await learn(target, leftOut).catch((error: unknown): Training => {
      if (!(error instanceof PrometheusError)) throw error;
      return { ok: false, target: target.name, message: error.message };
    });
    if (trained.ok) unlearned.delete(target.name);
    else unlearned.set(target.name, trained.message);
    return trained;
  }

  async function learn(target: Target, leftOut: readonly Stretch[]): Promise<Training> {
    const end = Math.min(deps.clock.metric(), deps.historyEnd ?? Number.POSITIVE_INFINITY);
    const frames = await fetchFrames({
      prometheus: deps.prometheus,
      catalog: deps.catalog,
      targets: [target],
      start: end - Math.min(trainingSeconds, mostTrainingRows * deps.stepSeconds),
      end,
      stepSeconds: deps.stepSeconds,
    });
    const frame = frames.frames.get(target.name);
    if (frame === undefined)
      return { ok: false, target: target.name, message: "Prometheus has no samples of it." };
    const trained = await deps.workers.train(trimEmpty(without(frame, leftOut)), {
      alarmBudget: deps.alarmBudget,
      seed: 1,
      demo: deps.demo,
      smallestChange: Object.fromEntries(
        deps.catalog.metrics.map(({ name, smallestChange }) => [name, smallestChange]),
      ),
    });
    if (!trained.ok) return { ok: false, target: target.name, message: trained.message };
    const model = decodeModel(trained.bytes);
    const meta = {
      minutes: model.learnedMinutes,
      metrics: model.metrics,
      from: model.trainedFrom,
      to: model.trainedTo,
    };
    const id = await deps.models.save(target.name, trained.bytes, meta);
    live.set(target.name, { id, target: target.name, createdAt: deps.clock.wall(), model });
    return { ok: true, target: target.name, minutes: model.learnedMinutes, metrics: model.metrics.length };
  }

  /** Looks that are under way or just over: many people who ask at once are one look. */
  const looks = new Map<string, { at: number; survey: Promise<Survey> }>();

  /** Scores targets over the last `seconds` of metric time (at least what the models need). */
  function survey(targets: readonly Target[], seconds = shortestWindowSeconds): Promise<Survey> {
    const now = deps.clock.wall();
    for (const [key, look] of looks) if (now - look.at > sharedLookMs || now < look.at) looks.delete(key);
    const key = JSON.stringify([targets.map(({ name }) => name), Math.round(seconds)]);
    const known = looks.get(key);
    if (known !== undefined) return known.survey;
    const look = { at: now, survey: lookAt(targets, seconds) };
    looks.set(key, look);
    return look.survey;
  }

  async function lookAt(targets: readonly Target[], seconds: number): Promise<Survey> {
    const end = deps.clock.metric();
    const needed = Math.max(
      seconds,
      shortestWindowSeconds,
      ...targets.map(({ name }) => {
        const known = live.get(name);
        return known === undefined ? 0 : neededHistorySeconds(known.model);
      }),
    );
    const frames = await fetchFrames({
      prometheus: deps.prometheus,
      catalog: deps.catalog,
      targets,
      start: end - needed,
      end,
      stepSeconds: deps.stepSeconds,
    });
    const readings = await Promise.all(
      targets.map((target) =>
        read(target.name, frames.frames.get(target.name), {
          newest: frames.newestByTarget.get(target.name) ?? null,
          stale: frames.stale.includes(target.name),
          from: end - seconds,
        }),
      ),
    );
    return { metricAt: end, readings, warnings: frames.warnings, partial: frames.partial };
  }

  /** The stored bytes of a live version, for a worker that has not seen it yet. */
  async function encoded(id: string): Promise<Uint8Array> {
    const row = (await deps.models.list()).find((each) => each.id === id);
    if (row === undefined) throw new Error(`model ${id} is not in the register any more`);
    return deps.models.load(row);
  }

  async function read(
    target: string,
    frame: Frame | undefined,
    seen: { newest: number | null; stale: boolean; from: number },
  ): Promise<Reading> {
    const model = live.get(target) ?? null;
    const base: Reading = {
      target,
      state: "no_data",
      newest: seen.newest,
      score: Number.NaN,
      rarityDays: Number.NaN,
      since: null,
      top: [],
      values: new Map(),
      beyond: [],
      model,
      frame: (frame && since(frame, seen.from)) ?? {
        stepSeconds: deps.stepSeconds,
        time: new Float64Array(),
        metrics: [],
        columns: [],
      },
      anomalies: [],
    };
    if (frame === undefined || seen.stale || seen.newest === null) return base;
    base.values = newestValues(frame);
    base.beyond = beyondLimit(frame, deps.catalog);
    if (model === null) return { ...base, state: "learning" };
    const scored = await deps.workers.score(model.id, () => encoded(model.id), frame);
    const last = scored.score.length - 1;
    const score = scored.score[last] ?? Number.NaN;
    const anomalous = scored.anomalous[last] === 1;
    return {
      ...base,
      state: anomalous ? "anomalous" : Number.isNaN(score) ? "withheld" : "normal",
      score,
      rarityDays: scored.rarityDays[last] ?? Number.NaN,
      since: anomalous ? startOfRun(scored.anomalous, scored.time) : null,
      top: scored.top,
      anomalies: runs(scored.anomalous, scored.time, scored.stepSeconds).filter(
        ({ end }) => end >= seen.from,
      ),
    };
  }

  return {
    loadModels,
    train,
    survey,
    /** Usual range of a metric on a target in its own unit; null where no model knows it. */
    usual(target: string, metric: string): [low: number, high: number] | null {
      const known = live.get(target);
      return known === undefined ? null : usualBand(known.model, metric);
    },
    live: (): LiveModel[] => [...live.values()],
    /** Why a target could not be learned the last time; null where it was, or was not tried. */
    whyNotLearned: (target: string): string | null => unlearned.get(target) ?? null,
    versions: (): Promise<ModelRow[]> => deps.models.list(),
    catalog: deps.catalog,
    stepSeconds: deps.stepSeconds,
  };
}

function liveModel(row: ModelRow, model: Model): LiveModel {
  return { id: row.id, target: row.target, createdAt: row.createdAt, model };
}

/** The rows from a moment on. */
function since(frame: Frame, from: number): Frame {
  const found = frame.time.findIndex((time) => time >= from);
  const first = found === -1 ? frame.time.length : found;
  return {
    ...frame,
    time: frame.time.slice(first),
    columns: frame.columns.map((column) => column.slice(first)),
  };
}

/** The frame with the given stretches blank. */
function without(frame: Frame, stretches: readonly Stretch[]): Frame {
  if (stretches.length === 0) return frame;
  const blank = (time: number) => stretches.some(({ start, end }) => time >= start && time <= end);
  return {
    ...frame,
    columns: frame.columns.map((column) =>
      column.map((value, row) => (blank(frame.time[row] ?? 0) ? Number.NaN : value)),
    ),
  };
}

/** Without the rows before the first sample: history that Prometheus does not have is not a gap. */
function trimEmpty(frame: Frame): Frame {
  const first = frame.time.findIndex((_, row) => frame.columns.some((column) => !Number.isNaN(column[row])));
  const from = Math.max(0, first);
  return {
    ...frame,
    time: frame.time.slice(from),
    columns: frame.columns.map((column) => column.slice(from)),
  };
}

const freshSeconds = 90;
const freshRows = 3;

function newestValues(frame: Frame): Map<string, number> {
  const rows = Math.max(freshRows, Math.ceil(freshSeconds / frame.stepSeconds));
  const values = new Map<string, number>();
  frame.metrics.forEach((metric, index) => {
    const value = frame.columns[index]?.slice(-rows).findLast((each) => !Number.isNaN(each));
    if (value !== undefined) values.set(metric, value);
  });
  return values;
}

/** Whether a value is at or beyond its metric's hard limit, on the side that is trouble. */
export function isBeyond({ limit, worse }: Pick<Metric, "limit" | "worse">, value: number): boolean {
  return limit !== null && (worse === "less" ? value <= limit : value >= limit);
}

/** Beyond its limit for a minute and at least three samples: a short spike is no alert. */
const secondsBeyondLimit = 60;
const rowsBeyondLimit = 3;

function beyondLimit(frame: Frame, catalog: Catalog): Reading["beyond"] {
  const rows = Math.max(rowsBeyondLimit, Math.ceil(secondsBeyondLimit / frame.stepSeconds));
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
