import type { Reason } from "../../ml/explain.ts";
import { incidentOfTarget } from "../../remediation/incident.ts";
import { answer, type Bot, type Response } from "../bot.ts";
import { type CardDraft, draft } from "../card.ts";
import {
  besideUsual,
  type CloserLook,
  courseClause,
  noCloserLook,
  orderSentence,
} from "../cards/closer-look.ts";
import {
  agreement,
  finding,
  inTrouble,
  lessReadily,
  rarity,
  readingLine,
  stageSentence,
} from "../cards/reading-parts.ts";
import { footer, metricTitle, metricUnit, type Scene, wallMoment } from "../cards/scene.ts";
import type { Reading } from "../detector.ts";
import { ago, capital, duration } from "../format.ts";
import { lookCloser } from "../look-closer.ts";
import { readingChart } from "./chart.ts";
import { pickTarget } from "./pick-target.ts";
import { waitingOn } from "./waiting-plan.ts";

const contextSeconds = 900;
const shortestSeconds = 1_800;
const longestSeconds = 6 * 3_600;

/** What looks wrong: which metrics say so and by which window, what moved first, who agrees, what is most like it. */
export async function explain(target: string, bot: Bot): Promise<Response> {
  const picked = pickTarget({ kind: "explain", target }, bot);
  if (!picked.ok) return picked.response;
  const { name } = picked.target;
  const incident = await incidentOfTarget(name, bot.core);
  const lasted = incident === null ? 0 : bot.scene().metricNow - incident.openedMetricAt;
  const seconds = Math.min(longestSeconds, Math.max(shortestSeconds, lasted + contextSeconds));
  const [reading] = (await bot.detector.survey([picked.target], seconds)).readings;
  const scene = bot.scene();
  if (reading === undefined || reading.state === "no_data") {
    const text = "Nothing can be explained without samples.";
    return answer(draft({ title: `No data from ${name}`, text, tone: "warning" }));
  }
  const anomalous = reading.state === "anomalous";
  const look = anomalous ? await lookCloser(reading, bot) : noCloserLook;
  const lines = anomalous
    ? explanation(reading, look, scene)
    : [scoreSentence(reading, scene), ...(inTrouble(reading) ? [readingLine(reading, scene)] : [])];
  return answer(
    draft({
      title: inTrouble(reading) ? finding(reading, scene, look) : `${name} looks usual`,
      tone: inTrouble(reading) ? "warning" : "ok",
      text: [...lines, lessReadily(reading), stageSentence(reading)].filter((line) => line !== "").join("\n"),
      chart: await chartOf(reading, bot),
      footer: footer(scene),
      ...(await waitingOn(name, bot)),
    }),
  );
}

function explanation(reading: Reading, look: CloserLook, scene: Scene): string[] {
  const [leading] = reading.top;
  const agree = agreement(reading);
  return [
    `${scoreSentence(reading, scene)} ${agree === "" ? "" : `${capital(agree)}. `}${capital(rarity(reading))}.`,
    ...reading.top.map((row) => reasonLine(row, look, scene)),
    leading === undefined ? "" : onsetSentence(leading.metric, look, scene),
    nearestSentence(reading, scene),
  ];
}

/** "Memory usage left its usual range 6 min ago and is climbing at 2 points a minute. It moved first; ..." */
function onsetSentence(metric: string, look: CloserLook, scene: Scene): string {
  const onset = look.onsets.find((each) => each.metric === metric);
  if (onset === undefined) return "";
  const since = ago((scene.metricNow - onset.at) * 1_000);
  const goesOn = courseClause(look.course, metricUnit(scene, metric)).replace(
    /^, and (?=climbing|falling)/,
    " and is ",
  );
  const order = orderSentence(metric, look.onsets, scene);
  return `${metricTitle(scene, metric)} left its usual range ${since}${goesOn.replace(/^,/, "")}. ${order}`.trim();
}

function scoreSentence(reading: Reading, scene: Scene): string {
  if (!Number.isNaN(reading.score))
    return `The anomaly score is ${reading.score.toFixed(2)}; from ${Math.round(Math.max(1, reading.thresholdFactor) * 100) / 100} it is an alert.`;
  return reading.model === null
    ? "There is no model yet, so there is no score."
    : `${capital(readingLine(reading, scene))}.`;
}

/** "Memory usage: 21 % (usually 2-3 %). 48 % of the finding, most of all its mean over 5 min." */
export function reasonLine(
  row: Pick<Reason, "metric" | "value" | "usual" | "share"> & Partial<Pick<Reason, "window">>,
  look: Pick<CloserLook, "thisHour">,
  scene: Scene,
): string {
  const hour = look.thisHour.get(row.metric);
  const now = besideUsual(row, scene, hour === undefined ? null : [hour.low, hour.high]);
  const percent = Math.round(row.share * 100);
  const part = percent === 0 ? "Hardly any of the finding" : `${percent} % of the finding`;
  const window = row.window === undefined ? "" : `, most of all ${windowWords(row.window)}`;
  return `${metricTitle(scene, row.metric)}: ${now}. ${part}${window}.`;
}

function windowWords({ feature, seconds }: Reason["window"]): string {
  const span = duration(seconds);
  switch (feature) {
    case "value":
      return "its value now";
    case "mean":
      return `its mean over ${span}`;
    case "spread":
      return `how much it varied over ${span}`;
    case "change":
      return `how much it changed within ${span}`;
  }
}

/** The calm moment of its training that is most like now: where to look for what differs. */
function nearestSentence({ nearestCalmAt }: Reading, scene: Scene): string {
  if (nearestCalmAt === null) return "";
  const when = scene.replay
    ? ago((scene.metricNow - nearestCalmAt) * 1_000)
    : wallMoment(scene, nearestCalmAt * 1_000);
  return `The normal moment most like it was ${when}.`;
}

function chartOf(reading: Reading, bot: Bot): Promise<CardDraft["chart"]> {
  const metric = reading.top[0]?.metric ?? reading.beyond[0]?.metric.name ?? "cpu_usage_percent";
  return readingChart(reading, metric, bot);
}
