import { findAction } from "./actions/actions.ts";
import { appendAudit } from "./audit.ts";
import { breakerOf, type OpenBreaker } from "./breaker.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { may, type Person } from "./people.ts";
import type { Db } from "./store.ts";
import { holdOf, putHold, releaseHold, standingHolds } from "./store/holds.ts";
import { actionsRunSince, targetsActedOnSince, triesSince } from "./store/steps.ts";

/**
 * Why no other try may be made on a target, or null. Once the limit of tries was reached, it stays in quarantine until a
 * person releases it, however long that takes; `except` is the plan that asks, so that it does not stand in its own way.
 */
export async function quarantineOf(
  db: Db,
  target: string,
  except: number,
  { policy, clock }: Pick<Context, "policy" | "clock">,
): Promise<Refusal<"quarantine"> | null> {
  const hold = await holdOf(db, `target:${target}`);
  const release = `"autonomy release ${target}" ends it.`;
  if (hold !== null && hold.releasedAt === null) {
    return refuse(
      "quarantine",
      `${target} is in quarantine since ${formatDuration(clock.wall() - hold.since)}: ${hold.reason}. It needs a person, not another try; ${release}`,
    );
  }
  const { tries: most, tries_window: window } = policy.limits;
  const since = Math.max(clock.wall() - window, (hold?.releasedAt ?? 0) + 1);
  const done = await triesSince(db, target, since, except);
  if (done < most) return null;
  return refuse(
    "quarantine",
    `${target} is in quarantine: ${done} runs in ${formatDuration(window)} and the limit is ${most}. It needs a person, not another try.`,
  );
}

/** Makes the quarantine of targets durable whose tries are used up; answers their names. */
export async function noteQuarantines(ctx: Context): Promise<string[]> {
  const { tries: most, tries_window: window } = ctx.policy.limits;
  const now = ctx.clock.wall();
  const noted: string[] = [];
  for (const target of await targetsActedOnSince(ctx.store.db, now - window)) {
    // Looked at first without a lock: this is asked every second, and writes once.
    if ((await triesUsed(ctx.store.db, target, ctx)) < most) continue;
    const put = await ctx.store.transaction(async (trx) => {
      const done = await triesUsed(trx, target, ctx);
      if (done < most) return false;
      const reason = `${done} runs in ${formatDuration(window)}, and the limit is ${most}`;
      if (!(await putHold(trx, { subject: `target:${target}`, since: now, reason }))) return false;
      const detail = { runs: done };
      await appendAudit(trx, { actor: "system", verb: "quarantine", subject: target, detail }, ctx);
      return true;
    });
    if (put) noted.push(target);
  }
  return noted;
}

/** Tries within the window since a person last released the target; none while it is held already. */
async function triesUsed(
  db: Db,
  target: string,
  { policy, clock }: Pick<Context, "policy" | "clock">,
): Promise<number> {
  const hold = await holdOf(db, `target:${target}`);
  if (hold !== null && hold.releasedAt === null) return 0;
  const since = Math.max(clock.wall() - policy.limits.tries_window, (hold?.releasedAt ?? 0) + 1);
  return triesSince(db, target, since, 0);
}

/** A person ends a target's quarantine, or closes an action's breaker: what was counted before counts no more. */
export async function release(
  what: string,
  person: Person,
  ctx: Context,
): Promise<{ ok: true; released: "target" | "action" } | Refusal> {
  const kind = findAction(what) === null ? "target" : "action";
  const allowed = may(person, "release", ctx.policy);
  const refusal = await ctx.store.transaction(async (trx) => {
    const refusal = allowed.ok ? await nothingToRelease(trx, what, kind, ctx) : allowed;
    if (refusal === null)
      await releaseHold(trx, { subject: `${kind}:${what}`, at: ctx.clock.wall(), by: person.name });
    const verb = refusal === null ? "release" : "refused release";
    const detail = { kind, ...(refusal === null ? {} : { reason: refusal.reason }) };
    await appendAudit(trx, { actor: person.id, verb, subject: what.slice(0, 60), detail }, ctx);
    return refusal;
  });
  return refusal ?? { ok: true, released: kind };
}

async function nothingToRelease(
  trx: Db,
  what: string,
  kind: "target" | "action",
  ctx: Context,
): Promise<Refusal | null> {
  const name = what.slice(0, 60);
  if (kind === "action")
    return (await breakerOf(trx, what, ctx)) === null
      ? { ok: false, reason: "not_held", message: `The breaker of ${name} is closed; nothing holds it.` }
      : null;
  if (ctx.findTarget(what) === null)
    return { ok: false, reason: "unknown", message: `There is no target or action "${name}".` };
  return (await quarantineOf(trx, what, 0, ctx)) === null
    ? { ok: false, reason: "not_held", message: `${name} is not in quarantine; nothing holds it.` }
    : null;
}

/** What needs a person before anything is tried again: targets in quarantine, actions whose breaker is open. */
export async function heldBack(
  ctx: Pick<Context, "store" | "policy" | "clock">,
): Promise<{ quarantined: { target: string; reason: string }[]; breakers: OpenBreaker[] }> {
  const { db } = ctx.store;
  const holds = await standingHolds(db);
  const breakers: OpenBreaker[] = [];
  for (const action of await actionsRunSince(db, 0)) {
    const open = await breakerOf(db, action, ctx);
    if (open !== null) breakers.push(open);
  }
  const quarantined = holds.flatMap(({ subject, reason }) =>
    subject.startsWith("target:") ? [{ target: subject.slice("target:".length), reason }] : [],
  );
  return { quarantined, breakers };
}
