import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import type { QueryAnswer, Series } from "./client.ts";
import { PrometheusError, quote } from "./error.ts";

const labels = z.record(z.string(), z.string());
const sample = z.tuple([z.number(), z.string()]);
const texts = z.array(z.string()).optional();

const unread = z.array(z.unknown());

/** The frame of an answer; its series are read in slices. */
const answer = z.object({
  status: z.literal("success"),
  warnings: texts,
  infos: texts,
  /** VictoriaMetrics: some storage node did not answer. */
  isPartial: z.boolean().optional(),
  data: z.discriminatedUnion("resultType", [
    z.object({ resultType: z.literal("vector"), result: unread }),
    z.object({ resultType: z.literal("matrix"), result: unread }),
    z.object({ resultType: z.literal("scalar"), result: sample }),
    z.object({ resultType: z.literal("string"), result: sample }),
  ]),
});
const vectorRows = z.array(z.object({ metric: labels, value: sample.optional() }));
const matrixRows = z.array(z.object({ metric: labels, values: z.array(sample).optional() }));

/** Text of an answer that is read before the event loop gets its turn: about a millisecond of work. */
const sliceLength = 64 * 1024;

/**
 * Reads the body of `query` or `query_range`, a long one in slices between which other work gets its turn: ten thousand
 * series must not hold up a click. With `take` the series are handed over slice by slice, and the answer has none.
 * Anything that is not what the API documents is a PrometheusError.
 */
export async function parseAnswer(body: string, take?: (series: Series[]) => void): Promise<QueryAnswer> {
  const { slices, rest } = cut(body);
  const { data, warnings = [], infos = [], isPartial = false } = checked(answer, readJson(rest));
  const notes = [...warnings, ...infos].map(quote);
  if (isPartial) notes.push("the answer is partial: not every storage node answered");
  const series: Series[] = [];
  let left = 0;
  const read = (result: Result) => {
    const found = readSeries(result);
    const numbers = found.filter((one) => one !== undefined);
    left += found.length - numbers.length;
    if (take !== undefined) take(numbers);
    else for (const one of numbers) series.push(one);
  };
  for (const slice of slices) {
    if (data.resultType === "vector" || data.resultType === "matrix")
      read({ resultType: data.resultType, result: checked(unread, readJson(`[${slice}]`)) });
    await setImmediate();
  }
  read(data);
  if (left > 0) notes.push(`${left} native histograms left out: use histogram_quantile or histogram_avg`);
  return { series, warnings: notes, partial: isPartial || warnings.length > 0 };
}

/** How every series begins. Inside a text of JSON a quotation mark is escaped, so this is never part of one. */
const seriesBegin = '{"metric":';

/** A long body without most of its series, and these in slices, as texts of JSON. */
function cut(body: string): { slices: string[]; rest: string } {
  const marks: number[] = [];
  for (let at = body.length > sliceLength ? body.indexOf(seriesBegin) : -1; at >= 0;) {
    marks.push(at);
    const next = body.indexOf(`,${seriesBegin}`, at + sliceLength);
    at = next < 0 ? -1 : next + 1;
  }
  const last = marks.at(-1);
  if (last === undefined) return { slices: [], rest: body };
  return {
    slices: marks.slice(1).map((end, i) => body.slice(marks[i], end - 1)),
    rest: body.slice(0, marks[0]) + body.slice(last),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw garbage("it is not JSON");
    throw error;
  }
}

function checked<Shape>(schema: z.ZodType<Shape>, value: unknown): Shape {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw garbage(z.prettifyError(parsed.error));
  return parsed.data;
}

type Result = z.infer<typeof answer>["data"];

/** Undefined for a native histogram, which is not a number: it has no `value`, and the expression must reduce it first. */
function readSeries(data: Result): (Series | undefined)[] {
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
      return checked(vectorRows, data.result).map(({ metric, value }) => value && toSeries(metric, [value]));
    case "matrix":
      return checked(matrixRows, data.result).map(({ metric, values }) => values && toSeries(metric, values));
  }
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
