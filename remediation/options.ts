import type { Target } from "../infra/inventory.ts";
import { cloudNow, type Context } from "./context.ts";
import type { Incident } from "./incident.ts";
import { mayHaveHappened } from "./plan.ts";
import { listPlans } from "./plans.ts";
import { matchesIncident } from "./rules.ts";
import { fillParams, findRunbook, type Runbook } from "./runbook.ts";
import { serviceOf } from "./service.ts";
import { causeOf, cureRank, trackRecord, type TrackRecord } from "./track-record.ts";

/** A remedy for an incident that somebody may choose. */
export type Option = {
  runbook: Runbook;
  params: Record<string, string>;
  /** The rule that names it; null: its record or its runbook does. */
  rule: string | null;
  record: TrackRecord;
  /** It ran for this incident already. */
  tried: boolean;
};

type Reading = Pick<Context, "store" | "rules" | "runbooks" | "findTarget" | "dryRun">;

/**
 * The remedies for an incident, best first: what matching rules name, in the file's order; then what cured this cause on
 * this service before, by its record; then what a runbook says comes after one that was tried. Each once; only runbooks
 * that are offered without being asked for by name and change something, unless a rule names them.
 */
export async function optionsFor(incident: Incident, ctx: Reading): Promise<Option[]> {
  const target = ctx.findTarget(incident.target);
  if (target === null) return [];
  const cause = causeOf(incident);
  const cloud = cloudNow(ctx);
  const recordOf = (runbook: string) =>
    trackRecord({ runbook, service: serviceOf(target), cause: cause ?? "", cloud }, ctx);
  const tried = await triedFor(incident, ctx);
  const named = ctx.rules
    .filter((rule) => matchesIncident(rule, incident, target.tags))
    .flatMap((rule) => optionOf(rule.runbook, rule.params, rule.name, target, ctx));
  const offered = ctx.runbooks.filter(({ offered: isOffered }) => isOffered);
  const ranked = [];
  for (const runbook of offered) ranked.push({ runbook, rank: cureRank(await recordOf(runbook.name)) });
  const proven = ranked
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank)
    .flatMap(({ runbook }) => optionOf(runbook.name, {}, null, target, ctx));
  const next = offered
    .filter(({ after }) => after.some((name) => tried.has(name)))
    .flatMap(({ name }) => optionOf(name, {}, null, target, ctx));
  const options: Option[] = [];
  for (const option of [...named, ...proven, ...next]) {
    if (options.some(({ runbook }) => runbook.name === option.runbook.name)) continue;
    const { name } = option.runbook;
    options.push({ ...option, record: await recordOf(name), tried: tried.has(name) });
  }
  return options;
}

/** The best remedy that did not run for this incident yet; null: there is none left, and a person has to look. */
export async function nextOption(incident: Incident, ctx: Reading): Promise<Option | null> {
  return (await optionsFor(incident, ctx)).find(({ tried }) => !tried) ?? null;
}

async function triedFor({ id }: Incident, ctx: Reading): Promise<Set<string>> {
  const plans = await listPlans({ incident: id }, ctx);
  return new Set(plans.filter(({ steps }) => steps.some(mayHaveHappened)).map(({ runbook }) => runbook));
}

/** With every parameter filled in; none where the target does not tell one that is needed. */
function optionOf(
  called: string,
  params: Record<string, string>,
  rule: string | null,
  { tags }: Target,
  { runbooks }: Pick<Context, "runbooks">,
): Pick<Option, "runbook" | "params" | "rule">[] {
  const runbook = findRunbook(runbooks, called);
  const filled = runbook === null ? null : fillParams(runbook, params, tags);
  return runbook === null || !filled?.ok ? [] : [{ runbook, params: filled.params, rule }];
}
