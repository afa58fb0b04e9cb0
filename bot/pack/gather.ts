import type { Frame } from "../../ml/frame.ts";
import { type AuditEntry, listAudit, verifyAudit } from "../../remediation/audit.ts";
import type { AuditCheck, AuditHead } from "../../remediation/audit-chain.ts";
import type { Context } from "../../remediation/context.ts";
import { beganAt, getIncident, type Incident } from "../../remediation/incident.ts";
import type { Plan } from "../../remediation/plan.ts";
import { listPlans } from "../../remediation/plans.ts";
import { anomalyDetail } from "../cards/incident-parts.ts";
import { metricChart } from "../cards/metric-chart.ts";
import type { Scene } from "../cards/scene.ts";
import type { ChartSpec } from "../chart-spec.ts";

/** Where a pack is gathered from; the same beside a running bot and inside it. */
export type PackSources = {
  core: Pick<Context, "store" | "policy">;
  scene: Scene;
  /** The collected metrics. */
  history: {
    stepSeconds: number;
    read(target: string, window: { start: number; end: number; stepSeconds: number }): Promise<Frame | null>;
  };
  /** A PNG; null where it cannot be drawn now. */
  drawChart(spec: ChartSpec): Promise<Buffer | null>;
  /** The audit's anchors. */
  heads: readonly AuditHead[];
  /** Hidden wherever they stand. */
  secrets: readonly string[];
};

/** Everything that is known of one incident. */
export type Pack = {
  incident: Incident;
  /** Oldest first. */
  plans: Plan[];
  /** Of the incident and its plans, oldest first; `more` were left out. */
  entries: AuditEntry[];
  more: boolean;
  check: AuditCheck;
  /** Whether an anchor was found, without which a cut end cannot be told. */
  anchored: boolean;
  charts: { png: Buffer; alt: string }[];
};

const mostEntries = 2_000;
const mostCharts = 3;
const aroundSeconds = 1_800;
const longestSeconds = 24 * 3_600;

/** Gathers an incident's pack; null when there is no such incident. */
export async function gatherPack(id: string, sources: PackSources): Promise<Pack | null> {
  const { core } = sources;
  const incident = await getIncident(id, core);
  if (incident === null) return null;
  const plans = (await listPlans({ incident: incident.id }, core)).toReversed();
  const subjects = [incident.id, ...plans.map((plan) => plan.id)];
  const entries = await listAudit({ subjects, limit: mostEntries + 1 }, core);
  return {
    incident,
    plans,
    entries: entries.slice(0, mostEntries).toReversed(),
    more: entries.length > mostEntries,
    check: await verifyAudit(core.store, sources.heads),
    anchored: sources.heads.length > 0,
    charts: await charts(incident, plans, sources),
  };
}

async function charts(
  incident: Incident,
  plans: readonly Plan[],
  sources: PackSources,
): Promise<Pack["charts"]> {
  const { history, drawChart } = sources;
  const ended = incident.resolvedMetricAt ?? sources.scene.metricNow;
  const verified = Math.max(
    ...plans.map(({ doneMetricAt, settleSeconds }) => (doneMetricAt ?? 0) + settleSeconds),
    0,
  );
  const end = Math.min(Math.max(ended, verified) + aroundSeconds, sources.scene.metricNow);
  const start = Math.max(beganAt(incident) - aroundSeconds, end - longestSeconds);
  const frame =
    end > start
      ? await history.read(incident.target, { start, end, stepSeconds: history.stepSeconds })
      : null;
  if (frame === null) return [];
  const scene = { ...sources.scene, metricNow: frame.time.at(-1) ?? end };
  const drawn: Pack["charts"] = [];
  for (const metric of metricsOf(incident, plans)) {
    const column = frame.columns[frame.metrics.indexOf(metric)];
    if (column === undefined || column.every((value) => Number.isNaN(value))) continue;
    const usual = usualOf(metric, incident, plans);
    const parts = { target: incident.target, metric, time: frame.time, values: column, usual };
    const spec = metricChart(
      {
        ...parts,
        anomalies: [{ start: beganAt(incident), end: curedAt(plans) ?? ended }],
        marks: marksOf(incident, plans),
      },
      scene,
    );
    const png = await drawChart(spec);
    if (png !== null) drawn.push({ png, alt: spec.alt });
  }
  return drawn;
}

/** When a remedy that helped was done: from then on it was well, though that was known later. */
function curedAt(plans: readonly Plan[]): number | null {
  return plans.find(({ verdict }) => verdict === "improved")?.doneMetricAt ?? null;
}

/** What was verified first, then what explained the trouble. */
function metricsOf(incident: Incident, plans: readonly Plan[]): string[] {
  const wanted = [
    ...plans.flatMap(({ verdictDetail }) => verdictDetail?.metric ?? []),
    ...(incident.metric === null ? [] : [incident.metric]),
    ...incident.signals.map(({ metric }) => metric),
    ...incident.alerts.flatMap(({ metric }) => metric ?? []),
  ];
  return [...new Set(wanted)].slice(0, mostCharts);
}

function usualOf(metric: string, incident: Incident, plans: readonly Plan[]): [number, number] | null {
  const judged = plans.find(({ verdictDetail }) => verdictDetail?.metric === metric)?.verdictDetail?.usual;
  return judged ?? anomalyDetail(incident)?.top.find((row) => row.metric === metric)?.usual ?? null;
}

function marksOf(incident: Incident, plans: readonly Plan[]): ChartSpec["marks"] {
  return [
    { time: incident.openedMetricAt, label: "detected" },
    ...plans.flatMap(({ effect, steps }) =>
      steps.flatMap(({ metricAt }) =>
        metricAt === null ? [] : [{ time: metricAt, label: `${effect} ran` }],
      ),
    ),
  ];
}
