import { z } from "zod";
import type { QueryAnswer, Series } from "./client.ts";
import { PrometheusError, quote } from "./error.ts";

const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);
const texts = z.array(z.string()).optional();

const answer = z.object({
  status: z.literal("success"),
  warnings: texts,
  infos: texts,
  /** VictoriaMetrics: some storage node did not answer. */
  isPartial: z.boolean().optional(),
  data: z.discriminatedUnion("resultType", [
    z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: labels, value: sample.optional() })),
    }),
    z.object({
      resultType: z.literal("matrix"),
      result: z.array(z.object({ metric: labels, values: z.array(sample).optional() })),
    }),
    z.object({ resultType: z.literal("scalar"), result: sample }),
    z.object({ resultType: z.literal("string"), result: sample }),
  ]),
});

/** Reads the body of `query` or `query_range`. Anything that is not what the API documents is a PrometheusError. */
export function parseAnswer(body: unknown): QueryAnswer {
  const parsed = answer.safeParse(body);
  if (!parsed.success) throw garbage(z.prettifyError(parsed.error));
  const { data, warnings = [], infos = [], isPartial = false } = parsed.data;
  const notes = [...warnings, ...infos].map(quote);
  if (isPartial) notes.push("the answer is partial: not every storage node answered");
  return { series: readSeries(data, notes), warnings: notes, partial: isPartial || warnings.length > 0 };
}

function readSeries(data: z.infer<typeof answer>["data"], notes: string[]): Series[] {
  switch (data.resultType) {
    case "string":
      throw new PrometheusError(
        "bad_query",
        "the expression is a string, not a number",
        "Ask for a metric or a calculation with numbers",
      );
    case "scalar":
      return [toSeries({}, [data.result])];
    case "vector":
      return withoutHistograms(data.result, notes, (row) => row.value && toSeries(row.metric, [row.value]));
    case "matrix":
      return withoutHistograms(data.result, notes, (row) => row.values && toSeries(row.metric, row.values));
  }
}

/** A native histogram is not a number: it has no `value`, and the expression must reduce it first. */
function withoutHistograms<Row>(
  rows: Row[],
  notes: string[],
  read: (row: Row) => Series | undefined,
): Series[] {
  const series = rows.map(read).filter((one) => one !== undefined);
  const left = rows.length - series.length;
  if (left > 0) notes.push(`${left} native histograms left out: use histogram_quantile or histogram_avg`);
  return series;
}

function toSeries(labels: Record<string, string>, samples: readonly [number, string][]): Series {
  const time = samples.map(([at]) => at);
  if (time.some((at, i) => i > 0 && at <= (time[i - 1] ?? -Infinity)))
    throw garbage("samples of a series are not in order of time");
  return { labels, time, values: samples.map(([, text]) => readValue(text)) };
}

const specialValues = new Map([
  ["NaN", NaN],
  ["+Inf", Infinity],
  ["Inf", Infinity],
  ["-Inf", -Infinity],
]);

function readValue(text: string): number {
  const special = specialValues.get(text);
  if (special !== undefined) return special;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw garbage(`"${quote(text)}" is not a sample value`);
  return value;
}

function garbage(detail: string): PrometheusError {
  return new PrometheusError(
    "garbage",
    `the answer is not one of the Prometheus HTTP API (${quote(detail)})`,
    "Check that PROMETHEUS_URL is the address of Prometheus itself, without a path of its web pages",
  );
}
