import { stretchesOf, type HistoryRow, type Stretch } from "./backtest-stretches.ts";
import { formatDuration } from "./duration.ts";
import type { Incident } from "./incident.ts";
import { matchesIncident, type Rule } from "./rules.ts";
import { hasTags, isWithinHours, quietTimeFor, type QuietTime } from "./windows.ts";

/** What a backtest looks at. Times are metric time, unix seconds; reading is all it does. */
export type Past = {
  /** Newest first, with their alerts as they were last told. */
  incidents: readonly Incident[];
  rules: readonly Rule[];
  quietTimes: readonly QuietTime[];
  /** Of a target, as far as known now; null: nothing is known of it any more. */
  tagsOf(target: string): Record<string, string> | null;
  stepSeconds: number;
  /** The collected metrics of all targets, oldest first; null: nothing was collected. */
  pages: (window: { start: number; end: number }) => AsyncIterable<readonly HistoryRow[]>;
  /** Oldest and newest row; null without any. */
  collected: { oldest: number; newest: number } | null;
};

type Firing = {
  target: string;
  /** When every condition first held. */
  at: number;
  /** The incident during which it held, or null: then the rule would have said nothing, for lack of an incident. */
  incident: string | null;
  /** A rule before this one that fits the same incident and would have spoken instead. */
  insteadOf: string | null;
};

export type Backtest = {
  rule: string;
  from: number;
  to: number;
  /** From when something was collected, and for how much of the window. */
  observedFrom: number;
  observedSeconds: number;
  /** By time; the first thousand. `fired` counts all. */
  firings: Firing[];
  fired: number;
  /** Plans that it would have put on cards, a week; null when too little was observed to say. */
  cardsPerWeek: number | null;
  proposals: number;
  incidents: number;
  missed: { incident: string; target: string; why: string }[];
  /** What the record does not tell. */
  lacks: string[];
};

export type Limits = {
  mostRows: number;
  /** Told how far it is, 0..1. */
  progress?: (done: number) => void;
  signal?: AbortSignal;
};

const week = 7 * 86_400;
const mostFirings = 1_000;
/** Below this a number a week would be a guess. */
const leastObserved = 86_400;

/**
 * When a rule would have fired over what was recorded: its metric against the collected history, everything else against
 * the stored incidents. It changes nothing, and says what the record cannot tell.
 */
export async function backtest(
  rule: Rule,
  window: { from: number; to: number },
  past: Past,
  limits: Limits,
): Promise<Backtest> {
  const incidents = past.incidents.filter(
    ({ openedMetricAt, resolvedMetricAt }) =>
      openedMetricAt <= window.to && (resolvedMetricAt ?? window.to) >= window.from,
  );
  const { collected } = past;
  const first = Math.max(window.from, collected?.oldest ?? window.to);
  const scan = await stretchesOf(rule, { start: first, end: window.to }, past, limits);
  const reached = scan.stoppedAt ?? Math.min(window.to, collected?.newest ?? window.to);
  const observedSeconds = Math.max(0, reached - first);
  const firings = (
    rule.when.metric === undefined
      ? byIncident(rule, incidents, window, past)
      : byMetric(rule, incidents, scan.stretches, window, past)
  ).sort((one, other) => one.at - other.at);
  const fired = new Set(firings.flatMap(({ incident }) => incident ?? []));
  const concerned = incidents.filter(({ target }) =>
    hasTags(past.tagsOf(target) ?? {}, rule.when.tags ?? {}),
  );
  const proposals = firings.filter((each) => each.incident !== null && each.insteadOf === null).length;
  return {
    rule: rule.name,
    ...window,
    observedFrom: first,
    observedSeconds,
    firings: firings.slice(0, mostFirings),
    fired: firings.length,
    proposals,
    cardsPerWeek: observedSeconds < leastObserved ? null : (proposals * week) / observedSeconds,
    incidents: concerned.length,
    missed: concerned
      .filter(({ id }) => !fired.has(id))
      .map((incident) => ({
        incident: incident.id,
        target: incident.target,
        why: whyMissed(rule, incident, { start: first, end: reached }),
      })),
    lacks: lacksOf(rule, window, first, scan.stoppedAt, past),
  };
}

/** A rule without a metric speaks by what incidents say: outside them nothing is recorded that it could read. */
function byIncident(rule: Rule, incidents: readonly Incident[], window: Span, past: Past): Firing[] {
  return incidents.flatMap((incident) => {
    const tags = past.tagsOf(incident.target) ?? {};
    if (!matchesIncident(rule, incident, tags)) return [];
    const end = incident.resolvedMetricAt ?? window.to;
    const at = momentOf(rule, tags, { start: beganAt(rule, incident), end }, past);
    if (at === null || at < window.from || at > window.to) return [];
    return [
      { target: incident.target, at, incident: incident.id, insteadOf: earlier(rule, incident, tags, past) },
    ];
  });
}

type Span = { from: number; to: number };

/** Each stretch in which the metric's condition held is one firing; several in one incident are one card. */
function byMetric(
  rule: Rule,
  incidents: readonly Incident[],
  stretches: readonly Stretch[],
  window: Span,
  past: Past,
): Firing[] {
  const spoken = new Set<string>();
  return stretches.flatMap(({ target, start, end }) => {
    const tags = past.tagsOf(target) ?? {};
    if (!hasTags(tags, rule.when.tags ?? {})) return [];
    const during = incidents.find(
      (each) =>
        each.target === target &&
        each.openedMetricAt <= end &&
        (each.resolvedMetricAt ?? window.to) >= start &&
        matchesIncident(rule, each, tags),
    );
    const from = Math.max(start, during?.openedMetricAt ?? start);
    const at = momentOf(rule, tags, { start: from, end }, past);
    if (at === null || (during !== undefined && spoken.has(during.id))) return [];
    if (during !== undefined) spoken.add(during.id);
    const insteadOf = during === undefined ? null : earlier(rule, during, tags, past);
    return [{ target, at, incident: during?.id ?? null, insteadOf }];
  });
}

function beganAt({ when }: Rule, incident: Incident): number {
  if (when.for === undefined) return incident.openedMetricAt;
  const alerts = incident.alerts.filter(
    ({ cause, endsAt, startsAt }) =>
      (when.cause?.includes(cause) ?? true) &&
      (endsAt ?? Number.POSITIVE_INFINITY) - startsAt >= (when.for ?? 0) / 1_000,
  );
  const begun = Math.min(...alerts.map(({ startsAt }) => startsAt)) + when.for / 1_000;
  return Math.max(incident.openedMetricAt, begun);
}

const quarterHour = 900;
const dayOfQuarters = 96;

/** The first moment of a stretch at which the clock lets the rule speak, within a day of its beginning; null: none. */
function momentOf(
  rule: Rule,
  tags: Record<string, string>,
  { start, end }: { start: number; end: number },
  past: Past,
): number | null {
  if (!Number.isFinite(start)) return null;
  for (let quarter = 0; quarter <= dayOfQuarters; quarter += 1) {
    const at = start + quarter * quarterHour;
    if (at > end) return null;
    const speaks = rule.when.hours === undefined || isWithinHours(rule.when.hours, at * 1_000);
    if (speaks && quietTimeFor(past.quietTimes, { rule: rule.name, tags }, at * 1_000) === null) return at;
  }
  return null;
}

function earlier(rule: Rule, incident: Incident, tags: Record<string, string>, past: Past): string | null {
  const before = past.rules.slice(
    0,
    Math.max(
      0,
      past.rules.findIndex(({ name }) => name === rule.name),
    ),
  );
  return before.find((each) => matchesIncident(each, incident, tags))?.name ?? null;
}

function whyMissed(rule: Rule, incident: Incident, observed: { start: number; end: number }): string {
  const { metric } = rule.when;
  const asked = matchesIncident({ when: { ...rule.when, tags: undefined } }, incident, {});
  if (!asked) return "its cause, severity or metrics are not what the rule asks for";
  if (metric === undefined) return "it did not last long enough, or the clock forbade it";
  const known = incident.openedMetricAt >= observed.start && incident.openedMetricAt <= observed.end;
  return known ? `${metric.name} was not so, or not long enough` : `${metric.name} was not collected then`;
}

function lacksOf(rule: Rule, window: Span, first: number, stoppedAt: number | null, past: Past): string[] {
  const missing = (first - window.from) * 1_000;
  return [
    ...(past.collected === null
      ? ["No metrics were collected yet."]
      : missing > 60_000
        ? [`The collected history lacks the first ${formatDuration(missing)} of the window.`]
        : []),
    ...(stoppedAt === null ? [] : ["There is more history than was read; the command line reads all of it."]),
    ...(rule.when.metric === undefined
      ? ["This rule names no metric, so only recorded incidents can tell when it would have fired."]
      : []),
    "Tags are those of today; limits, quarantine and pauses of the time are not counted.",
  ];
}
