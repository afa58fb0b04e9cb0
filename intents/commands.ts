import type { IntentKind } from "./intent.ts";

export type Role = "viewer" | "operator" | "approver" | "admin";

/** What a kind of intent is about: the lines of the help card, in this order. */
export const groups = [
  "look",
  "ahead",
  "incidents",
  "remedies",
  "decide",
  "models",
  "automation",
  "talk",
] as const;

export type Command = {
  group: (typeof groups)[number];
  /** The exact command. Words in capitals are to be filled in, brackets are optional, a bar separates choices. */
  syntax: string;
  /** One line for the help card. */
  meaning: string;
  /** In the words people use; each is understood as this kind. */
  examples: readonly [string, string];
  /** The least role that may ask for it. */
  role: Role;
  /** Whether it changes something: only an order that was understood word by word becomes such a kind. */
  acts: boolean;
  /** What is missing while the engine behind the kind is not here yet, or null. A sentence for the person. */
  arrives: string | null;
};

export type CommandKind = Exclude<IntentKind, "unknown">;

const read = { role: "viewer", acts: false, arrives: null } as const;
const operate = { role: "operator", acts: true, arrives: null } as const;
const decide = { role: "approver", acts: true, arrives: null } as const;

/** Everything that can be asked, in the order of the help card. */
export const commands: Readonly<Record<CommandKind, Command>> = {
  status: {
    group: "look",
    syntax: "status [TARGET]",
    meaning: "how all targets are, or one of them",
    examples: ["is web-1 healthy?", "how are things"],
    ...read,
  },
  anomaly_check: {
    group: "look",
    syntax: "check [TARGET] [WINDOW]",
    meaning: "whether anything is unusual",
    examples: ["anything weird on web-2 in the last hour", "check for anomalies"],
    ...read,
  },
  explain: {
    group: "look",
    syntax: "explain TARGET|inc-N|plan-N",
    meaning: "what looks wrong and which metrics say so",
    examples: ["why is web-1 flagged", "root cause of inc-19"],
    ...read,
  },
  chart: {
    group: "look",
    syntax: "chart METRIC [TARGET] [WINDOW]",
    meaning: "a picture of a metric with its usual band",
    examples: ["graph cpu of web-1 over 3h", "plot memory on web-2"],
    ...read,
  },
  logs: {
    group: "look",
    syntax: "logs [[UNIT on] TARGET]",
    meaning:
      "the last log lines of a target's service, or of a unit you name; without a target, the bot's own",
    examples: ["tail nginx on web-1", "show me your logs"],
    ...read,
    role: "operator",
  },
  promql: {
    group: "look",
    syntax: "promql EXPRESSION",
    meaning: "the answer to a PromQL expression",
    examples: ["promql up", "promql rate(node_disk_io_time_seconds_total[5m])"],
    ...read,
  },
  history: {
    group: "look",
    syntax: "history [TARGET|inc-N|plan-N] [WINDOW]",
    meaning: "who did what, and when",
    examples: ["who approved the last reboot", "did anyone approve plan-9"],
    ...read,
  },
  summary: {
    group: "look",
    syntax: "summary [WINDOW]",
    meaning: "what happened, for whoever takes over",
    examples: ["what did I miss overnight", "handover for the next shift"],
    ...read,
  },
  forecast: {
    group: "ahead",
    syntax: "forecast METRIC [TARGET] [HORIZON]",
    meaning: "when a metric will reach its limit",
    examples: ["when will the disk fill up on web-1", "forecast memory web-1 24h"],
    ...read,
    arrives: "Forecasts are not built yet.",
  },
  failure_risk: {
    group: "ahead",
    syntax: "risk [TARGET]",
    meaning: "which target is most likely to fail",
    examples: ["which box is most likely to die next", "how likely is web-1 to crash"],
    ...read,
    arrives: "Failure risk is not built yet.",
  },
  incidents: {
    group: "incidents",
    syntax: "incidents [TARGET|inc-N]",
    meaning: "open incidents, or one of them",
    examples: ["what's on fire", "show active alerts"],
    ...read,
  },
  acknowledge: {
    group: "incidents",
    syntax: "ack inc-N|TARGET",
    meaning: "say that you are on it",
    examples: ["taking inc-3", "ack inc-3"],
    ...operate,
  },
  silence: {
    group: "incidents",
    syntax: "silence inc-N|TARGET [DURATION]",
    meaning: 'no more messages for a while; "unsilence inc-N" ends it',
    examples: ["mute web-1 for 2h", "snooze inc-3 for an hour"],
    ...operate,
  },
  resolve: {
    group: "incidents",
    syntax: "resolve inc-N|TARGET [because REASON]",
    meaning: "close an incident",
    examples: ["close inc-8", "mark inc-8 as resolved"],
    ...operate,
  },
  escalate: {
    group: "incidents",
    syntax: "escalate [inc-N|plan-N]",
    meaning: "ask the people on call at once (exact command or button only)",
    examples: ["escalate inc-12", "page the next person"],
    ...operate,
  },
  feedback: {
    group: "incidents",
    syntax: "feedback inc-N [problem|not-a-problem|new-normal] [because REASON]",
    meaning: "say whether it was a problem, or is what is usual now (exact command or button only)",
    examples: ["not a problem inc-12", "it was real inc-12"],
    ...operate,
  },
  remediate: {
    group: "remedies",
    syntax:
      "remediate TARGET|inc-N [RUNBOOK] [NAME=VALUE ...] [at HH:MM|between HH:MM and HH:MM|in DURATION|in the next maintenance window] [because REASON]",
    meaning:
      "propose a remedy, for now or later; it runs only after approval (drill approval: one that does nothing)",
    examples: ["restart nginx on web-1", "reboot web-1 tonight between 2 and 4"],
    ...operate,
  },
  cancel: {
    group: "remedies",
    syntax: "cancel plan-N [because REASON]",
    meaning: "withdraw a plan, or object to one that would run by itself",
    examples: ["stop plan-30", "object to plan-30"],
    ...operate,
  },
  rollback: {
    group: "remedies",
    syntax: "rollback [plan-N|TARGET]",
    meaning: "propose to undo a change",
    examples: ["undo the last change", "roll back plan-7"],
    ...operate,
  },
  runbooks: {
    group: "remedies",
    syntax: "runbooks [RUNBOOK]",
    meaning: "the remedies there are, or one in detail",
    examples: ["list playbooks", "what does the clean-disk runbook do"],
    ...read,
  },
  approve: {
    group: "decide",
    syntax: "approve [plan-N]",
    meaning: "let a plan run; without an id, what is waiting",
    examples: ["LGTM, run plan-22", "approve plan-17"],
    ...decide,
  },
  deny: {
    group: "decide",
    syntax: "deny [plan-N] [because REASON]",
    meaning: "refuse a plan; said again with a reason, it adds why",
    examples: ["do not approve plan-6", "deny plan-17 because traffic is high"],
    ...decide,
  },
  conclude: {
    group: "decide",
    syntax: "conclude plan-N happened|did-not-happen",
    meaning: "settle a plan that needs a person (exact command or button only)",
    examples: ["it rebooted plan-18", "it did not reboot plan-18"],
    ...decide,
  },
  break_glass: {
    group: "decide",
    syntax: "break glass: REASON | seal glass",
    meaning:
      "in an emergency: approve alone for 15 minutes, told to everybody; seal glass ends it (exact command only)",
    examples: ["break glass: the database is down", "seal glass"],
    ...operate,
  },
  train: {
    group: "models",
    syntax: "train [TARGET] [version N|previous]",
    meaning: "learn anew, or go back to an earlier model",
    examples: ["retrain", "retrain the model for web-1"],
    ...operate,
  },
  model_status: {
    group: "models",
    syntax: "model [TARGET]",
    meaning: "how good and how fresh the models are",
    examples: ["how good is the model", "when was the model last trained"],
    ...read,
  },
  backtest: {
    group: "models",
    syntax: "backtest RULE [WINDOW]",
    meaning: "what a rule would have done in the past",
    examples: ["backtest rule disk-fill 14d", "backtest memory-leak 30d"],
    ...read,
    role: "operator",
  },
  pause: {
    group: "automation",
    syntax: "pause [because REASON]",
    meaning: "the kill switch: nothing runs until resumed",
    examples: ["hit the kill switch", "freeze all automation"],
    ...operate,
  },
  resume: {
    group: "automation",
    syntax: "resume [because REASON]",
    meaning: "release the kill switch",
    examples: ["unfreeze", "turn automation back on"],
    ...decide,
  },
  autonomy: {
    group: "automation",
    syntax: "autonomy [on|off|promote RULE|demote RULE|release TARGET|ACTION]",
    meaning: "what rules may decide alone, and what waits for a person (exact command or button only)",
    examples: ["autonomy promote memory-leak", "autonomy release web-1"],
    ...read,
    acts: true,
  },
  help: {
    group: "talk",
    syntax: "help [COMMAND]",
    meaning: "what you can ask",
    examples: ["what can you do", "how do I silence an alert?"],
    ...read,
  },
  ask: {
    group: "talk",
    syntax: "ask QUESTION",
    meaning: "a general question for a language model",
    examples: ["ask what does load average mean", "what is a memory leak?"],
    ...read,
    arrives: "Answers by a language model are not built yet.",
  },
};

/** Whether a kind changes something, and therefore is never taken from a guess. */
export function acts(kind: IntentKind): boolean {
  return kind !== "unknown" && commands[kind].acts;
}
