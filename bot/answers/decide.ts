import type { Intent } from "../../intents/intent.ts";
import { approve, cancel, type Decided, deny } from "../../remediation/approve.ts";
import { conclude, type Concluded } from "../../remediation/conclude.ts";
import { standingPause } from "../../remediation/pause.ts";
import { listPlans } from "../../remediation/plans.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { pendingPlansCard } from "../cards/plan-card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { showPlan } from "./show.ts";

/** One approval, checked and counted by the core; without an id, what waits for one. */
export async function approvePlan(
  intent: Extract<Intent, { kind: "approve" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  if (intent.id === undefined) return pending("approve", bot);
  const decision = await approve(
    {
      plan: intent.id,
      ...(intent.digest === undefined ? {} : { digest: intent.digest }),
      person: asker.person,
      surface: asker.surface,
    },
    bot.core,
  );
  if (decision.ok && decision.plan.status === "approved") bot.run(decision.plan.id);
  return decided(decision, "This was not approved");
}

/** Ends a plan that waits; without an id, what waits for a decision. */
export async function denyPlan(
  intent: Extract<Intent, { kind: "deny" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  if (intent.id === undefined) return pending("deny", bot);
  const reason = intent.reason ?? null;
  const request = { plan: intent.id, reason, person: asker.person, surface: asker.surface };
  return decided(await deny(request, bot.core), "This was not denied");
}

/** Takes back a plan that has not begun; without an id, what waits for a decision. */
export async function cancelPlan(
  intent: Extract<Intent, { kind: "cancel" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  if (intent.id === undefined) return pending("cancel", bot);
  const reason = intent.reason ?? null;
  const request = { plan: intent.id, reason, person: asker.person, surface: asker.surface };
  return decided(await cancel(request, bot.core), "This was not cancelled");
}

/** A person settles what the machine cannot know: whether a step happened. */
export async function concludePlan(
  intent: Extract<Intent, { kind: "conclude" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  if (intent.id === undefined || intent.outcome === undefined) {
    const text = "Say conclude plan-N happened, or conclude plan-N did-not-happen.";
    return privately(refusalCard("Which plan, and did it happen?", text));
  }
  return decided(
    await conclude({ plan: intent.id, outcome: intent.outcome, person: asker.person }, bot.core),
    "This was not settled",
  );
}

async function pending(verb: "approve" | "deny" | "cancel", bot: Bot): Promise<Response> {
  const plans = await listPlans({ statuses: ["proposed"] }, bot.core);
  const pause = await standingPause(bot.core.store.db);
  return answer(pendingPlansCard(plans, verb, pause, bot.scene()));
}

function decided(decision: Decided | Concluded, title: string): Response {
  if (decision.ok) return showPlan(decision.plan.id);
  return privately(refusalCard(title, decision.message));
}
