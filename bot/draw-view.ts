import type { StoredProposal } from "../infra/database/threshold-proposals.ts";
import { getIncident, type Incident } from "../remediation/incident.ts";
import type { Plan } from "../remediation/plan.ts";
import { getPlan, listPlans } from "../remediation/plans.ts";
import { outsideSilences } from "../remediation/silences.ts";
import { approvalText } from "./answers/approval-text.ts";
import type { Bot } from "./bot.ts";
import type { CardDraft } from "./card.ts";
import type { ChartSpec } from "./chart-spec.ts";
import { fleetCard, mostLines } from "./cards/fleet-card.ts";
import { incidentCard } from "./cards/incident-card.ts";
import { metricChart } from "./cards/metric-chart.ts";
import { outsideSentence } from "./cards/outside-sentence.ts";
import { planCard } from "./cards/plan-card.ts";
import { withoutActionLine } from "./cards/outcome-parts.ts";
import { changeMarks, followUp } from "./follow-up.ts";
import type { View } from "./conversations/chat-store.ts";

const contextSeconds = 600;
const longestChartSeconds = 6 * 3_600;

/** Draws an incident's or a plan's card as things stand now; null when its subject is gone. */
export async function drawView(view: View, bot: Bot): Promise<CardDraft | null> {
  switch (view.kind) {
    case "incident": {
      const incident = await getIncident(view.id, bot.core);
      return incident && drawIncident(incident, bot);
    }
    case "plan": {
      const plan = await getPlan(view.id, bot.core);
      return plan && drawPlan(plan, bot);
    }
    case "fleet": {
      const fleet = await bot.fleet.summary(view.id, mostLines);
      return fleet && fleetCard(fleet, bot.scene());
    }
    case "reply":
      return null;
  }
}

async function drawIncident(incident: Incident, bot: Bot): Promise<CardDraft> {
  // Diagnostics only read: their output has a card of its own and does not hide the finding. Nor does a way back that
  // nobody wanted hide what it was for.
  const plan =
    (await listPlans({ incident: incident.id }, bot.core)).find(
      (each) => each.risk > 0 && !isUnwanted(each),
    ) ?? (incident.status === "resolved" ? null : await askedBefore(incident, bot));
  const target = bot.targets().find(({ name }) => name === incident.target);
  const protectedBecause =
    target === undefined ? "The inventory no longer knows it." : target.protectedBecause;
  const metric = plan?.verdictDetail?.metric ?? incident.metric ?? plan?.metric ?? null;
  const follow = await followUp(incident, plan, bot);
  return incidentCard(
    {
      incident,
      plan,
      approval: plan === null ? "" : approvalText(plan, bot),
      remedy: {
        possible: protectedBecause === null && !bot.watchOnly,
        why: bot.watchOnly
          ? "I only watch (SMARTCLOUDOPS_WATCH_ONLY)."
          : protectedBecause === null
            ? ""
            : `I may not act on it: ${protectedBecause.replace(/\.$/, "")}.`,
      },
      said: await bot.feedback.verdictOn(incident.id),
      threshold: await openThreshold(incident, bot),
      fleet: await bot.fleet.of(incident.id),
      outside: bot.silencesOutside
        ? outsideSentence(await outsideSilences(incident, bot.core), incident, bot.scene())
        : "",
      follow,
      chart:
        metric === null
          ? null
          : await eventChart(incident.target, metric, incident.openedMetricAt, follow.takesBack ?? plan, bot),
    },
    bot.scene(),
  );
}

/** Asked for before the incident opened: it waits, for people or for its time, on the same target all the same. */
async function askedBefore({ target }: Incident, bot: Bot): Promise<Plan | null> {
  const waiting = await listPlans({ target, statuses: ["proposed", "approved"] }, bot.core);
  return waiting.find(({ incident }) => incident === null) ?? null;
}

function isUnwanted({ rollsBack, status }: Plan): boolean {
  return rollsBack !== null && ["denied", "expired", "cancelled"].includes(status);
}

/** The offer that verdicts on this target led to stands where the newest of them was given. */
async function openThreshold(incident: Incident, bot: Bot): Promise<StoredProposal | null> {
  const proposal = await bot.thresholds.newestOf(incident.target);
  if (proposal?.status !== "open") return null;
  const newest = (await bot.feedback.verdictsOf(incident.target)).at(-1);
  return newest?.incident === incident.id ? proposal : null;
}

async function drawPlan(plan: Plan, bot: Bot): Promise<CardDraft> {
  const [target] = plan.targets;
  const metric = plan.verdictDetail?.metric ?? plan.metric;
  const incident = plan.incident === null ? null : await getIncident(plan.incident, bot.core);
  const since = incident?.openedMetricAt ?? bot.scene().metricNow;
  const chart =
    target === undefined || metric === null ? null : await eventChart(target.name, metric, since, plan, bot);
  return planCard(plan, approvalText(plan, bot), chart, bot.scene(), await followUp(incident, plan, bot));
}

/** The metric from ten minutes before it began until now, with the moments of detection and of each action. */
async function eventChart(
  targetName: string,
  metric: string,
  since: number,
  plan: Plan | null,
  bot: Bot,
): Promise<ChartSpec | null> {
  const target = bot.targets().find(({ name }) => name === targetName);
  if (target === undefined) return null;
  const scene = bot.scene();
  const seconds = Math.min(longestChartSeconds, Math.max(0, scene.metricNow - since) + contextSeconds);
  const reading = await bot.detector
    .survey([target], seconds)
    .then(({ readings }) => readings[0])
    // A card without its picture still says everything; why Prometheus is silent is told by the watch.
    .catch(() => undefined);
  const column = reading?.frame.columns[reading.frame.metrics.indexOf(metric)];
  if (reading === undefined || column === undefined) return null;
  const from = scene.metricNow - seconds;
  const changes = await changeMarks(target.name, { start: from, end: scene.metricNow }, bot);
  const first = Math.max(
    0,
    reading.frame.time.findIndex((time) => time >= from),
  );
  return metricChart(
    {
      target: target.name,
      metric,
      time: reading.frame.time.slice(first),
      values: column.slice(first),
      usual: bot.detector.usual(target.name, metric),
      anomalies: reading.anomalies.filter(({ end }) => end >= from),
      without: withoutActionLine(plan?.verdictDetail?.metric === metric ? plan.verdictDetail : null, scene),
      marks: [
        ...changes,
        { time: since, label: "detected" },
        ...(plan?.steps ?? []).flatMap((step) =>
          step.metricAt === null
            ? []
            : [{ time: step.metricAt, label: `${plan?.effect ?? step.action} ran` }],
        ),
      ],
    },
    scene,
  );
}
