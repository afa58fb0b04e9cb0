import type { Arguments, ArgumentShape } from "./command-arguments.ts";
import { placeOfDuration, placeOfMetric, readArguments } from "./command-arguments.ts";
import { takeTime } from "./command-time.ts";
import { acts, commands } from "./commands.ts";
import type { CommandKind } from "./commands.ts";
import { exactSentence } from "./exact-sentences.ts";
import { helpFor } from "./help-topics.ts";
import type { Intent } from "./intent.ts";
import { surelyNamesTarget } from "./target-words.ts";

type Form = {
  takes: readonly ArgumentShape[];
  /** The first word is a metric even when it is no known one, so that it is refused and not replaced. */
  metricFirst?: true;
  means: (given: Arguments) => Intent | null;
};

/** A command's word with what follows it; `left` are the words that fit nothing. */
export type CommandReading = {
  word: string;
  given: Arguments;
  left: string[];
  means: (given: Arguments) => Intent | null;
};

const idOf = (given: Arguments) => given.incident ?? given.plan;

/** The kinds by their command's word and its short forms. */
const forms: ReadonlyMap<string, Form> = new Map(
  Object.entries({
    status: {
      takes: ["metric", "target"],
      means: (given) => only("status", { target: given.target, metric: given.metric }),
    },
    check: {
      takes: ["metric", "duration", "target"],
      means: (given) =>
        only("anomaly_check", { target: given.target, metric: given.metric, window: given.duration }),
    },
    explain: {
      takes: ["incident", "plan", "target"],
      means: (given) => only("explain", { target: given.target, id: idOf(given) }),
    },
    chart: {
      takes: ["metric", "duration", "target"],
      metricFirst: true,
      means: (given) => only("chart", { target: given.target, metric: given.metric, window: given.duration }),
    },
    logs: {
      takes: ["service", "target"],
      means: (given) => only("logs", { target: given.target, unit: given.service }),
    },
    history: {
      takes: ["incident", "plan", "duration", "target"],
      means: (given) => only("history", { target: given.target, id: idOf(given), window: given.duration }),
    },
    summary: { takes: ["duration"], means: (given) => only("summary", { window: given.duration }) },
    forecast: {
      takes: ["metric", "duration", "target"],
      metricFirst: true,
      means: (given) =>
        only("forecast", { target: given.target, metric: given.metric, horizon: given.duration }),
    },
    risk: { takes: ["target"], means: (given) => only("failure_risk", { target: given.target }) },
    incidents: {
      takes: ["incident", "target"],
      means: (given) => only("incidents", { target: given.target, id: given.incident }),
    },
    ack: {
      takes: ["incident", "target"],
      means: (given) => only("acknowledge", { target: given.target, id: given.incident }),
    },
    silence: {
      takes: ["incident", "duration", "target"],
      means: (given) =>
        only("silence", { target: given.target, id: given.incident, duration: given.duration }),
    },
    unsilence: {
      takes: ["incident", "target"],
      means: (given) => only("silence", { target: given.target, id: given.incident, over: true }),
    },
    resolve: {
      takes: ["incident", "target", "reason"],
      means: (given) => only("resolve", { target: given.target, id: given.incident, reason: given.reason }),
    },
    escalate: { takes: ["incident", "plan"], means: (given) => only("escalate", { id: idOf(given) }) },
    feedback: {
      takes: ["incident", "opinion", "reason"],
      means: (given) =>
        only("feedback", {
          id: given.incident,
          verdict: given.opinion === "not_a_problem" ? undefined : given.opinion,
          reason: given.reason,
        }),
    },
    remediate: { takes: ["incident", "params", "target", "runbook", "reason"], means: remediation },
    cancel: {
      takes: ["plan", "reason"],
      means: (given) => only("cancel", { id: given.plan, reason: given.reason }),
    },
    rollback: {
      takes: ["plan", "target"],
      means: (given) => only("rollback", { target: given.target, id: given.plan }),
    },
    runbooks: { takes: ["runbook"], means: (given) => only("runbooks", { runbook: given.runbook }) },
    approve: {
      takes: ["plan", "digest"],
      means: (given) =>
        given.digest !== undefined && given.plan === undefined
          ? null
          : only("approve", { id: given.plan, digest: given.digest }),
    },
    deny: {
      takes: ["plan", "digest", "reason"],
      means: (given) => only("deny", { id: given.plan, digest: given.digest, reason: given.reason }),
    },
    train: {
      takes: ["version", "target"],
      means: (given) => only("train", { target: given.target, version: given.version }),
    },
    model: { takes: ["target"], means: (given) => only("model_status", { target: given.target }) },
    backtest: {
      takes: ["duration", "rule"],
      means: (given) => only("backtest", { rule: given.rule, window: given.duration }),
    },
    autonomy: { takes: [], means: () => ({ kind: "autonomy" }) },
    pause: { takes: ["reason"], means: (given) => only("pause", { reason: given.reason }) },
    resume: { takes: ["reason"], means: (given) => only("resume", { reason: given.reason }) },
  } satisfies Record<string, Form>),
);

const shortForms: ReadonlyMap<string, string> = new Map([
  ["anomaly", "check"],
  ["anomalies", "check"],
  ["why", "explain"],
  ["graph", "chart"],
  ["plot", "chart"],
  ["tail", "logs"],
  ["log", "logs"],
  ["audit", "history"],
  ["handover", "summary"],
  ["alerts", "incidents"],
  ["incident", "incidents"],
  ["acknowledge", "ack"],
  ["mute", "silence"],
  ["unmute", "unsilence"],
  ["unsnooze", "unsilence"],
  ["close", "resolve"],
  ["fix", "remediate"],
  ["playbooks", "runbooks"],
  ["runbook", "runbooks"],
  ["reject", "deny"],
  ["retrain", "train"],
  ["models", "model"],
  ["freeze", "pause"],
  ["unfreeze", "resume"],
  ["undo", "rollback"],
  ["failure-risk", "risk"],
]);

/** What an order for later may begin with. */
const canWait = new Set(["remediate", "fix", "drill", "practice", "practise"]);

/**
 * Reads an exact command, as the help card writes it: "check web-1 1h", "deny plan-17 because ...". Null when the text
 * is none, that is when its first word is no command or anything that follows does not fit. A question mark makes
 * a question of every command.
 */
export function parseCommand(cleaned: string): Intent | null {
  const typed = cleaned.split(/\s+/u).filter((word) => word !== "");
  const first = (typed[0] ?? "").toLowerCase();
  const rest = cleaned.slice((typed[0] ?? "").length).trim();
  if (first === "promql")
    return rest === "" ? { kind: "help", topic: "promql" } : { kind: "promql", expr: bare(rest) };
  if (first === "ask" && rest !== "") return { kind: "ask", question: rest };
  if (first === "help") return helpFor(typed.slice(1).join(" ").toLowerCase(), kindOfCommand);
  const timed = canWait.has(first) ? takeTime(typed) : null;
  const sentence = exactSentence(timed === null ? cleaned : timed.typed.join(" "));
  if (sentence !== null)
    return timed === null || sentence.kind !== "remediate" ? sentence : { ...sentence, when: timed.when };
  const read = cleaned.endsWith("?") ? null : readCommand(timed?.typed ?? typed);
  if (read === null || read.left.length > 0) return null;
  const meant = read.means(read.given);
  const intent = meant?.kind === "remediate" && timed !== null ? { ...meant, when: timed.when } : meant;
  // "close enough" and "fix later" begin like a short form too.
  const { target } = read.given;
  const isEveryday = shortForms.has(first) && target !== undefined && !surelyNamesTarget(target);
  return intent !== null && isEveryday && acts(intent.kind) ? null : intent;
}

/** Reads the words of a command as far as they fit, or answers null when the first is no command's. */
export function readCommand(typed: readonly string[]): CommandReading | null {
  const first = (typed[0] ?? "").toLowerCase();
  const word = shortForms.get(first) ?? first;
  const form = forms.get(word);
  if (form === undefined) return null;
  const following = typed.slice(1);
  const { takes, means } = form;
  const metric = form.metricFirst ? placeOfMetric(following) : undefined;
  if (metric !== undefined) {
    const read = placeOfDuration(readArguments(following.slice(1), takes, { metric }), takes);
    if (read.left.length === 0) return { word, ...read, means };
  }
  return { word, ...placeOfDuration(readArguments(following, takes), takes), means };
}

/** The kind that a command's word, its short form or the kind's own name stands for, or undefined. */
export function kindOfCommand(word: string): CommandKind | undefined {
  const asked = word.toLowerCase();
  if (Object.hasOwn(commands, asked)) return asked as CommandKind;
  const long = shortForms.get(asked) ?? asked;
  const kinds = Object.keys(commands) as CommandKind[];
  return kinds.find((kind) => commands[kind].syntax.split(" ", 1)[0] === long);
}

/** Every first word of an exact command. */
export function commandWords(): string[] {
  const words = Object.values(commands).map((command) => command.syntax.split(" ", 1)[0] ?? "");
  return [...new Set([...words, ...shortForms.keys(), "unsilence"])];
}

function remediation(given: Arguments): Intent | null {
  if (given.target !== undefined && given.incident !== undefined && given.runbook !== undefined) return null;
  // After "inc-14" the next word is the runbook, not a second subject.
  const runbook = given.runbook ?? (given.incident === undefined ? undefined : given.target);
  const target = given.incident === undefined ? given.target : undefined;
  return only("remediate", {
    target,
    id: given.incident,
    runbook,
    params: given.params,
    reason: given.reason,
  });
}

/** An intent with the slots that were given. */
function only<Kind extends CommandKind>(kind: Kind, slots: Record<string, unknown>): Intent {
  const given = Object.entries(slots).filter(([, value]) => value !== undefined);
  return { kind, ...Object.fromEntries(given) } as Intent;
}

/** PromQL is often sent as code. */
function bare(expression: string): string {
  return expression.replace(/^`+|`+$/gu, "").trim();
}
