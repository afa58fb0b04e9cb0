import type { Metric } from "../../infra/prometheus/catalog.ts";
import { joinFrames, selectMetrics, sliceFrame, type Frame } from "../../ml/frame.ts";
import { type Model, neededHistorySeconds } from "../../ml/model.ts";
import { resample } from "../../ml/resample.ts";
import { createScorer, type RowScore } from "../../ml/scorer.ts";
import { isBeyond, rowsBeyondLimit } from "../beyond-limit.ts";

/** What is known at one sample time. */
export type LiveScore = {
  time: number;
  /** 1 is the alert threshold; NaN before the first complete row of the detector's step, or withheld. */
  score: number;
  anomalous: boolean;
  /** The three metrics behind the score, largest share first. */
  top: readonly string[];
};

type LiveScores = { push(samples: Frame): LiveScore[] };

/**
 * Scores samples as they come, in pieces of any length: cells of the model's step are averaged, scored when they are
 * complete, and carried until the next one is. `train` is what came right before and fills the windows. The scores are
 * those that `evaluate` finds in a recording of the same samples, whatever the pieces were.
 */
export function createLiveScores(model: Model, train: Frame): LiveScores {
  const scorer = createScorer(model);
  let pending: Frame | null = null;
  let known: { row: RowScore; top: readonly string[] } | null = null;

  function take(sample: Frame): void {
    const cell = pending === null ? sample : joinFrames(pending, sample);
    const { time, columns } = resample(cell, model.stepSeconds).frame;
    const complete = time.length - 1;
    pending = complete < 0 ? cell : null;
    if (complete < 0) return;
    const row = scorer.push(
      time[complete]!,
      columns.map((column) => column[complete]!),
    );
    known = { row, top: scorer.explain().map(({ metric }) => metric) };
  }

  function push(samples: Frame): LiveScore[] {
    const own = selectMetrics(samples, model.metrics);
    return Array.from(own.time, (time, i) => {
      take(sliceFrame(own, i, i + 1));
      return {
        time,
        score: known?.row.score ?? Number.NaN,
        anomalous: known?.row.anomalous ?? false,
        top: known?.top ?? [],
      };
    });
  }

  const rows = Math.min(train.time.length, Math.ceil(neededHistorySeconds(model) / train.stepSeconds));
  push(sliceFrame(train, train.time.length - rows, train.time.length));
  return { push };
}

/** Follows the metrics' hard limits as the watch does; answers per sample the metrics that have been beyond theirs for long enough. */
export function createLimitWatch(metrics: readonly Metric[]): (samples: Frame) => string[][] {
  const limited = metrics.filter(({ limit }) => limit !== null);
  const since = new Map<string, number>();
  return (samples) => {
    const needed = rowsBeyondLimit(samples.stepSeconds);
    return Array.from(samples.time, (_, i) =>
      limited.flatMap((metric) => {
        const value = samples.columns[samples.metrics.indexOf(metric.name)]?.[i] ?? Number.NaN;
        const count = isBeyond(metric, value) ? (since.get(metric.name) ?? 0) + 1 : 0;
        since.set(metric.name, count);
        return count >= needed ? [metric.name] : [];
      }),
    );
  };
}
