import type { CommandKind } from "./commands.ts";
import { durationIn } from "./durations.ts";
import { idsIn } from "./ids.ts";
import type { Intent } from "./intent.ts";
import { metricIn } from "./metric-words.ts";
import { kindOfCommand } from "./parse-command.ts";
import { mayNameTarget, targetIn } from "./target-words.ts";
import { unitIn } from "./unit-words.ts";

const ruleBefore = /\b([a-z][\w-]*[-_][\w-]+) rule\b/u;
const ruleAfter = /\brule ([a-z][\w-]{1,60})\b/u;
const ruleNamed = /\b(?:back[ -]?test) (?:of )?(?:the )?([a-z][\w-]{1,60})\b/u;
const runbookAfter = /\b(?:run|play)-?book (?:for |called |named )?(?:the |a )?([a-z][\w-]{1,60})/u;
const runbookBefore = /\b([a-z][\w-]{1,60}) (?:run|play)-?book\b/u;
const metricPlace =
  /\b(?:charts?|graphs?|plots?|forecasts?)(?: (?:me|us|of|for|the|a|my|our))* ([^ ]{1,100}) (?:usage |use |rate |time |count )?(?:of|for|on|from|over|in|at|[^ ]*\d[^ ]*)(?= |$)/u;
const noName =
  /^(?:the|a|an|any|all|our|my|your|this|that|which|what|show|list|available|do|does|is|are|for|of|rule|rules|every|each|one|me|we|you|have|has|over|on|in|see|view|display|existing|current|there|with|and|or|to|it|would|use|run|right|new|no|name|names|work|works|mean)$/u;

const lastOne =
  /\b(?:last|latest|newest|most recent) (plan|proposal|change|action|approval|denial|decision|remedy|remediation|fix|run|operation|reboot|restart|stop|start|scale|scaling|resize|cleanup|clean-up|rollback|drill|practice)\b/u;
const decisions = [
  ["approve", /\bapprov/u],
  ["deny", /\b(?:den(?:y|ied|ial)|reject|refus|decline)/u],
  ["cancel", /\b(?:cancel|withdr)/u],
] as const;

/** A kind with the slots that lower-case words hold. Kinds that decide get no id: a guess may not name a plan. */
export function intentOf(kind: CommandKind, words: string, cleaned: string): Intent {
  const target = targetIn(words);
  const ids = idsIn(words, "inc");
  const id = ids[0];
  const incident = ids.find((found) => found.startsWith("inc-"));
  const [metric, window] = [metricIn(words), durationIn(words)];
  switch (kind) {
    case "approve":
    case "deny":
    case "cancel":
    case "resume":
    case "pause":
    case "conclude":
      return { kind };
    case "promql":
      return { kind: "help", topic: "promql" };
    case "ask":
      return filled({ kind, question: cleaned }, { target, id });
    case "help":
      return filled({ kind }, { topic: topicIn(words) });
    case "status":
      return filled({ kind }, { target, metric: target === undefined ? undefined : metric });
    case "anomaly_check":
      return filled({ kind }, { target, metric, window });
    case "chart":
      return filled({ kind }, { target, metric: metric ?? unknownMetric(words, target), window });
    case "forecast":
      return filled({ kind }, { target, metric: metric ?? unknownMetric(words, target), horizon: window });
    case "explain":
    case "rollback":
      return filled({ kind }, { target, id });
    case "history":
      return filled({ kind }, { target, id, window, ...lastAsked(words) });
    case "summary":
      return filled({ kind }, { window });
    case "logs":
      return filled({ kind }, { target, unit: unitIn(words) });
    case "failure_risk":
    case "model_status":
    case "train":
      return filled({ kind }, { target });
    case "incidents":
    case "acknowledge":
    case "resolve":
    case "remediate":
      return filled({ kind }, { target, id: incident });
    case "silence":
      return filled({ kind }, { target, id: incident, duration: window });
    case "autonomy":
      return { kind };
    case "break_glass":
      return { kind };
    case "feedback":
    case "escalate":
      return filled({ kind }, { id: incident });
    case "backtest":
      return filled({ kind }, { rule: named(words, [ruleAfter, ruleBefore, ruleNamed]), window });
    case "runbooks":
      return filled({ kind }, { runbook: named(words, [runbookBefore, runbookAfter]) });
  }
}

function filled<Kind extends Intent>(intent: Kind, slots: Record<string, string | undefined>): Intent {
  const given = Object.entries(slots).filter(([, value]) => value !== undefined);
  return Object.assign({ ...intent }, Object.fromEntries(given));
}

/** "who approved the last reboot" asks about one plan; "the last reboots" about many. */
function lastAsked(words: string): { last?: string; decision?: string } {
  const last = lastOne.exec(words)?.[1];
  if (last === undefined) return {};
  const decision = decisions.find(([, said]) => said.test(words))?.[0];
  return decision === undefined ? { last } : { last, decision };
}

/** "graph nonsense of web-1" asks for "nonsense", which is refused, and not for the usual metric. */
function unknownMetric(words: string, target: string | undefined): string | undefined {
  const word = metricPlace.exec(words)?.[1];
  return word !== undefined && word !== target && mayNameTarget(word) ? word : undefined;
}

function named(words: string, patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    const name = pattern.exec(words)?.[1];
    if (name !== undefined && !noName.test(name)) return name;
  }
  return undefined;
}

function topicIn(words: string): string | undefined {
  const found = /\bhelp (?:me )?(?:with|on|about|for) (?:the )?([a-z-]+)/u.exec(words)?.[1];
  return found === undefined ? undefined : kindOfCommand(found);
}
