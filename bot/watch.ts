import type { Feedback } from "../infra/database/feedback.ts";
import {
  type Alert,
  clearAlert,
  type Incident,
  incidentOfTarget,
  listIncidents,
  raiseAlert,
} from "../remediation/incident.ts";
import type { MassEvent } from "../remediation/mass-event.ts";
import type { Bot } from "./bot.ts";
import { noCloserLook } from "./cards/closer-look.ts";
import { anomalyDetail } from "./cards/incident-parts.ts";
import type { Survey } from "./detector.ts";
import { lookCloser, steadySince } from "./look-closer.ts";
import { createPace } from "./pace.ts";
import { anomalyAlert, limitAlert, onlyWarns, vanishedAlert } from "./watch-alerts.ts";
import { createFleetWatch, type Fresh } from "./watch-fleet.ts";
import { createMassTeller } from "./watch-mass.ts";
import { createShowing } from "./watch-showing.ts";
import { type Due, isAboutToAlarm, isAccepted, isCalm, judgeReading } from "./watch-judge.ts";

export type Watch = ReturnType<typeof createWatch>;

type Dependencies = {
  bot: Bot;
  /** False in watch-only operation: incidents are opened and told, nothing is proposed. */
  mayPropose: boolean;
  /** Shows an incident on the home channels that do not show it yet. */
  announce: (incident: string) => Promise<void>;
  /** Shows a fleet-wide change there, or edits its card. */
  announceFleet: (fleet: string) => Promise<void>;
  /** Says there that so many targets fell at once that the monitoring is suspect. */
  announceMass?: (event: MassEvent) => Promise<void>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

/** An alert as it was last told. `peak` is its highest score, `steadyAt` when a new level was last looked for. */
type Told = {
  at: number;
  face: string;
  startsAt: number;
  peak: number;
  steadyAt: number;
  steady: number | null;
};

type Round = { survey: Survey; now: number; fresh: Fresh[]; looks: number; failures: unknown[] };

const tellAgainSeconds = 120;
/** What goes on unchanged is told again a few at a time: a thousand anomalous targets must not fill the round. */
const mostToldAgain = 25;
/** A closer look reads the history and perhaps asks Prometheus: in a mass event the first few get one. */
const mostCloserLooks = 20;
const steadySeconds = 24 * 3_600;
const steadyEverySeconds = 3_600;
/** An incident this young may still turn out to be part of a fleet-wide change, also after a restart. */
const youngSeconds = 600;
const mostIncidents = 100_000;

/** Judges all targets once a minute of metric time, opens and ends alerts, and lets the rules propose. */
export function createWatch({ bot, mayPropose, announce, announceFleet, announceMass, log }: Dependencies) {
  const limits = bot.detector.catalog.metrics.filter(({ limit }) => limit !== null);
  const fleet = createFleetWatch({ store: bot.fleet, stepSeconds: bot.detector.stepSeconds });
  const mass = createMassTeller({ core: bot.core, announce: announceMass, log });
  const showing = createShowing({ bot, fleet, announce, announceFleet, log });
  const pace = createPace();
  const told = new Map<string, Told>();
  const toldIncidents = new Set<string>();
  /** Keys of alerts that were firing before this start, read once: all others cost the database nothing. */
  let firing: Set<string> | null = null;
  /** Target -> the episode that somebody called no problem or the new normal. */
  let accepted = new Map<string, Feedback>();
  let lastCycleAt: number | null = null;
  let problem: string | null = null;

  /** Shows incidents that were opened elsewhere as those of a round: alone with a proposal, or as one fleet-wide change. */
  async function tellOutside(fresh: readonly Fresh[]): Promise<void> {
    const failures: unknown[] = [];
    const now = bot.scene().metricNow;
    await showing.tellFresh(fresh, 0, { now, failures, partial: false });
    const [failure] = failures;
    if (failure !== undefined) throw failure;
  }

  /** One round. A failure is kept for `status` and tried again in the next round; nothing is judged meanwhile. */
  async function cycle(): Promise<void> {
    try {
      const survey = await bot.detector.advance(bot.targets());
      const round = { survey, now: bot.scene().metricNow, fresh: [], looks: 0, failures: [] };
      await lookAtAll(round);
      const [failure] = round.failures;
      if (failure !== undefined) throw failure;
      lastCycleAt = bot.scene().nowMs;
      if (problem !== null) log.info({}, "the watch works again");
      problem = null;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      log.warn({ error: problem }, "the watch could not look at the targets");
    }
  }

  async function lookAtAll(round: Round): Promise<void> {
    const before = firing ?? (await recall());
    await noteAccepted();
    const { survey, now } = round;
    const dues: Due[] = [];
    let about = 0;
    for (const reading of survey.readings) {
      const { partial } = survey;
      const judged = judgeReading(reading, limits, { partial, now, isTold: (key) => told.has(key) });
      for (const key of judged.over)
        if (told.has(key) || before.has(key) || showing.isWaiting(key))
          await safely(round, () => end(key, before));
      if (accepted.has(reading.target) && isCalm(reading, partial))
        await safely(round, () => endEpisode(reading.target, now));
      const wrong = judged.due.filter((due) => !isAccepted(due, accepted.get(reading.target)));
      dues.push(...wrong);
      mass.note(reading, wrong, now);
      if (isAboutToAlarm(reading)) about += 1;
      await pace();
    }
    // Before anything is proposed: what so many have at once is no reason to act on one of them.
    await safely(round, () => mass.tell(now));
    for (const due of toTell(dues, now)) {
      await safely(round, () => tell(due, round));
      await pace();
    }
    for (const due of dues) await safely(round, () => showing.retry(due.key, survey.partial));
    await safely(round, () => showing.retryOutside(survey.partial));
    await safely(round, () => showing.tellFresh(round.fresh, about, { ...round, partial: survey.partial }));
  }

  /** One target that cannot be judged must not keep the others from it. */
  async function safely(round: Round, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => round.failures.push(error));
  }

  /** After a start: what was firing may be over by now. */
  async function recall(): Promise<Set<string>> {
    const open = await listIncidents({ unresolvedOnly: true, limit: mostIncidents }, bot.core);
    const alerts = open.flatMap((incident) => incident.alerts).filter(({ status }) => status === "firing");
    firing = new Set(alerts.map(({ key }) => key));
    return firing;
  }

  /** What people accepted since the last round. What exceeds it is trouble of its own, so that episode is forgotten. */
  async function noteAccepted(): Promise<void> {
    const before = accepted;
    accepted = new Map((await bot.feedback.accepted()).map((feedback) => [feedback.target, feedback]));
    for (const [target, { incident }] of accepted) {
      if (before.get(target)?.incident === incident) continue;
      for (const key of told.keys()) if (key.endsWith(`:${target}`)) told.delete(key);
    }
  }

  async function end(key: string, before: Set<string>): Promise<void> {
    showing.forget(key);
    await clearAlert(key, bot.core);
    before.delete(key);
    told.delete(key);
  }

  async function endEpisode(target: string, now: number): Promise<void> {
    await bot.feedback.episodeOver(target, now);
    accepted.delete(target);
  }

  /** What is new or has another face, and of the rest those that were told longest ago. */
  function toTell(dues: readonly Due[], now: number): Due[] {
    const isNew = ({ key, face }: Due) => told.get(key)?.face !== face;
    const toldAt = ({ key }: Due) => told.get(key)?.at ?? 0;
    const again = dues
      .filter((due) => !isNew(due) && now - toldAt(due) >= tellAgainSeconds)
      .sort((a, b) => toldAt(a) - toldAt(b));
    return [...dues.filter(isNew), ...again.slice(0, mostToldAgain)];
  }

  async function tell(due: Due, round: Round): Promise<void> {
    const { now } = round;
    const known = told.get(due.key);
    const open = known === undefined ? await incidentOfTarget(due.reading.target, bot.core) : null;
    const episode = await episodeOf(due, known, open, now);
    const raised = await raiseAlert(await alertOf(due, episode, round), bot.core);
    told.set(due.key, { ...episode, at: now, face: due.face });
    const { incident } = raised;
    if (incident.status === "resolved" || incident.status === "silenced") return;
    const isFirst = !toldIncidents.has(incident.id);
    toldIncidents.add(incident.id);
    const acts = mayPropose && due.kind !== "vanished" && !onlyWarns(due.reading);
    const isYoung = isFirst && now - incident.openedMetricAt < youngSeconds;
    const isFresh = raised.opened || (isYoung && !(await fleet.isShared(incident.id)));
    const fresh = {
      incident: incident.id,
      target: incident.target,
      began: episode.startsAt,
      key: due.key,
      acts,
    };
    if (isFresh) return void round.fresh.push(fresh);
    if (!(await fleet.isShared(incident.id))) await showing.show(incident, fresh, round.survey.partial);
  }

  /** One episode keeps its beginning and its peak, however often it is told again, also across restarts. */
  async function episodeOf(
    due: Due,
    known: Told | undefined,
    open: Incident | null,
    now: number,
  ): Promise<Told> {
    const before = open?.alerts.find(({ key, status }) => key === due.key && status === "firing");
    const peakBefore = known?.peak ?? (before === undefined ? 0 : (anomalyDetail(before)?.peak ?? 0));
    // What goes beyond an accepted episode is trouble of its own and begins now.
    const startsAt = accepted.has(due.reading.target) ? now : due.startsAt;
    const score = due.kind === "anomaly" ? due.reading.score : 0;
    const episode = {
      at: now,
      face: due.face,
      startsAt: known?.startsAt ?? before?.startsAt ?? startsAt,
      peak: Math.max(peakBefore, Number.isNaN(score) ? 0 : score),
      steadyAt: known?.steadyAt ?? 0,
      steady: known?.steady ?? null,
    };
    const isOld = due.kind === "anomaly" && now - episode.startsAt >= steadySeconds;
    if (!isOld || now - episode.steadyAt < steadyEverySeconds) return episode;
    return { ...episode, steadyAt: now, steady: await steadySince(due.reading, bot) };
  }

  async function alertOf(due: Due, { startsAt, peak, steady }: Told, round: Round): Promise<Alert> {
    if (due.kind === "limit") return limitAlert(due.reading, due.beyond, startsAt, bot);
    if (due.kind === "vanished") return vanishedAlert(due.reading, startsAt, bot);
    round.looks += 1;
    const look = round.looks > mostCloserLooks ? noCloserLook : await lookCloser(due.reading, bot);
    return anomalyAlert(due.reading, { peak, startsAt, look, steadySince: steady }, bot);
  }

  return { cycle, tellOutside, state: () => ({ lastCycleAt, problem }) };
}
