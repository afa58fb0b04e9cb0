import type { Target } from "../../infra/inventory.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import type { Intent } from "../../intents/intent.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { modelCard, type ModelParts, modelsCard } from "../cards/model-card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer } from "../cards/scene.ts";
import { isHeld } from "../find-version.ts";
import { duration, plural } from "../format.ts";
import { learnTarget } from "../learn.ts";
import type { Training } from "../training.ts";
import { pickTarget, pickTargets } from "./pick-target.ts";

type TrainIntent = Extract<Intent, { kind: "train" }>;

/** More than this are trained in the background: nobody waits an hour for an answer. */
const mostAtOnce = 3;

/** Learns one target or all anew, or goes back to an earlier model; the old one stays in use until the new one is whole. */
export async function train(intent: TrainIntent, asker: Asker, bot: Bot): Promise<Response> {
  if (intent.version !== undefined) return goBack({ ...intent, version: intent.version }, asker, bot);
  const picked = pickTargets(intent, bot);
  if (!picked.ok) return picked.response;
  if (picked.targets.length > mostAtOnce) return trainLater(picked.targets, asker, bot);
  const trained: Training[] = [];
  for (const target of picked.targets)
    trained.push(await learnTarget(target, { because: "person", by: asker.person.id }, bot));
  const failed = trained.filter((each) => !each.ok);
  return answer(
    draft({
      title: `Trained ${trained.length - failed.length} of ${plural(trained.length, "model")}`,
      tone: failed.length > 0 ? "warning" : "ok",
      text: trained.map(trainedLine).join("\n"),
      footer: footer(bot.scene()),
    }),
  );
}

function trainedLine(trained: Training): string {
  if (!trained.ok) return `${trained.target}: ${trained.message}`;
  const inForce = trained.report.gates.filter((gate) => gate.inForce).length;
  return (
    `${trained.version}: ${plural(trained.metrics, "metric")}, learned from ${duration(trained.minutes * 60)}, ` +
    `passed ${plural(inForce, "gate")}`
  );
}

function trainLater(targets: readonly Target[], asker: Asker, bot: Bot): Response {
  const fresh = bot.retraining.request(targets, asker.person.id);
  const waiting = bot.retraining.waiting().length;
  return answer(
    draft({
      title: `Training ${plural(targets.length, "model")}`,
      text:
        `One after the other, in the background${fresh < targets.length ? `; ${targets.length - fresh} of them were asked for already` : ""}. ` +
        `${plural(waiting, "target")} wait. "model" tells how far it is.`,
      footer: footer(bot.scene()),
    }),
  );
}

/** One target goes back to an earlier version: never a whole fleet by one word. */
async function goBack(intent: TrainIntent & { version: string }, asker: Asker, bot: Bot): Promise<Response> {
  const picked = pickTarget(intent, bot);
  if (!picked.ok) return picked.response;
  const back = await bot.trainer.rollback(picked.target, intent.version, asker.person);
  if (!back.ok) return privately(refusalCard("That model cannot be used", back.message));
  const { id, meta } = back.version;
  const learned = meta.minutes === undefined ? "" : `, learned from ${duration(meta.minutes * 60)}`;
  const held = isHeld(await bot.trainer.versions(picked.target.name))
    ? ` Nothing is trained by itself until somebody says "train ${picked.target.name}".`
    : "";
  return answer(
    draft({
      title: `${id} is live again`,
      tone: "ok",
      text: `${back.before ?? "No model"} was live until now. ${id} scores from now on${learned}.${held}`,
      footer: footer(bot.scene()),
    }),
  );
}

/** One target's model in full, or which of many are live. */
export async function modelStatus(
  intent: Extract<Intent, { kind: "model_status" }>,
  bot: Bot,
): Promise<Response> {
  const picked = pickTargets(intent, bot);
  if (!picked.ok) return picked.response;
  const [only, ...others] = picked.targets;
  const [quick, ...more] = quickParts(picked.targets, bot);
  if (only === undefined || quick === undefined || others.length > 0)
    return answer(modelsCard(quick === undefined ? more : [quick, ...more], bot.scene()));
  const [versions, coverage, thresholdFactor] = await Promise.all([
    bot.trainer.versions(only.name),
    bot.history.coverage(only.name),
    raisedBy(only, bot),
  ]);
  return answer(
    modelCard({ ...quick, versions, coverage: coverage[0] ?? null, thresholdFactor }, bot.scene()),
  );
}

/** What memory knows of the targets' models: for thousands of them at once. */
function quickParts(targets: readonly Target[], bot: Bot): ModelParts[] {
  const live = new Map(bot.detector.live().map((each) => [each.target, each]));
  const training = new Map(bot.trainer.progress().map((each) => [each.target, each]));
  const waiting = new Set(bot.retraining.waiting());
  return targets.map(({ name }) => ({
    target: name,
    live: live.get(name) ?? null,
    versions: [],
    coverage: null,
    thresholdFactor: null,
    look: bot.retraining.lookAt(name),
    training: training.get(name) ?? null,
    waiting: waiting.has(name),
    whyNotLearned: bot.trainer.whyNotLearned(name),
  }));
}

/** By how much the threshold is raised at run time; null without a model, or without an answer of Prometheus. */
async function raisedBy(target: Target, bot: Bot): Promise<number | null> {
  try {
    const [reading] = (await bot.detector.survey([target])).readings;
    return reading === undefined || reading.model === null ? null : reading.thresholdFactor;
  } catch (error) {
    if (error instanceof PrometheusError) return null;
    throw error;
  }
}
