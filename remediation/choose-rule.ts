import type { Target } from "../infra/inventory.ts";
import { findAction } from "./actions/actions.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { formatDuration } from "./duration.ts";
import type { Incident } from "./incident.ts";
import { matchesIncident, type Rule } from "./rules.ts";
import { findRunbook } from "./runbook.ts";
import { isWithinHours, quietTimeFor, quietTimeText } from "./windows.ts";

/** A rule, or why the one that fits does not speak now (which may pass), or null: no rule fits at all. */
type Chosen = { ok: true; rule: Rule } | Refusal<"not_yet" | "quiet_time" | "no_data"> | null;

/** A window of the newest value: rows of it carry a sample for three scrape intervals, then the value is stale. */
const newestSeconds = 60;

/**
 * The first rule whose every condition holds for an incident now. Telemetry that is missing, stale or partial fulfils
 * no condition on a metric.
 */
export async function chooseRule(incident: Incident, target: Target, ctx: Context): Promise<Chosen> {
  let first: Chosen = null;
  for (const rule of ctx.rules) {
    if (!matchesIncident(rule, incident, target.tags)) continue;
    const obstacle = notNow(rule, target, ctx) ?? (await notLongEnough(rule, incident, ctx));
    if (obstacle === null) return { ok: true, rule };
    first ??= obstacle;
  }
  return first;
}

/** Why time forbids a rule to change anything on a target now, or null; `rule` null: a remedy that no rule chose. */
export function quietNow(
  rule: string | null,
  tags: Record<string, string>,
  ctx: Pick<Context, "quietTimes" | "clock">,
): Refusal<"quiet_time"> | null {
  const quiet = quietTimeFor(ctx.quietTimes, { rule, tags }, ctx.clock.wall());
  if (quiet === null) return null;
  const message = `Rules change nothing during ${quietTimeText(quiet)}; name a runbook yourself if it cannot wait.`;
  return { ok: false, reason: "quiet_time", message };
}

function notNow(rule: Rule, target: Target, ctx: Context): Refusal<"not_yet" | "quiet_time"> | null {
  const { hours } = rule.when;
  if (hours !== undefined && !isWithinHours(hours, ctx.clock.wall())) {
    const message = `The rule ${rule.name} speaks only from ${hours.from} to ${hours.to} (${hours.zone}${hours.days === undefined ? "" : `, ${hours.days.join(" ")}`}).`;
    return { ok: false, reason: "not_yet", message };
  }
  return onlyLooks(rule, ctx) ? null : quietNow(rule.name, target.tags, ctx);
}

/** Diagnostics change nothing, and are wanted most while something is being worked on. */
function onlyLooks(rule: Rule, ctx: Context): boolean {
  const runbook = findRunbook(ctx.runbooks, rule.runbook);
  const risks = runbook?.steps.map(({ action }) => findAction(action)?.risk) ?? [];
  return runbook?.risk === 0 && risks.every((risk) => risk === 0);
}

async function notLongEnough(
  { name, when }: Rule,
  incident: Incident,
  ctx: Context,
): Promise<Refusal<"not_yet" | "no_data"> | null> {
  const now = ctx.clock.metric();
  if (when.metric !== undefined) return metricObstacle(name, when, incident.target, now, ctx);
  if (when.for === undefined) return null;
  const firing = incident.alerts.filter(
    ({ status, cause }) => status === "firing" && (when.cause?.includes(cause) ?? true),
  );
  const lasted = now - Math.min(...firing.map(({ startsAt }) => startsAt));
  if (lasted * 1_000 >= when.for) return null;
  const soFar = Number.isFinite(lasted) ? formatDuration(lasted * 1_000) : "0s";
  const message = `The rule ${name} waits until it has lasted ${formatDuration(when.for)} (${soFar} so far).`;
  return { ok: false, reason: "not_yet", message };
}

async function metricObstacle(
  rule: string,
  when: Rule["when"],
  target: string,
  now: number,
  ctx: Context,
): Promise<Refusal<"not_yet" | "no_data"> | null> {
  const metric = when.metric;
  if (metric === undefined) return null;
  const unknown = (why: string) =>
    refuse("no_data", `The rule ${rule} needs ${metric.name} of ${target}, and ${why}.`);
  const seconds = when.for === undefined ? newestSeconds : when.for / 1_000;
  try {
    const seen = await ctx.measure(target, metric.name, { start: now - seconds, end: now });
    if (seen.partial) return unknown("the answer is partial");
    if (seen.latest === undefined || !Number.isFinite(seen.latest))
      return unknown("there is no fresh sample");
    const whole = when.for !== undefined;
    if (whole && seen.missing !== 0) return unknown("samples are missing in the time it asks for");
    const lowest = whole ? seen.lowest : seen.latest;
    const highest = whole ? seen.highest : seen.latest;
    const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = metric;
    if (lowest !== undefined && highest !== undefined && lowest > above && highest < below) return null;
    const lasting = when.for === undefined ? "" : ` for ${formatDuration(when.for)}`;
    return refuse("not_yet", `The rule ${rule} waits: ${metric.name} ${sides(metric)}${lasting} is not so.`);
  } catch (error) {
    return unknown(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function sides({ above, below }: { above?: number | undefined; below?: number | undefined }): string {
  const parts = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ];
  return parts.join(" and ");
}
