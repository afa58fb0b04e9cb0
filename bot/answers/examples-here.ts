import { listIncidents } from "../../remediation/incident.ts";
import { listPlans } from "../../remediation/plans.ts";
import type { Bot } from "../bot.ts";

/** What the examples of the help may name, as far as it is here: an example that can be tried teaches more. */
export type Here = {
  targets: readonly string[];
  service: string | null;
  incident: string | null;
  plan: string | null;
  rules: readonly string[];
};

/** What this installation has: its first targets (those with a service first), its newest incident and plan, its rules. */
export async function readHere(bot: Pick<Bot, "targets" | "core">): Promise<Here> {
  const served = (tags: Record<string, string>) => Number(tags.service !== undefined);
  const targets = [...bot.targets()].sort((one, other) => served(other.tags) - served(one.tags)).slice(0, 2);
  const [incident] = await listIncidents({ unresolvedOnly: false, limit: 1 }, bot.core);
  const [plan] = await listPlans({ limit: 1 }, bot.core);
  return {
    targets: targets.map(({ name }) => name),
    service: targets[0]?.tags.service ?? null,
    incident: incident?.id ?? null,
    plan: plan?.id ?? null,
    rules: bot.core.rules.map(({ name }) => name),
  };
}

/** An example of the help with the names of this installation: exampleHere("reboot web-1", here) // => "reboot shop-a" */
export function exampleHere(example: string, here: Here): string {
  const [first, second = first] = here.targets;
  const [rule] = here.rules;
  const hasRule = (name: string) => here.rules.includes(name);
  return example
    .replace(/\bweb-\d+\b/g, (name) => (name === "web-1" ? first : second) ?? "TARGET")
    .replace(/\bnginx\b/g, here.service ?? "nginx")
    .replace(/\binc-\d+\b/g, here.incident ?? "inc-N")
    .replace(/\bplan-\d+\b/g, here.plan ?? "plan-N")
    .replace(/\b(?:disk-fill|memory-leak)\b/g, (name) => (hasRule(name) ? name : (rule ?? "RULE")));
}
