import type { Context, Refusal } from "./context.ts";
import { formatDuration } from "./duration.ts";
import type { Db } from "./store.ts";
import { holdOf, lastRuns } from "./store/holds.ts";

/** An action whose last runs all failed or made it worse; `until` (wall ms) is when people may use it again. */
export type OpenBreaker = { action: string; until: number; plans: string[] };

type Reading = Pick<Context, "policy" | "clock">;

/**
 * The breaker of an action, when its last runs in a row, on whichever targets, failed or made it worse; null when it is
 * closed. It closes with a run that went well, or when a person closes it. The runs themselves are the record: nothing
 * has to be written for it to open.
 */
export async function breakerOf(db: Db, action: string, { policy }: Reading): Promise<OpenBreaker | null> {
  const { breaker_failures: most, breaker_open: open } = policy.limits;
  const closed = await holdOf(db, `action:${action}`);
  const runs = await lastRuns(db, action, { after: closed?.releasedAt ?? 0, limit: most });
  if (runs.length < most || runs.some(({ bad }) => !bad)) return null;
  const newest = Math.max(...runs.map(({ at }) => at));
  return { action, until: newest + open, plans: runs.map(({ plan }) => `plan-${plan}`) };
}

/** Why an action may not be used now, or null. People may use it again after a stated time; rules only once it is closed. */
export async function breakerRefusal(
  db: Db,
  action: string,
  ctx: Reading,
  who: "person" | "rule" = "person",
): Promise<Refusal<"breaker"> | null> {
  const breaker = await breakerOf(db, action, ctx);
  if (breaker === null || (who === "person" && breaker.until <= ctx.clock.wall())) return null;
  const left = who === "rule" ? "" : ` for another ${formatDuration(breaker.until - ctx.clock.wall())}`;
  const message = `The breaker of ${action} is open${left}: ${breaker.plans.join(" and ")} failed or made it worse. Look at them first; "autonomy release ${action}" closes it.`;
  return { ok: false, reason: "breaker", message };
}
