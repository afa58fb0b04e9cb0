import type { Command, CommandKind } from "../commands.ts";
import { read } from "./rights.ts";

/** Looking at what is, was and may come. */
export const lookCommands = {
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
} satisfies Partial<Record<CommandKind, Command>>;
