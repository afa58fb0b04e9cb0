import { createHmac } from "node:crypto";
import { appendAudit, storable } from "./audit.ts";
import { hashOf } from "./audit-chain.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { same } from "./digest.ts";
import { formatDuration } from "./duration.ts";
import { may, type Person } from "./people.ts";
import type { Db, Trx } from "./store.ts";
import { selectAudit } from "./store/audit-rows.ts";
import { endGlassRow, glassAt, insertGlass, unendedGlass, type Glass } from "./store/glass-rows.ts";
import { insertNotice } from "./store/notices.ts";

/** How long an emergency lasts, at most. */
export const glassMs = 15 * 60_000;
/** What the audit calls it: "Mara broke the glass". */
const theGlass = "the glass";
const leastReason = 10;
const longestReason = 500;

/**
 * A person declares an emergency: for 15 minutes this one person may approve alone, also what this person asked for and
 * what needs two. Who may at all, the limits, the pause and everything else stay as they are. Told on every home channel.
 */
export async function breakGlass(
  person: Person,
  reason: string,
  ctx: Context,
): Promise<{ ok: true; until: number } | Refusal> {
  return ctx.store.transaction(async (trx) => {
    const said = storable(reason.trim().slice(0, longestReason));
    const at = ctx.clock.wall();
    const refusal = mayBreak(person, said, ctx) ?? alreadyOpen(await openGlass(trx, person.id, ctx), at);
    const verb = refusal === null ? "break" : "refused break";
    const detail = {
      reason: said,
      ...(refusal === null ? { until: at + glassMs } : { refused: refusal.reason }),
    };
    await appendAudit(trx, { actor: person.id, verb, subject: theGlass, detail }, ctx);
    if (refusal !== null) return refusal;
    const glass = { person: person.id, name: person.name, reason: said, openedAt: at, untilAt: at + glassMs };
    await insertGlass(trx, { ...glass, endedAt: null, seal: sealOf(glass, ctx.store.key) });
    const told = { by: person.name, reason: said, until: glass.untilAt };
    await insertNotice(trx, {
      id: ctx.random(),
      kind: "glass broken",
      subject: person.id,
      detail: told,
      at,
    });
    return { ok: true, until: glass.untilAt };
  });
}

/** Ends every emergency that lasts: what was approved under it stays approved. Answers whose they were. */
export async function sealGlass(
  person: Person,
  ctx: Context,
): Promise<{ ok: true; ended: string[] } | Refusal> {
  const allowed = may(person, "seal the glass", ctx.policy);
  const open = allowed.ok ? await standingGlass(ctx) : [];
  const ended: string[] = [];
  for (const glass of open) if (await end(glass, person, ctx)) ended.push(glass.name);
  if (ended.length > 0) return { ok: true, ended };
  const refusal = allowed.ok ? refuse("not_open", "No glass is broken; there is nothing to seal.") : allowed;
  const note = { actor: person.id, verb: "refused seal", subject: theGlass };
  await ctx.store.transaction((trx) =>
    appendAudit(trx, { ...note, detail: { reason: refusal.reason } }, ctx),
  );
  return refusal;
}

/** Writes down, and has told, what is over by its time. Nothing depends on how soon: a decision tests the time itself. */
export async function sealOverdueGlass(ctx: Context): Promise<void> {
  for (const glass of await unendedGlass(ctx.store.db))
    if (glass.untilAt < ctx.clock.wall()) await end(glass, null, ctx);
}

/** Emergencies that last now. */
export async function standingGlass(ctx: Pick<Context, "store" | "clock" | "policy">): Promise<Glass[]> {
  const now = ctx.clock.wall();
  return (await unendedGlass(ctx.store.db)).filter((glass) => glass.untilAt >= now && isReal(glass, ctx));
}

/**
 * The emergency in which a person may decide now: one that was ended, by whomever and whatever the clock or its row say
 * since, lets nobody decide any more. Its end stands in the sealed audit.
 */
export async function openGlass(
  trx: Trx,
  person: string,
  ctx: Pick<Context, "store" | "policy" | "clock">,
): Promise<Glass | null> {
  const glass = await glassCovering(trx, person, ctx.clock.wall(), ctx);
  if (glass === null || glass.endedAt !== null) return null;
  // Only these: whoever is refused again and again must not push the end out of sight.
  const told = await selectAudit(trx, { subjects: [theGlass], verbs: ["seal"], limit: 500 });
  const isEnded = told.some((row) => {
    if (row.hash !== hashOf(ctx.store.key, row)) return false;
    const { person: whose, opened_at } = JSON.parse(row.detail) as { person?: string; opened_at?: number };
    return whose === person && opened_at === glass.openedAt;
  });
  return isEnded ? null : glass;
}

/** The emergency of a person that covered a moment (wall ms): declared by this program and allowed by today's policy. */
export async function glassCovering(
  db: Db,
  person: string,
  at: number,
  ctx: Pick<Context, "store" | "policy">,
): Promise<Glass | null> {
  if (!ctx.policy.breakGlass || ctx.policy.denied !== null) return null;
  return (await glassAt(db, person, at)).find((glass) => isReal(glass, ctx)) ?? null;
}

function isReal(glass: Glass, ctx: Pick<Context, "store">): boolean {
  return same(glass.seal, sealOf(glass, ctx.store.key)) && glass.untilAt - glass.openedAt <= glassMs;
}

function mayBreak(person: Person, reason: string, ctx: Context): Refusal | null {
  const allowed = may(person, "break the glass", ctx.policy);
  if (!allowed.ok) return allowed;
  if (!ctx.policy.breakGlass)
    return refuse("forbidden", "The policy forbids it (break_glass: false), also in an emergency.");
  if (reason.length >= leastReason) return null;
  return refuse("no_reason", `Say why in at least ${leastReason} characters: "break glass: REASON".`);
}

function alreadyOpen(glass: Glass | null, now: number): Refusal | null {
  if (glass === null) return null;
  return refuse("open", `It is broken already, for another ${formatDuration(glass.untilAt - now)}.`);
}

/** `by` null: its time was over. */
async function end(glass: Glass, by: Person | null, ctx: Context): Promise<boolean> {
  return ctx.store.transaction(async (trx) => {
    const at = by === null ? glass.untilAt : ctx.clock.wall();
    if (!(await endGlassRow(trx, glass, { at, by: by?.id ?? "system" }))) return false;
    const because = by === null ? `the 15 minutes of ${glass.name} are over` : `it was ${glass.name}'s`;
    const detail = { person: glass.person, opened_at: glass.openedAt, because };
    const actor = by?.id ?? "system";
    await appendAudit(trx, { actor, verb: "seal", subject: theGlass, detail }, ctx);
    const told = { people: [glass.name], reason: glass.reason, ...(by === null ? {} : { by: by.name }) };
    const notice = { id: ctx.random(), kind: "glass sealed" as const, subject: glass.person };
    await insertNotice(trx, { ...notice, detail: told, at: ctx.clock.wall() });
    return true;
  });
}

function sealOf(glass: Omit<Glass, "endedAt" | "seal">, key: Buffer): string {
  const { person, name, reason, openedAt, untilAt } = glass;
  return createHmac("sha256", key)
    .update(JSON.stringify(["glass", person, name, reason, openedAt, untilAt]))
    .digest("hex");
}
