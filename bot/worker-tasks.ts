import type { Drift } from "../ml/drift.ts";
import type { Phase } from "../ml/examine.ts";
import type { Frame } from "../ml/frame.ts";
import type { GateReport } from "../ml/gates.ts";
import type { Reason } from "../ml/explain.ts";
import type { TrainOptions } from "../ml/train.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { LiveAnswer, LiveRequest } from "./live-messages.ts";

/** What a detector says of a window: arrays with one entry a row of its step, and what it says of the newest row. */
export type Assessed = {
  time: Float64Array;
  score: Float64Array;
  rarityDays: Float64Array;
  anomalous: Uint8Array;
  stepSeconds: number;
  /** The rest is of the newest row. How many of the `members` find it as rare as the threshold asks. */
  agreeing: number;
  members: number;
  /** 1 and up: the threshold as raised at run time, because alarms exceeded the alarm budget. */
  thresholdFactor: number;
  /** Metrics that were always there in train and are missing. */
  vanished: readonly string[];
  /** Largest share first; empty where nothing differs. */
  top: Reason[];
  /** Unix seconds of the calm moment of train that is most like it. */
  nearestCalmAt: number | null;
};

/** The worker's tasks: what each is given and what it answers. */
export type Tasks = {
  /** `model` is null when this thread may have the model with this key (SHA-256 of its bytes) already. */
  score: {
    input: { key: string; model: Uint8Array | null; frame: Frame };
    output: { known: true; assessed: Assessed } | { known: false };
  };
  /** Trains a challenger and judges it; `champion` is the live model it has to stand up to. */
  examine: {
    input: {
      frame: Frame;
      options: TrainOptions;
      champion: Uint8Array | null;
      highest: Readonly<Record<string, number>>;
    };
    output: { ok: true; bytes: Uint8Array; report: GateReport } | { ok: false; message: string };
  };
  /** Whether the quiet rows from `from` (unix seconds) on still look to the model as calm ones did. */
  drift: { input: { model: Uint8Array; frame: Frame; from: number }; output: Drift };
  live: { input: LiveRequest; output: LiveAnswer };
  chart: { input: ChartSpec; output: Uint8Array };
};

/** How far an examination is; `share` is of the whole, 0..1. */
export type TrainingProgress = { phase: Phase; share: number };

export type TaskName = keyof Tasks;
export type Job = {
  [Name in TaskName]: { number: number; name: Name; input: Tasks[Name]["input"] };
}[TaskName];
