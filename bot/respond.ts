import { commands } from "../intents/commands.ts";
import type { Intent } from "../intents/intent.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { appendAudit } from "../remediation/audit.ts";
import { atLeast, may, type Verb, verbs } from "../remediation/people.ts";
import { autonomy } from "./answers/autonomy.ts";
import { backtestRule } from "./answers/backtest.ts";
import { approvePlan, cancelPlan, concludePlan, denyPlan } from "./answers/decide.ts";
import { emergency, escalateTo } from "./answers/emergency.ts";
import { history, logs, summary } from "./answers/history.ts";
import {
  acknowledgeIncident,
  explainIncident,
  incidents,
  resolveIncident,
  silenceIncident,
} from "./answers/incidents.ts";
import { giveFeedback } from "./answers/feedback.ts";
import { chart, promql } from "./answers/chart.ts";
import { explainPlan, lookUpPlan } from "./answers/look-up-plan.ts";
import { anomalyCheck, status } from "./answers/look.ts";
import { pauseAll, resumeAll } from "./answers/pause.ts";
import { modelStatus, train } from "./answers/models.ts";
import { remediate, runbooks } from "./answers/plans.ts";
import { rollback } from "./answers/rollback.ts";
import { help, notBuilt, unknown } from "./answers/talk.ts";
import { answer, type Asker, type Bot, privately, type Response } from "./bot.ts";
import { failedCard, notBuiltCard, refusalCard } from "./cards/refusals.ts";

/**
 * The router: what a person means becomes a card. Typed words, clicks and the HTTP API all come through here, so a
 * permission is checked once, for all of them. `alternatives` are other readings of a text that was not understood.
 */
export async function respond(
  intent: Intent,
  asker: Asker,
  bot: Bot,
  alternatives: readonly Intent[] = [],
): Promise<Response> {
  const refusal = refuse(intent, asker, bot);
  if (refusal !== null) {
    await recordRefusal(intent, asker, "not_allowed", bot);
    return refusal;
  }
  try {
    return notBuilt(intent) ?? (await answerIntent(intent, asker, bot, alternatives));
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return answer(
      failedCard("Prometheus does not answer", `${error.message} Approvals and the audit work meanwhile.`),
    );
  }
}

async function answerIntent(
  intent: Intent,
  asker: Asker,
  bot: Bot,
  alternatives: readonly Intent[],
): Promise<Response> {
  switch (intent.kind) {
    case "help":
      return help(intent, asker, bot);
    case "status":
      return intent.metric === undefined ? status(intent, bot) : chart({ ...intent, kind: "chart" }, bot);
    case "anomaly_check":
      return anomalyCheck(intent, bot);
    case "explain":
      return intent.id?.startsWith("plan-") ? explainPlan(intent.id, bot) : explainIncident(intent, bot);
    case "incidents":
      return intent.id?.startsWith("plan-") ? lookUpPlan(intent.id, bot) : incidents(intent, bot);
    case "acknowledge":
      return acknowledgeIncident(intent, asker, bot);
    case "silence":
      return silenceIncident(intent, asker, bot);
    case "resolve":
      return resolveIncident(intent, asker, bot);
    case "feedback":
      return giveFeedback(intent, asker, bot);
    case "remediate":
      return remediate(intent, asker, bot);
    case "approve":
      return approvePlan(intent, asker, bot);
    case "deny":
      return denyPlan(intent, asker, bot);
    case "cancel":
      return cancelPlan(intent, asker, bot);
    case "rollback":
      return rollback(intent, asker, bot);
    case "conclude":
      return concludePlan(intent, asker, bot);
    case "escalate":
      return escalateTo(intent, asker, bot);
    case "break_glass":
      return emergency(intent, asker, bot);
    case "history":
      return history(intent, bot);
    case "summary":
      return summary(intent, bot);
    case "logs":
      return logs(intent, asker, bot);
    case "chart":
      return chart(intent, bot);
    case "promql":
      return promql(intent, bot);
    case "train":
      return train(intent, asker, bot);
    case "model_status":
      return modelStatus(intent, bot);
    case "runbooks":
      return runbooks(intent, bot);
    case "pause":
      return pauseAll(intent.reason ?? null, asker, bot);
    case "resume":
      return resumeAll(intent.reason ?? null, asker, bot);
    case "autonomy":
      return autonomy(intent, asker, bot);
    case "backtest":
      return backtestRule(intent, bot);
    case "ask":
      return intent.id === undefined
        ? answer(notBuiltCard(commands.ask.arrives ?? ""))
        : answerIntent({ kind: "incidents", id: intent.id }, asker, bot, []);
    case "unknown":
      // A mention by itself, or a picture: whoever calls without a word is told what may be said.
      return intent.text === "" ? help({ kind: "help" }, asker, bot) : unknown(intent, alternatives, bot);
    // Their engines come later; `notBuilt` has answered before we get here.
    case "forecast":
    case "failure_risk":
      return answer(notBuiltCard(`"${intent.kind}" has no engine yet.`));
    default:
      return unreachable(intent);
  }
}

/** Fails closed: a kind that changes something needs a role of the policy, whoever asks and however. */
function refuse(intent: Intent, asker: Asker, bot: Bot): Response | null {
  if (intent.kind === "unknown") return null;
  if (
    bot.watchOnly &&
    (intent.kind === "remediate" || intent.kind === "rollback" || intent.kind === "approve")
  ) {
    return privately(
      refusalCard(
        "I only watch",
        "SMARTCLOUDOPS_WATCH_ONLY is true: nothing is proposed and nothing can be approved.",
      ),
    );
  }
  // An approval or denial without an id only lists what waits; the decision itself is checked (and audited) by the core.
  if (intent.kind === "approve" || intent.kind === "deny") return null;
  const { role } = commands[intent.kind];
  if (role === "viewer" || atLeast(asker.person.role, role)) return null;
  const verb: Verb =
    intent.kind === "feedback" ? "give feedback" : intent.kind in verbs ? (intent.kind as Verb) : "propose";
  const allowed = may(asker.person, verb, bot.core.policy);
  const text = allowed.ok ? `The policy asks for the role ${role}.` : allowed.message;
  return privately(refusalCard("You may not do that", text));
}

/** Who was refused what, and about which incident, plan or target: tried rights are part of the record. */
export async function recordRefusal(
  intent: Intent,
  asker: Asker,
  reason: "not_allowed" | "too_many",
  bot: Bot,
): Promise<void> {
  const { id = null, target = null } = { ...intent } as { id?: string; target?: string };
  const note = {
    actor: asker.person.id,
    verb: `refused ${intent.kind.replaceAll("_", " ")}`,
    subject: id ?? target ?? "bot",
    detail: { surface: asker.surface, reason },
  };
  await bot.core.store.transaction((trx) => appendAudit(trx, note, bot.core));
}

function unreachable(intent: never): never {
  throw new Error(`no answer for ${JSON.stringify(intent)}`);
}
