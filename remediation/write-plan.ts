import type { TargetState } from "./actions/target-state.ts";
import { appendAudit } from "./audit.ts";
import { cloudNow, refuse, type Context, type Refusal } from "./context.ts";
import { aloneFrom } from "./decide-alone.ts";
import { planDigest } from "./digest.ts";
import { checkLimits, checkProposals } from "./guards.ts";
import { refusedByPause } from "./pause.ts";
import type { Person } from "./people.ts";
import { type Plan, statusWord, type Step } from "./plan.ts";
import type { Risk } from "./policy.ts";
import type { Runbook } from "./runbook.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { holdingPlanOf, insertPlan, movePlan, type NewPlan } from "./store/plans.ts";
import { bumpGeneration, nextNumber, readGeneration } from "./store/switches.ts";

/** A proposal that was checked from outside and is to become a plan. */
export type Draft = {
  requester: Person | "system";
  pressedBy: Person | null;
  incident: string | null;
  targets: readonly { name: string; instanceId: string; region: string | null; service: string }[];
  runbook: Runbook;
  title: string;
  params: Record<string, string>;
  steps: Step[];
  risk: Risk;
  approvalsNeeded: number;
  fingerprint: Record<string, TargetState>;
  window: { from: number; to: number } | null;
  rollsBack: string | null;
  rule: string | null;
  reason: string | null;
  metric: string | null;
  direction: "above" | "below" | null;
  blastRadius: string[];
};

/** The person behind a proposal: its requester, or who pressed for what a rule says; null when the watch asked. */
export function askerOf({
  requester,
  pressedBy,
}: {
  requester: Person | "system";
  pressedBy?: Person | null;
}): Person | null {
  return requester === "system" ? (pressedBy ?? null) : requester;
}

type Written = { ok: true; number: number; existing: boolean } | (Refusal & { plan?: string });

/** Writes the plan, its targets' new generation and its audit entry in one transaction, or says why it may not be. */
export async function writePlan(
  draft: Draft,
  ctx: Context,
): Promise<{ ok: true; plan: Plan; existing: boolean } | (Refusal & { plan?: string })> {
  const ended: number[] = [];
  const written = await ctx.store.transaction((trx) => write(trx, draft, ended, ctx));
  for (const number of ended) ctx.changed({ plan: `plan-${number}` });
  if (!written.ok) return written;
  const plan = await planByNumber(ctx.store.db, written.number);
  if (!plan) throw new Error(`plan-${written.number} was written and cannot be read`);
  if (!written.existing)
    ctx.changed({ plan: plan.id, ...(plan.incident === null ? {} : { incident: plan.incident }) });
  return { ok: true, plan, existing: written.existing };
}

async function write(trx: Trx, draft: Draft, ended: number[], ctx: Context): Promise<Written> {
  const paused = await refusedByPause(trx, "proposed", ctx);
  if (paused !== null) return paused;
  const requester = requesterOf(draft.requester);
  const holders = await holdersOf(trx, draft, ended, ctx);
  for (const holder of holders) {
    const verdict = await standsInTheWay(trx, holder, draft);
    if (verdict !== null) return verdict;
  }
  const asker = askerOf(draft);
  const limit =
    (asker === null ? null : await checkProposals(trx, asker.id, ctx)) ??
    (await checkLimits(trx, { number: 0, ...draft }, ctx));
  if (limit) return limit;
  const number = await nextNumber(trx, "plan");
  for (const holder of holders) await supersede(trx, holder, { requester, by: number }, ctx);
  ended.push(...holders);
  const plan = await newPlan(trx, number, { ...draft, replaces: holders }, requester, ctx);
  await insertPlan(trx, plan);
  const detail = {
    runbook: plan.runbook,
    params: plan.params,
    targets: plan.targets.map((target) => target.name),
    risk: plan.risk,
    digest: plan.digest,
    rule: plan.rule,
    cloud: plan.cloud,
    policy: ctx.policy.hash,
    ...(draft.pressedBy === null
      ? {}
      : { pressed_by: { id: draft.pressedBy.id, name: draft.pressedBy.name } }),
  };
  await appendAudit(trx, { actor: requester.id, verb: "propose", subject: `plan-${number}`, detail }, ctx);
  return { ok: true, number, existing: false };
}

/** The plans that hold one of the targets; those that ran out are expired on the way. */
async function holdersOf(trx: Trx, draft: Draft, ended: number[], ctx: Context): Promise<number[]> {
  const holders = new Set<number>();
  if (draft.risk === 0) return [];
  for (const target of draft.targets) {
    const holder = await holdingPlanOf(trx, target.name);
    if (holder === null) continue;
    const plan = await planByNumber(trx, holder);
    const over = plan?.status === "proposed" && plan.expiresAt < ctx.clock.wall();
    if (!over || !(await movePlan(trx, holder, ["proposed"], { status: "expired" }))) {
      holders.add(holder);
      continue;
    }
    ended.push(holder);
    await appendAudit(trx, { actor: "system", verb: "expire", subject: `plan-${holder}` }, ctx);
  }
  return [...holders];
}

/**
 * What a plan that holds the target means for a new one: the same remedy is answered with the plan there is; a rule
 * never replaces an undecided plan; a person's other choice does; nobody replaces one that was approved or runs.
 */
async function standsInTheWay(trx: Trx, number: number, draft: Draft): Promise<Written | null> {
  const plan = await planByNumber(trx, number);
  if (!plan) throw new Error(`plan-${number} holds a target and cannot be read`);
  if (plan.status !== "proposed") {
    return { ...refuse("target_busy", busyWith(plan)), plan: plan.id };
  }
  const sameRemedy =
    plan.version === draft.runbook.version &&
    JSON.stringify(plan.params) === JSON.stringify(draft.params) &&
    sameWindow(plan.window, draft.window);
  const sameTargets =
    plan.targets.map((target) => target.name).join() ===
    draft.targets
      .map((target) => target.name)
      .sort()
      .join();
  if (sameRemedy && sameTargets) return { ok: true, number, existing: true };
  if (draft.requester !== "system") return null;
  return {
    ...refuse("plan_waiting", `${plan.id} (${plan.title}) waits for a decision on this target.`),
    plan: plan.id,
  };
}

function busyWith({ id, title, status, window }: Plan): string {
  if (status === "needs_human")
    return `${id} (${title}) needs a person on this target: say first whether it happened.`;
  if (status === "approved" && window !== null)
    return `${id} (${title}) is approved and waits for its time; "cancel ${id}" makes room for something else.`;
  return `${id} (${title}) is ${statusWord(status)} on this target; wait for its end.`;
}

/** A window under way begins at the moment of asking, so its end tells. */
function sameWindow(one: Plan["window"], other: Plan["window"]): boolean {
  return one?.to === other?.to;
}

async function supersede(
  trx: Trx,
  number: number,
  { requester, by }: { requester: { id: string; name: string }; by: number },
  ctx: Context,
) {
  const note = `${requester.name} chose another remedy, plan-${by}`;
  await movePlan(trx, number, ["proposed"], { status: "cancelled", note });
  await appendAudit(
    trx,
    { actor: requester.id, verb: "cancel", subject: `plan-${number}`, detail: { because: note } },
    ctx,
  );
}

/** A plan that runs unless somebody objects stays open a little longer than that takes. */
const leastDecisionMs = 60_000;

async function newPlan(
  trx: Trx,
  number: number,
  { replaces, ...draft }: Draft & { replaces: readonly number[] },
  requester: { id: string; name: string },
  ctx: Context,
): Promise<NewPlan> {
  const { limits } = ctx.policy;
  const now = ctx.clock.wall();
  const targets = [];
  // What only reads makes no other plan stale.
  const generationFor = (name: string) =>
    draft.risk === 0 ? readGeneration(trx, name) : bumpGeneration(trx, name);
  for (const { name, instanceId, region, service } of draft.targets) {
    targets.push({ name, instanceId, region, service, generation: await generationFor(name) });
  }
  const { runbook } = draft;
  const runsAlone = (await aloneFrom(trx, draft, ctx)) ?? null;
  const untilAlone = runsAlone === null ? 0 : runsAlone.at - now + leastDecisionMs;
  const open = now + Math.max(limits.expiry, untilAlone);
  const expiresAt = draft.window === null ? open : Math.min(open, draft.window.to);
  const replaced = replaces.map((old) => `Replaces plan-${old}, which was not decided.`);
  const plan = {
    ...draft,
    blastRadius: [...replaced, ...draft.blastRadius],
    number,
    status: draft.approvalsNeeded === 0 ? ("approved" as const) : ("proposed" as const),
    targets,
    runbook: runbook.name,
    effect: runbook.effect,
    version: runbook.version,
    cloud: cloudNow(ctx),
    requester,
    createdAt: now,
    expiresAt,
    runBy: draft.window?.to ?? expiresAt + limits.run_grace,
    settleSeconds: draft.risk === 0 ? 0 : (runbook.settleSeconds ?? ctx.settleDefaultSeconds),
    notes: [],
    runsAlone,
  };
  return { ...plan, digest: planDigest(plan, ctx.store.key) };
}

function requesterOf(requester: Person | "system"): { id: string; name: string } {
  return requester === "system"
    ? { id: "system", name: "system" }
    : { id: requester.id, name: requester.name };
}
