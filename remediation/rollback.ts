import { createHash } from "node:crypto";
import { appendAudit } from "./audit.ts";
import { cloudNow, refuse, type Context, type Refusal } from "./context.ts";
import { getIncident } from "./incident.ts";
import { hasInverse, inverseOf, type Inverse } from "./inverse.ts";
import { isPractice, planNumber, standing, type Plan } from "./plan.ts";
import type { Person } from "./people.ts";
import { getPlan, listPlans } from "./plans.ts";
import { mayPropose, proposeRecipe, resolveTargets, type Proposed } from "./propose.ts";
import { findRunbook, type Runbook } from "./runbook.ts";
import { rollbackOf } from "./store/plan-rows.ts";

/** The name that plans of this kind carry as their runbook. */
const rollbackRunbook = "rollback";

/**
 * Proposes to take a plan back that is done: its inverse as a plan like any other, with the same limits, prechecks and
 * approvals. It never runs by itself, for a way back acts on production too, and what made it necessary may have been
 * the weather. Refused when it was taken back already, or when its targets are not as it left them.
 */
export async function proposeRollback(
  id: string,
  requester: Person | "system",
  ctx: Context,
  reason: string | null = null,
): Promise<Proposed> {
  const proposed = await attempt(id, requester, reason, ctx);
  if (proposed.ok || requester === "system") return proposed;
  const note = { actor: requester.id, verb: "refused roll back", subject: id.slice(0, 60) };
  await ctx.store.transaction((trx) =>
    appendAudit(trx, { ...note, detail: { reason: proposed.reason } }, ctx),
  );
  return proposed;
}

/** The newest change that could be taken back, of one target or of all; null: there is none. */
export async function lastChange(target: string | null, ctx: Pick<Context, "store">): Promise<Plan | null> {
  const plans = await listPlans({ statuses: ["done"], ...(target === null ? {} : { target }) }, ctx);
  for (const plan of plans) {
    if (plan.risk === 0 || plan.rollsBack !== null || isPractice(plan)) continue;
    const taken = await rollbackOf(ctx.store.db, plan.number);
    if (taken === null || taken.status !== "done") return plan;
  }
  return null;
}

/** What takes a plan back, or the sentence that says why nothing does: for cards. */
export function wayBackOf(
  plan: Plan,
  { runbooks }: Pick<Context, "runbooks">,
): { possible: true; words: string } | { possible: false; because: string } {
  const found = inverseOf(plan);
  if (hasInverse(found)) return { possible: true, words: found.words };
  const known = findRunbook(runbooks, plan.runbook);
  const words = known === null || known.wayBack === "" ? "" : ` Way back: ${known.wayBack}.`;
  return { possible: false, because: `${found.because}${words}` };
}

async function attempt(
  id: string,
  requester: Person | "system",
  reason: string | null,
  ctx: Context,
): Promise<Proposed> {
  const refusal = mayPropose({ requester }, ctx);
  if (refusal) return refusal;
  const plan = planNumber(id) === null ? null : await getPlan(id, ctx);
  if (plan === null) return refuse("unknown_plan", `There is no ${id.slice(0, 60)}.`);
  const unfit = whyNot(plan, ctx);
  if (unfit) return unfit;
  const taken = await rollbackOf(ctx.store.db, plan.number);
  if (taken?.status === "proposed") {
    const there = await getPlan(taken.id, ctx);
    if (there) return { ok: true, plan: there, existing: true };
  }
  if (taken !== null)
    return {
      ...refuse("rolled_back", `${taken.id} takes ${plan.id} back and ${isText(taken)}.`),
      plan: taken.id,
    };
  const found = inverseOf(plan);
  if (!hasInverse(found)) return refuse("no_way_back", found.because);
  return order(plan, found, { requester, reason }, ctx);
}

async function order(
  plan: Plan,
  found: Inverse,
  { requester, reason }: { requester: Person | "system"; reason: string | null },
  ctx: Context,
): Promise<Proposed> {
  const target = plan.targets.map(({ name }) => name);
  const resolved = resolveTargets(target, ctx);
  if (!resolved.ok) return resolved;
  const moved = plan.targets.find(({ name, instanceId }) => ctx.findTarget(name)?.instanceId !== instanceId);
  if (moved)
    return refuse("other_instance", `${moved.name} is another instance now than ${plan.id} acted on.`);
  const incident = plan.incident === null ? null : await getIncident(plan.incident, ctx);
  const runbook = runbookOf(plan, found);
  return proposeRecipe(
    {
      proposal: { runbook: runbook.name, target, requester, reason },
      runbook,
      params: {},
      targets: resolved.targets,
      incident: incident?.status === "resolved" ? null : incident,
      rollsBack: { ...plan, left: found.left },
    },
    ctx,
  );
}

function whyNot(plan: Plan, ctx: Pick<Context, "dryRun">): Refusal | null {
  if (plan.rollsBack !== null) {
    const message = `${plan.id} itself took ${plan.rollsBack} back; propose that change anew if it is wanted after all.`;
    return refuse("is_rollback", message);
  }
  if (plan.risk === 0) return refuse("no_way_back", `${plan.id} only looked; there is nothing to take back.`);
  if (plan.cloud !== cloudNow(ctx))
    return refuse(
      "other_cloud",
      `${plan.id} ran in the ${plan.cloud} cloud, which is not the one I act on now.`,
    );
  switch (plan.status) {
    case "done":
      return null;
    case "approved":
    case "executing":
    case "needs_human":
      return refuse("not_done", `${standing(plan)}; it can be taken back when it is done.`);
    case "failed":
      return refuse(
        "not_done",
        `${plan.id} failed, and what it could it took back then; its card says what.`,
      );
    case "proposed":
    case "denied":
    case "expired":
    case "cancelled":
      return refuse("not_done", `${standing(plan)}: it never ran, so there is nothing to take back.`);
  }
}

function runbookOf(plan: Plan, { steps, words }: Inverse): Runbook {
  const version = createHash("sha256")
    .update(JSON.stringify([plan.id, plan.digest, steps]))
    .digest("hex")
    .slice(0, 16);
  return {
    name: rollbackRunbook,
    title: `Roll back ${plan.id} on {target}: ${words}`,
    effect: "rollback",
    aliases: [],
    cures: "",
    stops: stopsOf(steps.map(({ action }) => action)),
    wayBack: "propose the change anew",
    verify: plan.metric === null ? [] : [plan.metric],
    params: {},
    offered: false,
    after: [],
    steps,
    risk: 0,
    settleSeconds: plan.settleSeconds,
    version,
  };
}

function stopsOf(actions: readonly string[]): string {
  if (actions.includes("stop-instance"))
    return actions.includes("start-instance")
      ? "{target} as a whole until it is started again"
      : "{target} as a whole, until somebody starts it";
  if (actions.includes("take-out")) return "new requests to {target}; those under way may end";
  if (actions.includes("enter-standby")) return "{target} in its group, which does without it";
  if (actions.includes("set-desired"))
    return "nothing when the group grows; members of its choice when it shrinks";
  return "nothing";
}

function isText({ status }: Pick<Plan, "status">): string {
  return status === "done" ? "is done" : status === "needs_human" ? "needs a person" : `is ${status}`;
}
