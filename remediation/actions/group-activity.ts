import { cloudFailure } from "../cloud.ts";
import type { Context } from "../context.ts";
import type { Step } from "../plan.ts";

/** Auto Scaling's clock and ours. */
const skewMs = 5_000;
const shown = 300;

/**
 * What Auto Scaling says it did with a group since a step was begun: why a member did not come, for example. It says
 * nothing about who asked, so it is told and decides nothing; what cannot be read is no reason to know less.
 */
export async function groupActivity(
  { params, intentAt }: Pick<Step, "params" | "intentAt">,
  ctx: Context,
): Promise<{ words: string; evidence: Record<string, string> }> {
  try {
    const since = (intentAt ?? Number.POSITIVE_INFINITY) - skewMs;
    const all = await ctx.cloud.activities(params["Group"] ?? "");
    const [newest] = all.filter(({ startedAt }) => startedAt !== null && startedAt >= since);
    if (newest === undefined) return { words: "", evidence: { activity: "none since then" } };
    const { status, description, message } = newest;
    const activity = [status, description, message].filter(Boolean).join(": ").slice(0, shown);
    return { words: ` Its newest activity: ${activity}`, evidence: { activity } };
  } catch (error) {
    return { words: "", evidence: { activity: `not readable: ${cloudFailure(error).code}` } };
  }
}
