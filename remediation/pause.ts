import { appendAudit } from "./audit.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { sayDuration } from "./duration.ts";
import { may, peopleWith, type Person } from "./people.ts";
import type { Db, Trx } from "./store.ts";
import { readSwitch, switchWord, writeSwitch } from "./store/switches.ts";

/** Nothing new begins until somebody resumes; what runs is not cut off in the middle of a call. */
export async function pause(
  person: Person,
  reason: string | null,
  ctx: Context,
): Promise<{ ok: true } | Refusal> {
  return move("pause", person, reason, ctx);
}

/** Lets remediations begin again; refused where nothing is paused, so that nobody reads of a pause that was none. */
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

/** Who paused automation, when (wall ms) and why; `reason` may be "". */
export type Pause = { by: string; at: number; reason: string };

/** The pause in force, for whoever must be told; null while automation is on. */
export async function standingPause(db: Db): Promise<Pause | null> {
  const pause = await readSwitch(db, "pause");
  return pause?.position === "on" ? { by: pause.person, at: pause.at, reason: pause.reason } : null;
}

/** Refuses what a pause forbids, and says who may end it; null while automation is on. */
export async function refusedByPause(
  db: Db,
  what: string,
  { policy, clock }: Pick<Context, "policy" | "clock">,
): Promise<Refusal<"paused"> | null> {
  const pause = await standingPause(db);
  if (pause === null) return null;
  const ago = sayDuration(clock.wall() - pause.at);
  const people = peopleWith(policy, "approver");
  const who = people.length === 0 ? "" : `: ${people.join(", ")}`;
  const message = `Automation was paused by ${pause.by} ${ago} ago, so nothing can be ${what}. Only an approver may resume${who}.`;
  return { ok: false, reason: "paused", message };
}

async function move(
  verb: "pause" | "resume",
  person: Person,
  reason: string | null,
  ctx: Context,
): Promise<{ ok: true } | Refusal> {
  const allowed = may(person, verb, ctx.policy);
  return ctx.store.transaction(async (trx) => {
    const said = reason ?? "";
    const moved = allowed.ok && verb === "resume" ? await whetherPaused(trx) : allowed;
    if (moved.ok) {
      const position = verb === "pause" ? "on" : "off";
      await writeSwitch(trx, "pause", { position, person: person.name, reason: said, at: ctx.clock.wall() });
    }
    const note = { actor: person.id, subject: "automation", detail: { reason: said } };
    await appendAudit(trx, { ...note, verb: moved.ok ? verb : `refused ${verb}` }, ctx);
    return moved;
  });
}

/** A switch on a word that nobody knows stops everything, and is set right by resuming. */
async function whetherPaused(trx: Trx): Promise<{ ok: true } | Refusal> {
  const word = (await switchWord(trx, "pause")) ?? "off";
  return word === "off"
    ? refuse("not_paused", "Automation is on; there is nothing to resume.")
    : { ok: true };
}
