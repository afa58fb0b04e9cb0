import { z } from "zod";
import type { Incident } from "./incident.ts";
import { findRunbook, type Runbook } from "./runbook.ts";
import { durationOf, parseYamlFile } from "./yaml-file.ts";
import { hasTags, hoursSchema, quietTimeSchema, type QuietTime } from "./windows.ts";

const metrics = z.array(z.string().min(1).max(100)).min(1);

const ruleSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "lower case letters, digits and dashes"),
  why: z.string().max(300).default("").describe("for the card: why this remedy"),
  when: z.strictObject({
    cause: z
      .array(z.enum(["anomaly", "alert", "predicted_breach", "failure_risk", "person"]))
      .min(1)
      .optional(),
    severity: z
      .array(z.enum(["info", "warning", "critical"]))
      .min(1)
      .optional(),
    leading: metrics.optional().describe("the metric that explains most is one of these"),
    among: metrics.optional().describe("one of these is among the metrics that explain it"),
    usual: metrics.optional().describe("none of these is among the metrics that explain it"),
    direction: z.enum(["above", "below"]).optional().describe("of the metric that matched"),
    tags: z.record(z.string(), z.string()).optional().describe("tags the target must have"),
    metric: z
      .strictObject({
        name: z.string().min(1).max(100).describe("of the catalog, or an alias"),
        above: z.number().optional(),
        below: z.number().optional(),
      })
      .refine(({ above, below }) => above !== undefined || below !== undefined, "say above or below what")
      .optional()
      .describe("its newest value, or with `for` every value of that time"),
    for: durationOf(z.string())
      .refine((ms) => ms >= 1_000 && ms <= 86_400_000, "from 1s to 1d")
      .optional()
      .describe("how long the metric's condition held, or without a metric how long the alert has fired"),
    hours: hoursSchema.optional().describe("only at this time of the day or week"),
  }),
  autonomy: z
    .enum(["suggest", "approve"], {
      error: "suggest or approve: veto and auto are earned by cures and granted with `autonomy promote RULE`",
    })
    .default("approve")
    .describe("suggest: it names the remedy and makes a plan only when somebody presses"),
  runbook: z.string().min(1),
  params: z.record(z.string(), z.string()).default({}),
});

const rulesFile = z.strictObject({
  rules: z.array(ruleSchema),
  maintenance: z.array(quietTimeSchema).default([]).describe("planned work: rules propose nothing meanwhile"),
  freezes: z.array(quietTimeSchema).default([]).describe("change freezes: rules change nothing meanwhile"),
});

const rulesSchema = rulesFile.superRefine(({ rules, maintenance, freezes }, check) => {
  const seen = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    if (seen.has(rule.name)) {
      check.addIssue({
        code: "custom",
        path: ["rules", index, "name"],
        message: `a second rule "${rule.name}"`,
      });
    }
    seen.add(rule.name);
  }
  for (const [list, quietTimes] of Object.entries({ maintenance, freezes }))
    for (const [index, { rules: named = [] }] of quietTimes.entries())
      for (const [at, name] of named.entries()) {
        if (seen.has(name)) continue;
        const path = [list, index, "rules", at];
        check.addIssue({ code: "custom", path, message: `there is no rule "${name}"` });
      }
});

/** Which remedy is proposed for which trouble; the first rule that matches wins. */
export type Rule = z.output<typeof ruleSchema>;

/** What a rule may name: the runbooks there are, and the metrics of the catalog by their names. */
type KnownNames = {
  runbooks: readonly Runbook[];
  metrics: readonly string[];
  /** The catalog's name of a metric by one of its other names; absent: rules may only use the names themselves. */
  metricNamed?: (alias: string) => string | null;
};

/** A rules file: the rules in their order, and when they keep quiet. */
export type RulesFile = { rules: Rule[]; quietTimes: QuietTime[] };

/** The rules of a rules file (see `parseRulesFile`). */
export function parseRules(text: string, file: string, known?: KnownNames): Rule[] {
  return parseRulesFile(text, file, known).rules;
}

/**
 * Reads a rules file; throws a DefinitionError naming file, line and column of everything that is wrong. With `known`, a
 * rule that can never work is wrong too: an unknown runbook or metric, a parameter that its runbook does not have.
 * Other names of metrics become the catalog's own.
 */
export function parseRulesFile(text: string, file: string, known?: KnownNames): RulesFile {
  const schema =
    known === undefined
      ? rulesSchema
      : rulesSchema.superRefine(({ rules }, check) => {
          for (const [index, rule] of rules.entries())
            for (const { path, message } of strangersOf(rule, known))
              check.addIssue({ code: "custom", path: ["rules", index, ...path], message });
        });
  const { rules, maintenance, freezes } = parseYamlFile(text, file, schema);
  return {
    rules: known === undefined ? rules : rules.map((rule) => withCatalogNames(rule, known)),
    quietTimes: [
      ...maintenance.map((each) => ({ ...each, kind: "maintenance" as const })),
      ...freezes.map((each) => ({ ...each, kind: "freeze" as const })),
    ],
  };
}

function catalogName(metric: string, known: KnownNames): string | null {
  return known.metrics.includes(metric) ? metric : (known.metricNamed?.(metric) ?? null);
}

function withCatalogNames(rule: Rule, known: KnownNames): Rule {
  const named = (metric: string) => catalogName(metric, known) ?? metric;
  const { leading, among, usual, metric } = rule.when;
  return {
    ...rule,
    when: {
      ...rule.when,
      ...(leading === undefined ? {} : { leading: leading.map(named) }),
      ...(among === undefined ? {} : { among: among.map(named) }),
      ...(usual === undefined ? {} : { usual: usual.map(named) }),
      ...(metric === undefined ? {} : { metric: { ...metric, name: named(metric.name) } }),
    },
  };
}

type Stranger = { path: (string | number)[]; message: string };

function strangersOf({ when, runbook: called, params }: Rule, known: KnownNames): Stranger[] {
  const lists = ["leading", "among", "usual"] as const;
  const used = [
    ...lists.flatMap((list) =>
      (when[list] ?? []).map((metric, index) => ({ metric, path: ["when", list, index] })),
    ),
    ...(when.metric === undefined ? [] : [{ metric: when.metric.name, path: ["when", "metric", "name"] }]),
  ];
  const metrics = used.flatMap(({ metric, path }) =>
    catalogName(metric, known) !== null
      ? []
      : [{ path, message: `no metric of the catalog is called "${metric}"` }],
  );
  const runbook = findRunbook(known.runbooks, called);
  if (runbook === null) {
    const names = known.runbooks.map(({ name }) => name).join(", ");
    return [
      ...metrics,
      { path: ["runbook"], message: `there is no runbook "${called}"; there are: ${names}` },
    ];
  }
  const accepted = Object.keys(runbook.params);
  const unknown = Object.keys(params).filter((name) => !accepted.includes(name));
  const takes = accepted.join(", ") || "none";
  return [
    ...metrics,
    ...unknown.map((name) => ({
      path: ["params", name],
      message: `${runbook.name} has no parameter "${name}"; it takes: ${takes}`,
    })),
  ];
}

/**
 * The first rule for this incident on a target with these tags, by what the incident says; null: none. Whether its
 * metric, duration and time of day hold too is for `chooseRule`.
 */
export function matchRule(
  incident: Incident,
  target: { tags: Record<string, string> },
  rules: readonly Rule[],
): Rule | null {
  return rules.find((rule) => matchesIncident(rule, incident, target.tags)) ?? null;
}

/** The published JSON Schema (draft 2020-12) of rules files. */
export function rulesJsonSchema(): object {
  return z.toJSONSchema(rulesSchema, { io: "input" });
}

/** Whether cause, severity, signals and tags are what a rule asks for. */
export function matchesIncident(
  { when }: Pick<Rule, "when">,
  incident: Incident,
  tags: Record<string, string>,
): boolean {
  if (when.cause && !incident.alerts.some((alert) => when.cause?.includes(alert.cause))) return false;
  if (when.severity && !when.severity.includes(incident.severity)) return false;
  if (!hasTags(tags, when.tags ?? {})) return false;
  if (incident.signals.some((signal) => when.usual?.includes(signal.metric))) return false;
  if (!when.leading && !when.among)
    return when.direction === undefined || incident.direction === when.direction;
  const leading = incident.signals[0];
  const candidates = [
    ...(leading && when.leading?.includes(leading.metric) ? [leading] : []),
    ...incident.signals.filter((signal) => when.among?.includes(signal.metric)),
  ];
  return candidates.some((signal) => when.direction === undefined || signal.direction === when.direction);
}
