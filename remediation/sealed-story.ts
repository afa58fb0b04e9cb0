import { hashOf } from "./audit-chain.ts";
import type { Context } from "./context.ts";
import type { Plan, Step } from "./plan.ts";
import { selectAudit } from "./store/audit-rows.ts";
import type { Trx } from "./store.ts";

/** What the audit says of a plan. Its entries are sealed: unlike a status, nobody without the key can write one. */
type SealedStory = {
  /** It was claimed once, as it is now: after approval, in its time, by this program. */
  isClaimed: boolean;
  /** It came to an end, or people decided against it. */
  hasEnded: boolean;
  /** Numbers of the steps whose call was about to be made. */
  intents: ReadonlySet<number>;
  /** Numbers of the steps that were called and found to be done, or that found nothing to do. */
  done: ReadonlySet<number>;
};

const ends = new Set(["deny", "cancel", "expire", "done", "failed", "needs_human"]);
/** Nothing else is read: whoever is refused again and again must not push the story out of sight. */
const verbs = ["execute", "step intent", "step done", ...ends];
/** Far more than the longest plan can have. */
const mostEntries = 2_000;

/** Reads a plan's story; entries whose seal does not hold tell nothing. */
export async function sealedStory(
  trx: Trx,
  plan: Pick<Plan, "id" | "digest">,
  ctx: Pick<Context, "store">,
): Promise<SealedStory> {
  const rows = await selectAudit(trx, { subjects: [plan.id], verbs, limit: mostEntries });
  const sealed = rows.filter((row) => row.hash === hashOf(ctx.store.key, row));
  const entries = sealed.map(({ verb, detail }) => ({
    verb,
    detail: JSON.parse(detail) as Record<string, unknown>,
  }));
  const claims = entries.filter(({ verb, detail }) => verb === "execute" && detail["digest"] === plan.digest);
  const numbers = (of: typeof entries) => new Set(of.map(({ detail }) => Number(detail["step"])));
  const intents = numbers(entries.filter(({ verb }) => verb === "step intent"));
  const done = entries.filter(({ verb, detail }) => {
    return verb === "step done" && (detail["called"] === "no" || intents.has(Number(detail["step"])));
  });
  return {
    isClaimed: claims.length === 1,
    hasEnded: entries.some(({ verb }) => ends.has(verb)),
    intents,
    done: numbers(done),
  };
}

/** Whether two readings of a step would make the same call. */
export function sameCall(one: Step, other: Step | undefined): boolean {
  const call = (step: Step) =>
    JSON.stringify([
      step.action,
      step.target,
      step.instanceId,
      step.pinned,
      Object.entries(step.params).sort(),
    ]);
  return other !== undefined && call(one) === call(other);
}
