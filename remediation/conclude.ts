import { appendAudit } from "./audit.ts";
import type { Context, Refusal } from "./context.ts";
import { may, type Person } from "./people.ts";
import { happened, planNumber, standing, type Plan, type Step } from "./plan.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";
import { moveStep } from "./store/steps.ts";

export type Concluded = { ok: true; plan: Plan } | (Refusal & { plan: Plan | null });

/**
 * A person says what became of a plan that the bot could not settle. "happened" ends it as `done`, and its verdict is
 * measured from now on; "did_not_happen" ends it as `failed`. Nothing is called either way.
 */
export async function conclude(
  asked: { plan: string; outcome: "happened" | "did_not_happen"; person: Person; reason?: string | null },
  ctx: Context,
): Promise<Concluded> {
  const number = planNumber(asked.plan);
  const allowed = may(asked.person, "conclude", ctx.policy);
  const refusal = await ctx.store.transaction(async (trx): Promise<Refusal | null> => {
    const plan = number === null ? null : await planByNumber(trx, number);
    const refused = allowed.ok ? await settle(trx, plan, asked, ctx) : allowed;
    const detail = { outcome: asked.outcome, reason: refused?.reason ?? asked.reason ?? null };
    const note = { actor: asked.person.id, subject: plan?.id ?? asked.plan.slice(0, 40), detail };
    await appendAudit(trx, { ...note, verb: refused ? "refused conclude" : "conclude" }, ctx);
    return refused;
  });
  const plan = number === null ? null : await planByNumber(ctx.store.db, number);
  if (refusal) return { ...refusal, plan };
  if (!plan) throw new Error(`${asked.plan} was concluded and cannot be read`);
  ctx.changed({ plan: plan.id, ...(plan.incident === null ? {} : { incident: plan.incident }) });
  return { ok: true, plan };
}

async function settle(
  trx: Trx,
  plan: Plan | null,
  asked: { plan: string; outcome: "happened" | "did_not_happen"; person: Person },
  ctx: Context,
): Promise<Refusal | null> {
  if (!plan) return { ok: false, reason: "unknown_plan", message: `There is no ${asked.plan.slice(0, 40)}.` };
  const open = plan.steps.filter((candidate) => candidate.state === "needs_human");
  const [first] = open;
  if (plan.status !== "needs_human" || !first) {
    return {
      ok: false,
      reason: plan.status,
      message: `${standing(plan)}; there is nothing to settle.`,
    };
  }
  const didHappen = asked.outcome === "happened";
  const message = `According to ${asked.person.name}, it ${didHappen ? "happened" : "did not happen"}.`;
  // The answer is about what was called; a way back that nobody walked is not settled by it.
  const called = open.filter(({ intentAt }) => intentAt !== null);
  for (const step of open) {
    const isMeant = called.length === 0 || called.includes(step);
    await settleStep(trx, plan.number, step, didHappen && isMeant, isMeant ? message : notWalked, ctx);
  }
  const now = { wall: ctx.clock.wall(), metric: ctx.clock.metric() };
  const to =
    didHappen && isWhole(plan, first)
      ? { status: "done" as const, doneAt: now.wall, doneMetricAt: now.metric, note: message }
      : { status: "failed" as const, note: `${message}${leftUndone(plan)}` };
  if (await movePlan(trx, plan.number, ["needs_human"], to)) return null;
  return { ok: false, reason: "stale", message: `${plan.id} was settled in this moment.` };
}

async function settleStep(
  trx: Trx,
  plan: number,
  step: Step,
  didHappen: boolean,
  message: string,
  ctx: Context,
): Promise<void> {
  await moveStep(trx, plan, step.n, ["needs_human"], {
    state: didHappen ? "done" : "failed",
    fence: step.fence,
    finishedAt: ctx.clock.wall(),
    metricAt: ctx.clock.metric(),
    evidence: { ...step.evidence, [happened]: didHappen ? "yes" : "no" },
    message,
  });
}

/** Whether the plan did all it was made for, once its first open step happened: nothing is left, nothing was taken back. */
function isWhole({ steps }: Plan, first: Step): boolean {
  return steps.every(({ n, undoes, state }) =>
    undoes === null ? n === first.n || state === "done" : state === "ready",
  );
}

function leftUndone({ steps }: Plan): string {
  const left = steps.some(({ undoes, state }) => undoes === null && state === "ready");
  const unwalked = steps.filter((step) => step.undoes !== null && step.state === "needs_human");
  return [
    ...(left ? [" The steps after it were not run."] : []),
    ...unwalked.map(({ action, target }) => ` Look at ${target}: its way back (${action}) was not walked.`),
  ].join("");
}

const notWalked = "It was not walked, and nobody said that it was done by hand.";
