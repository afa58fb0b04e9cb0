import { clearAlert, raiseAlert } from "../remediation/incident.ts";
import type { Alert, Incident, Severity, Signal } from "../remediation/incident.ts";
import { listPlans } from "../remediation/plans.ts";
import { proposeForIncident } from "../remediation/propose.ts";
import type { Bot } from "./bot.ts";
import type { AnomalyDetail } from "./cards/incident-card.ts";
import { finding, findingSentence, rarity } from "./cards/reading-parts.ts";
import { isBeyond, type Reading } from "./detector.ts";
import { quantity } from "./format.ts";

export type Watch = ReturnType<typeof createWatch>;

type Dependencies = {
  bot: Bot;
  /** False in watch-only operation: incidents are opened and told, nothing is proposed. */
  mayPropose: boolean;
  /** Shows an incident on the home channels that do not show it yet. */
  announce: (incident: string) => Promise<void>;
  /** A training that is due: targets without a model. */
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

const tellAgainSeconds = 120;
const criticalScore = 3;
const leastShare = 0.05;

/** Scores all targets once a minute of metric time, opens and ends alerts, and lets the rules propose. */
export function createWatch({ bot, mayPropose, announce, log }: Dependencies) {
  const told = new Map<string, { at: number; face: string; startsAt: number }>();
  const judged = new Set<string>();
  /** Alert key -> its incident, where a rule could not propose yet: what stood in the way (AWS, a limit) may pass. */
  const unproposed = new Map<string, Incident>();
  let lastCycleAt: number | null = null;
  let problem: string | null = null;

  /** One round. A failure is kept for `status` and tried again in the next round; nothing is judged meanwhile. */
  async function cycle(): Promise<void> {
    try {
      const survey = await bot.detector.survey(bot.targets());
      const failures: unknown[] = [];
      for (const reading of survey.readings) {
        // One target that cannot be judged must not keep the others from it.
        await judgeReading(reading, survey.partial).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
      lastCycleAt = bot.scene().nowMs;
      if (problem !== null) log.info({}, "the watch works again");
      problem = null;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      log.warn({ error: problem }, "the watch could not look at the targets");
    }
  }

  async function judgeReading(reading: Reading, partial: boolean): Promise<void> {
    // No data is neither healthy nor anomalous: it opens nothing and ends nothing.
    if (reading.state === "no_data") return;
    const key = `anomaly:${reading.target}`;
    // An alarm outlasts its cause by its closing time: meanwhile the finding stays what it was.
    const alert = told.has(key) && isBackToUsual(reading) ? null : anomalyAlert(reading, bot);
    await judgeAlert(alert, key, reading.state === "normal", partial);
    for (const metric of bot.detector.catalog.metrics.filter(({ limit }) => limit !== null)) {
      const beyond = reading.beyond.find((each) => each.metric.name === metric.name);
      const key = `limit:${metric.name}:${reading.target}`;
      const alert = beyond === undefined ? null : limitAlert(key, reading, beyond, bot);
      const value = reading.values.get(metric.name);
      await judgeAlert(alert, key, value !== undefined && !isBeyond(metric, value), partial);
    }
  }

  async function judgeAlert(
    alert: Alert | null,
    key: string,
    isOver: boolean,
    partial: boolean,
  ): Promise<void> {
    if (alert === null) {
      if (!isOver) return;
      unproposed.delete(key);
      // Once after a start every alert is cleared that may still be firing from before it.
      if (told.has(key) || !judged.has(key)) await clearAlert(key, bot.core);
      told.delete(key);
      judged.add(key);
      return;
    }
    const face = `${alert.severity} ${alert.metric}`;
    const known = told.get(key);
    const now = bot.scene().metricNow;
    if (known !== undefined && known.face === face && now - known.at < tellAgainSeconds) {
      const earlier = unproposed.get(key);
      if (earlier !== undefined && !partial) await proposeOnce(key, earlier);
      return;
    }
    // One episode keeps its beginning, however often it is told again.
    const startsAt = known?.startsAt ?? alert.startsAt;
    const raised = await raiseAlert({ ...alert, startsAt }, bot.core);
    told.set(key, { at: now, face, startsAt });
    if (raised.incident.status === "silenced" || raised.incident.status === "resolved") return;
    if (mayPropose && partial) unproposed.set(key, raised.incident);
    else if (mayPropose) await proposeOnce(key, raised.incident);
    await announce(raised.incident.id);
  }

  /** A rule proposes only where no plan was made yet: the watch never replaces one, nor repeats a denied one. */
  async function proposeOnce(key: string, incident: Incident): Promise<void> {
    const triedBefore = unproposed.delete(key);
    if ((await listPlans({ incident: incident.id }, bot.core)).length > 0) return;
    const proposal = await proposeForIncident(incident, bot.core);
    if (proposal === null) return;
    if (!proposal.ok) {
      unproposed.set(key, incident);
      if (!triedBefore)
        log.info({ incident: incident.id, reason: proposal.reason }, "nothing was proposed yet");
      return;
    }
    if (proposal.plan.status === "approved") bot.run(proposal.plan.id);
  }

  return { cycle, state: () => ({ lastCycleAt, problem }) };
}

function isBackToUsual({ top: [leading] }: Reading): boolean {
  return leading !== undefined && leading.value >= leading.usual[0] && leading.value <= leading.usual[1];
}

function anomalyAlert(reading: Reading, bot: Bot): Alert | null {
  const scene = bot.scene();
  const [leading] = reading.top;
  if (reading.state !== "anomalous" || reading.since === null || leading === undefined) return null;
  // The last rows often carry next to nothing: no rule may read "requests moved too" out of them.
  const telling = reading.top.filter((row, rank) => rank === 0 || row.share >= leastShare);
  const signals = telling.map((row): Signal => ({
    metric: row.metric,
    direction: row.value >= (row.usual[0] + row.usual[1]) / 2 ? "above" : "below",
    share: row.share,
  }));
  const detail: AnomalyDetail = {
    top: reading.top.map(({ metric, value, usual, share }) => ({ metric, value, usual, share })),
    score: reading.score,
    rarity: rarity(reading),
  };
  return {
    key: `anomaly:${reading.target}`,
    target: reading.target,
    cause: "anomaly",
    status: "firing",
    severity: severityOf(reading),
    title: finding(reading, scene),
    summary: findingSentence(reading, scene),
    metric: leading.metric,
    direction: signals[0]?.direction ?? "above",
    startsAt: reading.since,
    endsAt: null,
    signals,
    detail,
  };
}

function limitAlert(key: string, reading: Reading, beyond: Reading["beyond"][number], bot: Bot): Alert {
  const scene = bot.scene();
  const direction = beyond.metric.worse === "less" ? "below" : "above";
  return {
    key,
    target: reading.target,
    cause: "alert",
    status: "firing",
    severity: "critical",
    title: finding({ ...reading, top: [], beyond: [beyond] }, scene),
    summary: limitSentence(beyond),
    metric: beyond.metric.name,
    direction,
    startsAt: scene.metricNow,
    endsAt: null,
    signals: [{ metric: beyond.metric.name, direction, share: 1 }],
    detail: {},
  };
}

function limitSentence({ metric, value }: Reading["beyond"][number]): string {
  if (metric.unit === "up") return "The service does not answer its health check.";
  const side = metric.worse === "less" ? "at or below" : "at or above";
  return `${metric.title} is ${quantity(value, metric.unit)}, ${side} its limit of ${quantity(metric.limit ?? value, metric.unit)}.`;
}

function severityOf(reading: Reading): Severity {
  return reading.score >= criticalScore || reading.beyond.length > 0 ? "critical" : "warning";
}
