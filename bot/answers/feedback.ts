import { proposeThreshold, type ThresholdChange } from "../../ml/feedback.ts";
import type { OperatorVerdict } from "../../infra/database/feedback-tables.ts";
import type { StoredProposal } from "../../infra/database/threshold-proposals.ts";
import type { Intent } from "../../intents/intent.ts";
import { appendAudit } from "../../remediation/audit.ts";
import { giveFeedback as judge } from "../../remediation/feedback.ts";
import type { Incident } from "../../remediation/incident.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { anomalyDetail } from "../cards/incident-parts.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer } from "../cards/scene.ts";
import { count } from "../format.ts";
import { judgedAlarms } from "../judged-alarms.ts";
import { learnTarget } from "../learn.ts";
import { tellingMetrics } from "../look-closer.ts";
import { pickIncident } from "./incidents.ts";
import { showIncident } from "./show.ts";

type FeedbackIntent = Extract<Intent, { kind: "feedback" }>;

/** A person says what an incident was, or decides on a threshold that such words suggested. */
export async function giveFeedback(intent: FeedbackIntent, asker: Asker, bot: Bot): Promise<Response> {
  if (intent.accept !== undefined) return decideThreshold(intent.id ?? "", intent.accept, asker, bot);
  const picked = await pickIncident(intent, bot);
  if (!picked.ok) return picked.response;
  const { incident } = picked;
  const verdict: OperatorVerdict = intent.verdict ?? "not_a_problem";
  const given = { incident: incident.id, verdict, reason: intent.reason ?? null, ...alarmOf(incident) };
  const taken = await judge(given, asker.person, bot.feedback.record, bot.core);
  if (!taken.ok) return privately(refusalCard("That cannot be", taken.message));
  if (taken.first) await offerThreshold(incident.target, bot);
  if (taken.first && verdict === "new_normal") learnNewNormal(incident.target, asker, bot);
  return showIncident(incident.id);
}

/**
 * In the background, for the card need not wait: "model" tells what came of it, and what fails is tried again by the
 * daily training.
 */
function learnNewNormal(name: string, asker: Asker, bot: Bot): void {
  const target = bot.targets().find((each) => each.name === name);
  if (target === undefined) return;
  const log = (level: "info" | "warn", message: string) =>
    bot.core.log({ level, event: "new_normal", message: `${name}: ${message}` });
  learnTarget(target, { because: "new_normal", by: asker.person.id }, bot).then(
    (training) =>
      training.ok
        ? log("info", `${training.version} was learned with the new normal`)
        : log("warn", `the new normal was not learned: ${training.message}`),
    (error: unknown) => log("warn", `the new normal was not learned: ${String(error)}`),
  );
}

/** What the word is about, for the next thresholds. */
function alarmOf(incident: Incident): { score: number | null; metrics: string[] } {
  const detail = anomalyDetail(incident);
  const own = [incident, ...incident.alerts].flatMap(({ metric }) => metric ?? []);
  const metrics = [...new Set([...own, ...(detail === null ? [] : tellingMetrics(detail))])];
  return { score: detail === null ? null : (detail.peak ?? detail.score), metrics };
}

/** Offers a threshold when the verdicts since the last decision on one suggest it. */
async function offerThreshold(target: string, bot: Bot): Promise<void> {
  const last = await bot.thresholds.newestOf(target);
  const since = last?.decidedAt ?? 0;
  const judged = (await judgedAlarms(bot, target)).filter(({ at }) => at > since);
  const change = proposeThreshold(judged);
  if (change === null) return;
  await bot.thresholds.offer({ target, factor: change.factor, text: thresholdText(target, change) });
}

/** "Raise web-1's threshold by 18 %? 3 of 4 alarms that were no problem would not have come, all five real ones still would." */
function thresholdText(target: string, { factor, spared, falseAlarms, real }: ThresholdChange): string {
  const kept =
    real === 0
      ? "none was called real so far"
      : real === 1
        ? "the real one still would"
        : `all ${count(real)} real ones still would`;
  return (
    `Raise ${target}'s threshold by ${Math.round((factor - 1) * 100)} %? ${spared} of ${falseAlarms} alarms that were ` +
    `called no problem or whose remedy was denied would not have been raised; ${kept}.`
  );
}

async function decideThreshold(id: string, accept: boolean, asker: Asker, bot: Bot): Promise<Response> {
  const proposal = await bot.thresholds.find(id);
  if (proposal === null)
    return privately(
      refusalCard(`There is no ${id || "threshold with that id"}`, "It stands on the incident's card."),
    );
  const by = asker.person.name;
  if (!(await decideOnce(proposal, accept, asker, bot))) {
    const now = (await bot.thresholds.find(id)) ?? proposal;
    return privately(
      refusalCard("Decided already", `${id} was ${now.status} by ${now.decidedBy ?? "somebody"}.`),
    );
  }
  await redrawCards(proposal.target, bot);
  if (!accept) return told(`${proposal.target}'s threshold stays as it is`, `Left by ${by}.`, bot);
  const adjusted = await bot.trainer.adjustThreshold(proposal.target, proposal.factor, asker.person);
  if (adjusted.ok)
    return told(
      `${proposal.target}'s threshold is ${Math.round((proposal.factor - 1) * 100)} % higher now`,
      `Accepted by ${by}. It is a new version of the model: "train ${proposal.target} version previous" goes back.`,
      bot,
    );
  await bot.thresholds.reopen(id);
  return answer(
    draft({
      title: "The threshold was not changed",
      tone: "warning",
      text: adjusted.message,
      footer: footer(bot.scene(), id),
    }),
  );
}

/** The decision with its audit entry; false when somebody was first. */
async function decideOnce(
  { id, target, factor }: StoredProposal,
  accept: boolean,
  { person }: Asker,
  bot: Bot,
): Promise<boolean> {
  return bot.core.store.transaction(async (trx) => {
    const status = accept ? "accepted" : "left";
    if (!(await bot.thresholds.decide(id, { status, by: person.name }, trx))) return false;
    const verb = `${accept ? "accept" : "leave"} threshold`;
    await appendAudit(trx, { actor: person.id, verb, subject: id, detail: { target, factor } }, bot.core);
    return true;
  });
}

function told(title: string, text: string, bot: Bot): Response {
  return answer(draft({ title, tone: "ok", text, footer: footer(bot.scene()) }));
}

/** The offer stands on the cards of the target's newest judged incident. */
async function redrawCards(target: string, bot: Bot): Promise<void> {
  const newest = (await bot.feedback.verdictsOf(target)).at(-1);
  if (newest !== undefined) bot.core.changed({ incident: newest.incident });
}
