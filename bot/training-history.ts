import type { Clock } from "../infra/clock.ts";
import type { MetricsHistory } from "../infra/database/metrics-history.ts";
import type { Target } from "../infra/inventory.ts";
import type { Catalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { fetchFrames } from "../infra/prometheus/frames.ts";
import { hasSample, rowsWithSamples, type Frame } from "../ml/frame.ts";
import type { Stretch } from "./detector.ts";
import type { ModelMeta } from "./model-meta.ts";

export type HistorySources = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Pick<Clock, "metric">;
  /** What was collected; null where nothing is. */
  history: Pick<MetricsHistory, "read"> | null;
  stepSeconds: number;
  /** A recording: where its history ended and the replay began, so that what is repeated is not learned; else null. */
  historyEnd: number | null;
};

export type TrainingHistory = { frame: Frame; source: ModelMeta["source"] };

const DAY_SECONDS = 86_400;
const trainingSeconds = 14 * DAY_SECONDS;
/** Two weeks at a minute: enough for any step, and what Prometheus answers in a few calls. */
const mostRows = 20_160;
/** A collected history that lacks so little is not worth asking Prometheus for two weeks again. */
const complete = 0.98;

/**
 * Up to `seconds` (14 days) of a target, from what was collected or from Prometheus, whichever holds more rows; the stretches in
 * `leftOut` (unix seconds) are blank, and rows before the first sample are cut off. Null without any sample. Throws a
 * PrometheusError only where nothing was collected either.
 */
export async function readHistory(
  target: Target,
  leftOut: readonly Stretch[],
  sources: HistorySources,
  seconds = trainingSeconds,
): Promise<TrainingHistory | null> {
  const { stepSeconds } = sources;
  const end = Math.min(sources.clock.metric(), sources.historyEnd ?? Number.POSITIVE_INFINITY);
  const window = { start: end - Math.min(seconds, mostRows * stepSeconds), end, stepSeconds };
  const collected = (await sources.history?.read(target.name, window)) ?? null;
  const collectedRows = collected === null ? 0 : rowsWithSamples(collected);
  const enough = complete * ((window.end - window.start) / stepSeconds);
  const asked =
    collectedRows >= enough ? null : await askPrometheus(target, window, sources, collectedRows > 0);
  const usesCollected = collected !== null && collectedRows >= (asked === null ? 0 : rowsWithSamples(asked));
  const frame = usesCollected ? collected : asked;
  if (frame === null || rowsWithSamples(frame) === 0) return null;
  return {
    frame: trimEmpty(without(frame, leftOut)),
    source: usesCollected ? "metrics history" : "Prometheus",
  };
}

async function askPrometheus(
  target: Target,
  window: Stretch & { stepSeconds: number },
  { prometheus, catalog }: HistorySources,
  mayFail: boolean,
): Promise<Frame | null> {
  try {
    const { frames } = await fetchFrames({ prometheus, catalog, targets: [target], ...window });
    return frames.get(target.name) ?? null;
  } catch (error) {
    if (mayFail && error instanceof PrometheusError) return null;
    throw error;
  }
}

/** The frame with the given stretches blank. */
function without(frame: Frame, stretches: readonly Stretch[]): Frame {
  if (stretches.length === 0) return frame;
  const blank = frame.time.map((time) =>
    stretches.some(({ start, end }) => time >= start && time <= end) ? 1 : 0,
  );
  const columns = frame.columns.map((column) =>
    column.map((value, row) => (blank[row] === 1 ? Number.NaN : value)),
  );
  return { ...frame, columns };
}

/** Without the rows before the first sample: history that nobody has is not a gap. */
function trimEmpty(frame: Frame): Frame {
  const first = Math.max(
    0,
    frame.time.findIndex((_, row) => hasSample(frame, row)),
  );
  return {
    ...frame,
    time: frame.time.slice(first),
    columns: frame.columns.map((column) => column.slice(first)),
  };
}
