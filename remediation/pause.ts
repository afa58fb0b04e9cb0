import { appendAudit } from "./audit.ts";
import type { Context, Refusal } from "./context.ts";
import { may, type Person } from "./people.ts";
import type { Db } from "./store.ts";
import { readSwitch, writeSwitch } from "./store/switches.ts";

/** Nothing new begins until somebody resumes; what runs is not cut off in the middle of a call. */
export async function pause(
  person: Person,
  reason: string | null,
  ctx: Context,
): Promise<{ ok: true } | Refusal> {
  return move("pause", person, reason, ctx);
}

/** Lets remediations begin again. */
export async function resume(
  person: Person,
  reason: string | null,
  ctx: Context,
): Promise<{ ok: true } | Refusal> {
  return move("resume", person, reason, ctx);
}

/** Whether the kill switch is on. Inside a transaction give its handle; what cannot be read throws, and nothing runs. */
export async function isPaused(db: Db): Promise<boolean> {
  return (await readSwitch(db, "pause"))?.position === "on";
}

async function move(
  verb: "pause" | "resume",
  person: Person,
  reason: string | null,
  ctx: Context,
): Promise<{ ok: true } | Refusal> {
  const allowed = may(person, verb, ctx.policy);
  await ctx.store.transaction(async (trx) => {
    const said = reason ?? "";
    if (allowed.ok) {
      const position = verb === "pause" ? "on" : "off";
      await writeSwitch(trx, "pause", { position, person: person.name, reason: said, at: ctx.clock.wall() });
    }
    const note = { actor: person.id, subject: "automation", detail: { reason: said } };
    await appendAudit(trx, { ...note, verb: allowed.ok ? verb : `refused ${verb}` }, ctx);
  });
  return allowed;
}
