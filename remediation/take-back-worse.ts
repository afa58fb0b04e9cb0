import type { Context } from "./context.ts";
import { proposeRollback } from "./rollback.ts";
import { worseSince } from "./store/plan-rows.ts";

/** After so long somebody else has taken care of it, and what was then says nothing about now. */
const withinMs = 6 * 3_600_000;
const againMs = 60_000;

/**
 * Proposes to take back what made things worse, where that can be done; answers the new plans' ids. What is still to be
 * done stands in the store, so that what could not be proposed (automation was paused, AWS did not answer, the bot was
 * stopped) is tried again every minute. Who denied a way back, or let it expire, is not asked again.
 */
export function createTakeBack(ctx: Context): () => Promise<string[]> {
  const tried = new Map<string, { at: number; because: string }>();
  return async () => {
    const [proposed, now]: [string[], number] = [[], ctx.clock.wall()];
    for (const plan of await worseSince(ctx.store.db, now - withinMs)) {
      const before = tried.get(plan);
      if (before !== undefined && now < before.at + againMs) continue;
      const back = await proposeRollback(plan, "system", ctx, `${plan} made it worse`);
      if (back.ok) proposed.push(back.plan.id);
      else if (back.message !== before?.because)
        ctx.log({ level: "info", event: "no rollback", message: back.message, plan });
      tried.set(plan, { at: now, because: back.ok ? "" : back.message });
    }
    return proposed;
  };
}
