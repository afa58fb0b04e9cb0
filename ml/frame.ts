/**
 * Aligned series of one target. `time[i]` is unix seconds, strictly increasing, `stepSeconds` apart;
 * `columns[m][i]` is metric `metrics[m]` at `time[i]`, NaN where there is no sample.
 */
export type Frame = {
  stepSeconds: number;
  time: Float64Array;
  metrics: readonly string[];
  columns: readonly Float64Array[];
};
