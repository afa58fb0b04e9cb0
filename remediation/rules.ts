import { z } from "zod";
import type { Incident } from "./incident.ts";
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

/** Reads a rules file; throws a DefinitionError naming file, line and column of everything that is wrong. */
export function parseRules(text: string, file: string): Rule[] {
  return parseYamlFile(text, file, rulesSchema).rules;
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
