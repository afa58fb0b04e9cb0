import type { Intent } from "../../intents/intent.ts";
import { type Incident, incidentOfTarget, listIncidents } from "../../remediation/incident.ts";
import { standingGlass } from "../../remediation/break-glass.ts";
import { isPaused } from "../../remediation/pause.ts";
import type { Plan } from "../../remediation/plan.ts";
import { listPlans } from "../../remediation/plans.ts";
import { answer, type Bot, type Response } from "../bot.ts";
import { type CardDraft, draft } from "../card.ts";
import { overviewChart } from "../cards/metric-chart.ts";
import { showPlanButtons } from "../cards/plan-buttons.ts";
import { finding, findingSentence, inTrouble, readingLine } from "../cards/reading-parts.ts";
import { footer, metricTitle, metricUnit, type Scene, wallClock } from "../cards/scene.ts";
import type { Reading, Survey } from "../detector.ts";
import { ago, duration, list, plural, quantity, usualRange } from "../format.ts";
import { planStory } from "../history-words.ts";
import { plansForLater } from "./plans-for-later.ts";
import { pickTargets } from "./pick-target.ts";
import { heldLines } from "../cards/autonomy-card.ts";
import { readHeldBack } from "./autonomy.ts";
import { showIncident } from "./show.ts";
import { readingChart } from "./chart.ts";
import { waitingOn } from "./waiting-plan.ts";
import { windowSeconds } from "./window.ts";

const day = 86_400;
const mostLines = 20;
const mostWaiting = 3;

/** How everything is, or one target: worst first, then what waits for a person. */
export async function status(intent: Extract<Intent, { kind: "status" }>, bot: Bot): Promise<Response> {
  const picked = pickTargets(intent, bot);
  if (!picked.ok) return picked.response;
  const survey = await bot.detector.survey(picked.targets);
  const scene = bot.scene();
  const asked = new Set(picked.targets.map(({ name }) => name));
  const everywhere = intent.target === undefined;
  const isAsked = (plan: Plan) => everywhere || plan.targets.some(({ name }) => asked.has(name));
  const incidents = await listIncidents({ unresolvedOnly: true, targets: [...asked] }, bot.core);
  const waiting = (await listPlans({ statuses: ["proposed"] }, bot.core)).filter(isAsked);
  const unsettled = (await listPlans({ statuses: ["needs_human"] }, bot.core)).filter(isAsked);
  const later = (await plansForLater(bot)).filter(isAsked).map((plan) => planStory(plan, scene));
  const held = [...(await emergencyLines(bot, scene)), ...heldLines(await readHeldBack(bot), scene)];
  const paused = await isPaused(bot.core.store.db);
  const readings = [...survey.readings].sort((a, b) => Number(inTrouble(b)) - Number(inTrouble(a)));
  const lines = readings.slice(0, mostLines).map((reading) => {
    const incident = incidents.find((each) => each.target === reading.target);
    const remark = incident === undefined ? "" : ` (${incident.id}, ${incident.status})`;
    return `${readingLine(reading, scene)}${remark}`;
  });
  const [single] = readings;
  return answer(
    draft({
      title: `${paused ? "Automation is paused. " : ""}${statusTitle(survey)}`,
      tone: paused ? "warning" : statusTone(readings),
      text: [...held, ...lines, ...more(readings.length), ...later, ...problems(survey, bot)].join("\n"),
      fields: readings.length === 1 && single ? valueFields(single, bot) : [],
      buttons: showPlanButtons(waiting.slice(0, mostWaiting)),
      chart: overviewChart(readings, scene),
      footer: footer(
        scene,
        automationLine(paused, bot),
        `${plural(waiting.length, "approval")} waiting`,
        unsettled.length === 0 ? null : `${list(unsettled.map(({ id }) => id))} needs a person`,
      ),
      incident: incidents.length === 1 ? (incidents[0]?.id ?? null) : null,
    }),
  );
}

/** Somebody may approve alone: whoever joins in the middle must learn of it. */
async function emergencyLines({ core }: Bot, scene: Scene): Promise<string[]> {
  return (await standingGlass(core)).map(
    ({ person, untilAt, reason }) =>
      `Emergency until ${wallClock(scene, untilAt)}: ${core.policy.people[person]?.name ?? person} may approve alone ("${reason}"); "seal glass" ends it.`,
  );
}

/** Whether anything is unusual: each anomalous target with its top metrics, a chart, and the plan that waits. */
export async function anomalyCheck(
  intent: Extract<Intent, { kind: "anomaly_check" }>,
  bot: Bot,
): Promise<Response> {
  const picked = pickTargets(intent, bot);
  if (!picked.ok) return picked.response;
  const window = windowSeconds(intent.window, 1_800, { least: 60, most: 14 * day });
  if (!window.ok) return window.response;
  const survey = await bot.detector.survey(picked.targets, window.seconds);
  const troubled = survey.readings.filter(inTrouble);
  const [worst] = [...troubled].sort((a, b) => (b.score || 0) - (a.score || 0));
  if (worst === undefined) return answer(calmCard(survey, window.seconds, bot));
  const incident = await incidentOfTarget(worst.target, bot.core);
  // The incident's own card, so that what becomes of it shows here too.
  if (incident !== null && troubled.length === 1) return showIncident(incident.id);
  const scene = bot.scene();
  const waiting = await waitingOn(worst.target, bot);
  const others = troubled
    .filter((reading) => reading !== worst)
    .map((reading) => readingLine(reading, scene));
  return answer(
    draft({
      title: finding(worst, scene),
      tone: "warning",
      text: [findingSentence(worst, scene), ...others, ...problems(survey, bot)].filter(Boolean).join("\n"),
      fields: explanationFields(worst, bot),
      ...waiting,
      buttons: [...waiting.buttons, ...lookButtons(worst.target, incident)],
      chart: await topChart(worst, bot),
      footer: footer(scene, incident?.id ?? "not an incident yet: it must last a moment"),
    }),
  );
}

function lookButtons(target: string, incident: Incident | null): CardDraft["buttons"] {
  const why = { label: "Why?", style: "default", intent: { kind: "explain", target } } as const;
  if (incident === null) return [why];
  const { id } = incident;
  return [{ label: `Show ${id}`, style: "primary", intent: { kind: "incidents", id } }, why];
}

function statusTone(readings: readonly Reading[]): CardDraft["tone"] {
  if (readings.some(inTrouble)) return "warning";
  return readings.some(({ state }) => state !== "normal") ? "info" : "ok";
}

function statusTitle({ readings }: Survey): string {
  const troubled = readings.filter(inTrouble).length;
  const silent = readings.filter(({ state }) => state === "no_data").length;
  const well = readings.filter((reading) => reading.state === "normal" && !inTrouble(reading)).length;
  const parts = [
    ...(well > 0 ? [`${well} well`] : []),
    ...(troubled > 0 ? [`${troubled} in trouble`] : []),
    ...(silent > 0 ? [`${silent} without data`] : []),
    ...(readings.length - well - troubled - silent > 0
      ? [`${readings.length - well - troubled - silent} not judged yet`]
      : []),
  ];
  return `${plural(readings.length, "target")}: ${parts.join(", ")}`;
}

function calmCard(survey: Survey, window: number, bot: Bot): CardDraft {
  const scene = bot.scene();
  const unjudged = survey.readings.filter(({ state }) => state !== "normal");
  return draft({
    title: unjudged.length === 0 ? "Nothing unusual now" : "Nothing unusual where I can judge",
    tone: unjudged.length === 0 ? "ok" : "info",
    text: [
      ...unjudged.slice(0, mostLines).map((reading) => readingLine(reading, scene)),
      ...pastAnomalies(survey, bot),
      ...problems(survey, bot),
    ].join("\n"),
    chart: overviewChart(survey.readings, scene),
    footer: footer(scene, `${plural(survey.readings.length, "target")} checked over ${duration(window)}`),
  });
}

/** What was unusual earlier in the window and is over. */
function pastAnomalies(survey: Survey, bot: Bot): string[] {
  const scene = bot.scene();
  return survey.readings.flatMap((reading) =>
    reading.anomalies.map(
      ({ end }) => `${reading.target} was unusual until ${ago((scene.metricNow - end) * 1_000)}; it is over.`,
    ),
  );
}

function valueFields(reading: Reading, bot: Bot): CardDraft["fields"] {
  const scene = bot.scene();
  const shown = ["cpu_usage_percent", "memory_usage_percent", "error_rate", "response_time_p95_seconds"];
  return shown.flatMap((name) => {
    const value = reading.values.get(name);
    if (value === undefined) return [];
    const usual = bot.detector.usual(reading.target, name);
    const unit = metricUnit(scene, name);
    return [
      {
        label: metricTitle(scene, name),
        value: `${quantity(value, unit)}${usual ? ` (usually ${usualRange(usual, unit)})` : ""}`,
      },
    ];
  });
}

function explanationFields(reading: Reading, bot: Bot): CardDraft["fields"] {
  const scene = bot.scene();
  return reading.top
    .filter((row, rank) => rank === 0 || row.share >= 0.05)
    .map((row) => ({
      label: metricTitle(scene, row.metric),
      value: `${quantity(row.value, metricUnit(scene, row.metric))} (usually ${usualRange(row.usual, metricUnit(scene, row.metric))})`,
    }));
}

function topChart(reading: Reading, bot: Bot): Promise<CardDraft["chart"]> {
  const metric = reading.top[0]?.metric ?? reading.beyond[0]?.metric.name ?? "cpu_usage_percent";
  return readingChart(reading, metric, bot);
}

function problems(survey: Survey, bot: Bot): string[] {
  const { problem } = bot.watchState();
  return [
    ...(problem === null ? [] : [`The watch has a problem: ${problem}`]),
    ...(survey.partial ? [`The answer is partial, so nothing acts on it: ${survey.warnings[0] ?? ""}`] : []),
  ];
}

function more(count: number): string[] {
  return count > mostLines ? [`and ${count - mostLines} more`] : [];
}

function automationLine(paused: boolean, bot: Bot): string {
  const models = bot.detector.live().length;
  return `${plural(models, "model")} of ${plural(bot.targets().length, "target")} · automation ${paused ? "paused" : "on"}`;
}
