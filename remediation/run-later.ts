import { refuse, type Context, type Refusal } from "./context.ts";
import { checkLimits, type LimitRefusal } from "./guards.ts";
import { isPractice, type Plan } from "./plan.ts";
import type { Db } from "./store.ts";

/** Whether a plan may not begin yet: before its window, or inside it while a limit stands that passes by itself. */
export async function notYet(db: Db, plan: Plan, ctx: Context): Promise<Refusal<"not_yet"> | null> {
  if (plan.window === null || plan.window.to < ctx.clock.wall()) return null;
  if (plan.window.from > ctx.clock.wall())
    return refuse("not_yet", `${plan.id} is approved and waits for the time it may begin.`);
  if (isPractice(plan)) return null;
  const limit = await checkLimits(db, plan, ctx);
  // The window leaves time: what stands in the way now may be over before it ends. `run_by` ends the waiting.
  return limit !== null && passing.includes(limit.reason)
    ? refuse("not_yet", `${plan.id} waits: ${limit.message}`)
    : null;
}

const passing: readonly LimitRefusal["reason"][] = [
  "cooldown",
  "service_busy",
  "disruption_budget",
  "ceiling",
];
