import type { Intent } from "../../intents/intent.ts";
import { answer, type Bot, type Response } from "../bot.ts";
import { learnTarget } from "../learn.ts";
import { draft } from "../card.ts";
import { footer, wallMoment } from "../cards/scene.ts";
import { duration, plural } from "../format.ts";
import { pickTargets } from "./pick-target.ts";

/** Learns one target or all anew; the old model stays in use until the new one is whole. */
export async function train(intent: Extract<Intent, { kind: "train" }>, bot: Bot): Promise<Response> {
  if (intent.version !== undefined) {
    return answer(
      draft({
        title: "Not built yet",
        text: 'Going back to an earlier model is not built yet; "train" learns a new one.',
      }),
    );
  }
  const picked = pickTargets(intent, bot);
  if (!picked.ok) return picked.response;
  const trained = [];
  for (const target of picked.targets) trained.push(await learnTarget(target, bot));
  const failed = trained.filter((each) => !each.ok);
  return answer(
    draft({
      title: `Trained ${trained.length - failed.length} of ${plural(trained.length, "model")}`,
      tone: failed.length > 0 ? "warning" : "ok",
      text: trained
        .map((each) =>
          each.ok
            ? `${each.target}: ${plural(each.metrics, "metric")}, learned from ${duration(each.minutes * 60)}`
            : `${each.target}: ${each.message}`,
        )
        .join("\n"),
      footer: footer(bot.scene()),
    }),
  );
}

/** Which models are live, what they learned from, how old they are. */
export function modelStatus(intent: Extract<Intent, { kind: "model_status" }>, bot: Bot): Response {
  const picked = pickTargets(intent, bot);
  if (!picked.ok) return picked.response;
  const scene = bot.scene();
  const live = bot.detector.live().filter((each) => picked.targets.some(({ name }) => name === each.target));
  const missing = picked.targets.filter(({ name }) => !live.some((each) => each.target === name));
  const lines = live.map(({ target, createdAt, model }) => {
    const budget = model.budgetInForce
      ? `alarm budget ${model.alarmBudget} a day`
      : "the alarm budget is not in force yet";
    return (
      `${target}: ${plural(model.metrics.length, "metric")}, learned from ${duration(model.learnedMinutes * 60)}, ` +
      `${budget}, trained ${wallMoment(scene, createdAt)}`
    );
  });
  return answer(
    draft({
      title: `${live.length} of ${plural(picked.targets.length, "model")} live`,
      tone: missing.length > 0 ? "warning" : "ok",
      text: [
        ...lines,
        ...(missing.length > 0
          ? [
              ...missing.slice(0, 20).map(({ name }) => {
                const why = bot.detector.whyNotLearned(name);
                return `${name}: still learning${why === null ? "" : `: ${why}`}`;
              }),
              'Meanwhile only hard limits are watched. Say "train" to try now.',
            ]
          : []),
      ].join("\n"),
      footer: footer(scene, "members: isolation forest and nearest neighbours"),
    }),
  );
}
