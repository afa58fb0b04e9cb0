import type { Context } from "./context.ts";
import type { Db } from "./store.ts";

/** The plans at work in this process, per database and holder: a lease may run out during one long look at the cloud. */
const plansAtWork = new WeakMap<Db, Set<string>>();

/** Does the work on a plan, during which `isAtWork` says so. */
export async function whileAtWork<Result>(
  plan: number,
  ctx: Pick<Context, "store" | "holder">,
  work: () => Promise<Result>,
): Promise<Result> {
  const plans = plansAtWork.get(ctx.store.db) ?? new Set();
  plansAtWork.set(ctx.store.db, plans);
  const entry = entryOf(plan, ctx);
  plans.add(entry);
  try {
    return await work();
  } finally {
    plans.delete(entry);
  }
}

/** Whether this process is executing a plan in this moment, whatever the age of its lease. */
export function isAtWork(plan: number, ctx: Pick<Context, "store" | "holder">): boolean {
  return plansAtWork.get(ctx.store.db)?.has(entryOf(plan, ctx)) ?? false;
}

function entryOf(plan: number, { holder }: Pick<Context, "holder">): string {
  return `${holder} plan-${plan}`;
}
