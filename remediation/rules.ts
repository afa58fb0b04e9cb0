import { z } from "zod";
import type { Incident } from "./incident.ts";
import { findRunbook, type Runbook } from "./runbook.ts";
import { parseYamlFile } from "./yaml-file.ts";

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
  }),
  runbook: z.string().min(1),
  params: z.record(z.string(), z.string()).default({}),
});

const rulesSchema = z.strictObject({ rules: z.array(ruleSchema) }).superRefine(({ rules }, check) => {
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
});

/** Which remedy is proposed for which trouble; the first rule that matches wins. */
export type Rule = z.output<typeof ruleSchema>;

/** What a rule may name: the runbooks there are, and the metrics of the catalog by their names. */
export type KnownNames = { runbooks: readonly Runbook[]; metrics: readonly string[] };

/**
 * Reads a rules file; throws a DefinitionError naming file, line and column of everything that is wrong. With `known`, a
 * rule that can never work is wrong too: an unknown runbook or metric, a parameter that its runbook does not have.
 */
export function parseRules(text: string, file: string, known?: KnownNames): Rule[] {
  const schema =
    known === undefined
      ? rulesSchema
      : rulesSchema.superRefine(({ rules }, check) => {
          for (const [index, rule] of rules.entries())
            for (const { path, message } of strangersOf(rule, known))
              check.addIssue({ code: "custom", path: ["rules", index, ...path], message });
        });
  return parseYamlFile(text, file, schema).rules;
}

type Stranger = { path: (string | number)[]; message: string };

function strangersOf({ when, runbook: called, params }: Rule, known: KnownNames): Stranger[] {
  const lists = ["leading", "among", "usual"] as const;
  const metrics = lists.flatMap((list) =>
    (when[list] ?? []).flatMap((metric, index) =>
      known.metrics.includes(metric)
        ? []
        : [{ path: ["when", list, index], message: `no metric of the catalog is called "${metric}"` }],
    ),
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

/** The first rule for this incident on a target with these tags; null: nothing is proposed. */
export function matchRule(
  incident: Incident,
  target: { tags: Record<string, string> },
  rules: readonly Rule[],
): Rule | null {
  return rules.find((rule) => matches(rule.when, incident, target.tags)) ?? null;
}

/** The published JSON Schema (draft 2020-12) of rules files. */
export function rulesJsonSchema(): object {
  return z.toJSONSchema(rulesSchema, { io: "input" });
}

function matches(when: Rule["when"], incident: Incident, tags: Record<string, string>): boolean {
  if (when.cause && !incident.alerts.some((alert) => when.cause?.includes(alert.cause))) return false;
  if (when.severity && !when.severity.includes(incident.severity)) return false;
  for (const [key, value] of Object.entries(when.tags ?? {})) {
    if (!Object.hasOwn(tags, key) || tags[key] !== value) return false;
  }
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
