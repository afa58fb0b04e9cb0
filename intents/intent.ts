/**
 * Everything a person can mean, as a closed union. Text, buttons and the HTTP API all become one of these;
 * `respond` answers them. Slots hold what was said: a target is the text as typed in lower case, resolved later
 * against the inventory; a metric is a catalog name where the word is known, else as typed; windows, horizons and
 * durations are in Prometheus syntax ("30m", "2h", "1h30m"), else as typed ("0s"), to be refused with the format; ids
 * are `inc-N` and `plan-N`. A slot that was not said is absent. `approve` and `deny` without an id decide nothing: they list what is waiting.
 */
export type Intent =
  | { kind: "help"; topic?: string }
  | { kind: "status"; target?: string; metric?: string }
  | { kind: "anomaly_check"; target?: string; metric?: string; window?: string }
  | { kind: "explain"; target?: string; id?: string }
  | { kind: "forecast"; target?: string; metric?: string; horizon?: string }
  | { kind: "failure_risk"; target?: string }
  | { kind: "incidents"; target?: string; id?: string }
  | { kind: "acknowledge"; target?: string; id?: string }
  | {
      kind: "silence";
      target?: string;
      id?: string;
      duration?: string;
      /** The silence is over: messages come again. */
      over?: true;
    }
  | { kind: "resolve"; target?: string; id?: string; reason?: string }
  | {
      kind: "remediate";
      target?: string;
      id?: string;
      runbook?: string;
      params?: Record<string, string>;
      /** When it may begin, once approved: "02:00", "02:00-04:00", with "today " or "tomorrow " before it, "in 10m", "maintenance", or as typed. */
      when?: string;
      reason?: string;
    }
  | { kind: "approve"; id?: string; digest?: string }
  | { kind: "deny"; id?: string; digest?: string; reason?: string }
  | { kind: "cancel"; id?: string; reason?: string }
  | { kind: "rollback"; target?: string; id?: string }
  | {
      kind: "history";
      target?: string;
      id?: string;
      window?: string;
      /** Only the last of a kind is asked about, in the word that was said: "reboot", "change". */
      last?: string;
      /** Of those, the last that somebody decided so. */
      decision?: "approve" | "deny" | "cancel";
    }
  /** `unit` is the log that was named ("nginx"); absent: the target's own service. */
  | { kind: "logs"; target?: string; unit?: string }
  | { kind: "chart"; target?: string; metric?: string; window?: string }
  | { kind: "promql"; expr: string }
  | { kind: "train"; target?: string; version?: string }
  | { kind: "model_status"; target?: string }
  | { kind: "backtest"; rule?: string; window?: string }
  | { kind: "summary"; window?: string }
  | { kind: "runbooks"; runbook?: string }
  | { kind: "pause"; reason?: string }
  | { kind: "resume"; reason?: string }
  | {
      kind: "feedback";
      /** `inc-N`, or `threshold-N` together with `accept`. */
      id?: string;
      /** Absent: it was not a problem. */
      verdict?: "problem" | "new_normal";
      /** Whether a proposed threshold is accepted or left as it is. */
      accept?: boolean;
      reason?: string;
    }
  | { kind: "conclude"; id?: string; outcome?: "happened" | "did_not_happen" }
  | { kind: "escalate"; id?: string }
  /** An emergency in which one person approves alone; `end` closes it early. Only an exact command becomes this. */
  | { kind: "break_glass"; reason?: string; end?: true }
  | {
      kind: "autonomy";
      /** Absent: show it. `release` ends a quarantine or closes a breaker. */
      change?: "on" | "off" | "promote" | "demote" | "release";
      /** A rule's name; of `release` a target or an action. */
      subject?: string;
    }
  | { kind: "ask"; question: string; target?: string; id?: string }
  | { kind: "unknown"; text: string; because?: WhyUnknown };

export type IntentKind = Intent["kind"];

/**
 * Why nothing was understood: the text is over the limit; it names an action without ordering it (a negation, a
 * question, a quotation, a condition); it orders something for a time that was not understood; it orders several things
 * at once; it asks about several targets; or it is a command with words that fit nothing. Absent: nothing known was
 * recognised.
 */
export type WhyUnknown =
  "too_long" | "not_an_order" | "unclear_time" | "several_orders" | "several_targets" | "surplus_words";

/**
 * What the understanding made of a text. `confidence` is 0..1, higher is surer; a command is always 1. A kind that
 * changes something (`acts` in commands.ts) is never understood below 0.75.
 */
export type Understood = {
  intent: Intent;
  confidence: number;
  source: "command" | "classifier" | "llm" | "button";
  /** Other readings worth offering as buttons when the confidence is low, best first. */
  alternatives: Intent[];
};
