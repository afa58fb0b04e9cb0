import type { Frame } from "../ml/frame.ts";
import type { Reason } from "../ml/explain.ts";
import type { TrainOptions } from "../ml/train.ts";
import type { ChartSpec } from "./chart-spec.ts";

/** What a detector says of a frame, one entry a row of the detector's step, and why the newest row is unusual. */
export type Assessed = {
  time: Float64Array;
  score: Float64Array;
  rarityDays: Float64Array;
  anomalous: Uint8Array;
  agreeing: Uint8Array;
  stepSeconds: number;
  /** Of the newest row, largest share first; empty where nothing differs. */
  top: Reason[];
};

/** The worker's tasks: what each is given and what it answers. */
export type Tasks = {
  train: {
    input: { frame: Frame; options: TrainOptions };
    output: { ok: true; bytes: Uint8Array } | { ok: false; message: string };
  };
  /** `model` is null when this worker has seen version `id` before. */
  score: {
    input: { id: string; model: Uint8Array | null; frame: Frame };
    output: { known: true; assessed: Assessed } | { known: false };
  };
  chart: { input: ChartSpec; output: Uint8Array };
};

export type TaskName = keyof Tasks;
export type Job = {
  [Name in TaskName]: { number: number; name: Name; input: Tasks[Name]["input"] };
}[TaskName];
