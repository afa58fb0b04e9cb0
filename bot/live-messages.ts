import type { Reason } from "../ml/explain.ts";

/**
 * What the watch tells the scoring thread and hears of it. A session begins with `open`; a thread that was replaced
 * knows none and answers `lost`. Slots are small integers that stand for targets.
 */
export type LiveRequest = { session: number } & (
  | { kind: "open"; stepSeconds: number; metrics: readonly string[]; capacityRows: number }
  /** From the next `warm_up` on these slots are scored by the model with this key; `bytes` when it is not known yet. */
  | { kind: "model"; slots: Int32Array; key: string; bytes: Uint8Array | null }
  /** The newest rows of slots (see `Arriving`, slot after slot): kept, and scored where a scorer is warm. */
  | { kind: "rows"; slots: Int32Array; firstRow: number; rows: number; values: Float64Array }
  /** Rows from before, of which scorers start. */
  | { kind: "history"; slots: Int32Array; firstRow: number; rows: number; values: Float64Array }
  | { kind: "warm_up"; slots: Int32Array }
  /** The newest rows that are kept of one slot: what is already here need not be asked for again. */
  | { kind: "kept"; slot: number; rows: number }
  | { kind: "forget"; slots: Int32Array }
);

export type LiveAnswer =
  | { kind: "lost" }
  | { kind: "done" }
  | { kind: "needs_bytes" }
  | { kind: "refused"; because: "no_memory" | "unusable_model"; message: string }
  | { kind: "verdicts"; verdicts: Verdicts }
  /** Samples of row `firstRow + i` and metric `m` at `values[m * rows + i]`, NaN where there is none. */
  | { kind: "kept"; firstRow: number; rows: number; values: Float64Array };

/**
 * `cold`: it has no scorer. `starting`: its scorer has not seen a whole row yet. `unusable`: the model cannot score
 * these samples; `remarks` says why.
 */
export const verdictStates = ["cold", "starting", "unusable", "withheld", "normal", "anomalous"] as const;
export type VerdictState = (typeof verdictStates)[number];

/** One entry a slot, in the order they were asked in: what its scorer made of the newest complete row. */
export type Verdicts = {
  /** Index into `verdictStates`. */
  state: Uint8Array;
  score: Float64Array;
  rarityDays: Float64Array;
  /** Since when it is anomalous without a break, unix seconds; NaN when it is not. */
  since: Float64Array;
  thresholdFactor: Float64Array;
  agreeing: Uint8Array;
  members: Uint8Array;
  /** Only where there is something to say. */
  remarks: Remark[];
};

export type Remark = {
  /** Which of the slots. */
  index: number;
  /** Of an anomalous row, largest share first. */
  top: Reason[];
  nearestCalmAt: number | null;
  vanished: readonly string[];
  problem: string | null;
};
