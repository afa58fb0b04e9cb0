import type { Recording } from "./recording.ts";

/** Which row is shown at metric time `at`, and when it was taken (unix seconds of metric time); null: no sample. */
type Sampler = (at: number) => { row: number; time: number } | null;

type Labels = Record<string, string>;
type Source = { labels: Labels; value: (row: number, time: number) => number };

type VectorRow = { metric: Labels; value: [number, string] };
type MatrixRow = { metric: Labels; values: [number, string][] };

/** Answers the stored expressions, and only those: null for any other one. */
export type Answers = {
  vector(expr: string, at: number): VectorRow[] | null;
  matrix(expr: string, times: readonly number[]): MatrixRow[] | null;
  /** Label sets of the series behind an expression. */
  series(expr: string): Labels[] | null;
};

/** A missing cell is answered with no sample, as Prometheus did when it was recorded. */
export function createAnswers(recording: Recording, sample: Sampler): Answers {
  const sources = findSources(recording);
  return {
    vector(expr, at) {
      const shown = sample(at);
      const rows = sources.get(expr)?.map(({ labels, value }) => ({
        metric: labels,
        value: [at, String(shown ? value(shown.row, shown.time) : NaN)] satisfies [number, string],
      }));
      return rows?.filter((row) => row.value[1] !== "NaN") ?? null;
    },
    matrix(expr, times) {
      const shown = times.map(sample);
      const rows = sources.get(expr)?.map(({ labels, value }) => ({
        metric: labels,
        values: times
          .map((at, i): [number, string] => {
            const one = shown[i];
            return [at, String(one ? value(one.row, one.time) : NaN)];
          })
          .filter(([, text]) => text !== "NaN"),
      }));
      return rows?.filter((row) => row.values.length > 0) ?? null;
    },
    series: (expr) => sources.get(expr)?.map(({ labels }) => labels) ?? null,
  };
}

function findSources({ capture, targets }: Recording): Map<string, Source[]> {
  const sources = new Map<string, Source[]>();
  const identity = (target: Recording["targets"][number]["target"]): Labels => ({
    ...target.labels,
    instance_id: target.instance_id,
    target: target.name,
  });
  const column = (metric: string, extra: Labels): Source[] =>
    targets.map(({ target, columns }) => ({
      labels: { ...extra, ...identity(target), ...capture.labels?.[metric] },
      value: (row) => columns.get(metric)?.[row] ?? NaN,
    }));
  for (const [metric, expr] of Object.entries(capture.expressions)) sources.set(expr, column(metric, {}));
  for (const [name, metric] of Object.entries(capture.same_as))
    sources.set(name, column(metric, { __name__: name }));
  sources.set(
    capture.freshness,
    targets.map(({ target }) => ({ labels: identity(target), value: (_row, time) => time })),
  );
  return sources;
}
