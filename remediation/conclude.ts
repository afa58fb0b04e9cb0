import { appendAudit } from "./audit.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { may, type Person } from "./people.ts";
import { happened, planNumber, standing, type Plan, type Step } from "./plan.ts";
import type { Trx } from "./store.ts";
import { planByNumber } from "./store/plan-rows.ts";
import { movePlan } from "./store/plans.ts";
import { moveStep } from "./store/steps.ts";
import { orTakeBack, takeBack } from "./take-back.ts";

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
  const writeDown = async (trx: Trx, subject: string, refused: Refusal | null) => {
    const detail = { outcome: asked.outcome, reason: refused?.reason ?? asked.reason ?? null };
    const verb = refused ? "refused conclude" : "conclude";
    await appendAudit(trx, { actor: asked.person.id, verb, subject, detail }, ctx);
    return refused;
  };
  const refusal = await orTakeBack<Refusal | null>(
    ctx.store,
    async (trx) => {
      const plan = number === null ? null : await planByNumber(trx, number);
      const refused = allowed.ok ? await settle(trx, plan, asked, ctx) : allowed;
      return writeDown(trx, plan?.id ?? asked.plan.slice(0, 40), refused);
    },
    (trx, refused) => writeDown(trx, `plan-${number}`, refused),
  );
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
  if (!plan) return refuse("unknown_plan", `There is no ${asked.plan.slice(0, 40)}.`);
  const open = plan.steps.filter((candidate) => candidate.state === "needs_human");
  const [first] = open;
  if (plan.status !== "needs_human" || !first) {
    return refuse(plan.status, `${standing(plan)}; there is nothing to settle.`);
  }
  const didHappen = asked.outcome === "happened";
  const message = `According to ${asked.person.name}, it ${didHappen ? "happened" : "did not happen"}.`;
  // The answer is about what was called; a way back that nobody walked is not settled by it.
  const called = open.filter(({ intentAt }) => intentAt !== null);
  for (const step of open) {
    const isMeant = called.length === 0 || called.includes(step);
    await settleStep(trx, plan, step, didHappen && isMeant, isMeant ? message : notWalked, ctx);
  }
  const now = { wall: ctx.clock.wall(), metric: ctx.clock.metric() };
  const to =
    didHappen && isWhole(plan, first)
      ? { status: "done" as const, doneAt: now.wall, doneMetricAt: now.metric, note: message }
      : { status: "failed" as const, note: `${message}${leftUndone(plan)}` };
  if (await movePlan(trx, plan.number, ["needs_human"], to)) return null;
  takeBack(settledNow(plan));
}

async function settleStep(
  trx: Trx,
  plan: Plan,
  step: Step,
  didHappen: boolean,
  message: string,
  ctx: Context,
): Promise<void> {
  const moved = await moveStep(trx, plan.number, step.n, ["needs_human"], {
    state: didHappen ? "done" : "failed",
    fence: step.fence,
    finishedAt: ctx.clock.wall(),
    metricAt: ctx.clock.metric(),
    evidence: { ...step.evidence, [happened]: didHappen ? "yes" : "no" },
    message,
  });
  if (!moved) takeBack(settledNow(plan));
}

function settledNow({ id }: Plan): Refusal {
  return refuse("stale", `${id} was settled in this moment.`);
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
