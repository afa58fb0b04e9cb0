import type { Intent } from "../../intents/intent.ts";
import { readNamedValue } from "../../infra/prometheus/catalog.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import { answer, type Bot, privately, type Response } from "../bot.ts";
import { type CardDraft, draft } from "../card.ts";
import { metricChart } from "../cards/metric-chart.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer } from "../cards/scene.ts";
import type { Reading } from "../detector.ts";
import { changeMarks } from "../follow-up.ts";
import { plural } from "../format.ts";
import { pickTarget } from "./pick-target.ts";
import { waitingOn } from "./waiting-plan.ts";
import { windowSeconds } from "./window.ts";

const day = 86_400;
const mostLines = 20;

/** A picture of one metric with its usual band. */
export async function chart(intent: Extract<Intent, { kind: "chart" }>, bot: Bot): Promise<Response> {
  const { catalog } = bot.detector;
  const metric = readNamedValue(catalog, intent.metric ?? "cpu_usage_percent", 0)?.metric ?? null;
  if (metric === null) {
    return privately(
      refusalCard(
        "I do not know that metric",
        `"${intent.metric}" is not in the catalog. It has: ${catalog.metrics.map(({ name }) => name).join(", ")}. For anything else: promql EXPRESSION.`,
      ),
    );
  }
  const picked = pickTarget(intent, bot);
  if (!picked.ok) return picked.response;
  const window = windowSeconds(intent.window, 1_800, { least: 60, most: 14 * day });
  if (!window.ok) return window.response;
  const { readings } = await bot.detector.survey([picked.target], window.seconds);
  const [reading] = readings;
  const scene = bot.scene();
  const spec = reading && (await readingChart(reading, metric.name, bot));
  return answer(
    draft({
      title: `${metric.title} of ${picked.target.name}`,
      text: reading && spec ? spec.alt : "There are no samples in this window.",
      chart: spec ?? null,
      footer: footer(scene),
      ...(await waitingOn(picked.target.name, bot)),
    }),
  );
}

/** The answer to somebody's own PromQL: the newest value of each series. Only reads. */
export async function promql(intent: Extract<Intent, { kind: "promql" }>, bot: Bot): Promise<Response> {
  try {
    const result = await bot.prometheus.query(intent.expr, bot.scene().metricNow);
    const lines = result.series.slice(0, mostLines).map((series) => {
      const labels = Object.entries(series.labels)
        .filter(([name]) => name !== "__name__")
        .map(([name, value]) => `${name}="${value}"`);
      return `${series.labels.__name__ ?? ""}{${labels.join(", ")}} ${series.values.at(-1) ?? "no value"}`;
    });
    return answer(
      draft({
        title: `${plural(result.series.length, "series", "series")} for ${intent.expr.slice(0, 100)}`,
        text: [
          ...lines,
          ...(result.series.length > mostLines ? [`and ${result.series.length - mostLines} more`] : []),
          ...result.warnings.slice(0, 3),
        ].join("\n"),
        footer: footer(bot.scene()),
      }),
    );
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return privately(refusalCard("Prometheus refused that expression", error.message));
  }
}

/** The chart of one metric out of a reading's own window; null when it has no samples of it. */
export async function readingChart(reading: Reading, metric: string, bot: Bot): Promise<CardDraft["chart"]> {
  const column = reading.frame.columns[reading.frame.metrics.indexOf(metric)];
  if (column === undefined || column.every((value) => Number.isNaN(value))) return null;
  const { time } = reading.frame;
  const window = { start: time[0] ?? 0, end: time.at(-1) ?? 0 };
  return metricChart(
    {
      target: reading.target,
      metric,
      time: reading.frame.time,
      values: column,
      usual: bot.detector.usual(reading.target, metric),
      anomalies: reading.anomalies,
      marks: await changeMarks(reading.target, window, bot),
    },
    bot.scene(),
  );
}
