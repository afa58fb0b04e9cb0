import type { Intent } from "../../intents/intent.ts";
import { cloudFailure, type GroupView } from "../../remediation/cloud.ts";
import { type Bot, privately, type Response } from "../bot.ts";
import { refusalCard } from "../cards/refusals.ts";
import { list } from "../format.ts";
import { pickTargets } from "./pick-target.ts";

type Remediate = Extract<Intent, { kind: "remediate" }>;
type Meant = { ok: true; target: string; params: Record<string, string> } | { ok: false; response: Response };

const groupTag = "aws:autoscaling:groupName";

/**
 * What "scale web to 4", "by 2" or "up" means: one member of the one Auto Scaling group that is named (by itself, by a
 * member, a role or a service), and the capacity counted from what the group has now.
 */
export async function whatToScale(intent: Remediate, bot: Bot): Promise<Meant> {
  const { to, by, direction, ...others } = intent.params ?? {};
  const member = memberOf(intent, bot);
  if (!member.ok) return member;
  const group = await readGroup(member.group, bot);
  if (group === null)
    return no(`I cannot see the Auto Scaling group ${member.group} now; try again in a minute.`);
  const capacity = to ?? capacityFrom(group, by, direction);
  if (capacity === null)
    return no(
      `Say how many members ${group.name} should have: "scale ${member.group} to ${group.desired + 1}".`,
    );
  return { ok: true, target: member.name, params: { ...others, to: capacity } };
}

function memberOf(
  intent: Remediate,
  bot: Bot,
): { ok: true; name: string; group: string } | { ok: false; response: Response } {
  const wanted = intent.target?.trim().toLowerCase();
  const ofGroup = bot.targets().filter(({ tags }) => tags[groupTag]?.toLowerCase() === wanted);
  const picked = ofGroup.length > 0 ? { ok: true as const, targets: ofGroup } : pickTargets(intent, bot);
  if (!picked.ok) return picked;
  const groups = [...new Set(picked.targets.flatMap(({ tags }) => tags[groupTag] ?? []))];
  const [group, ...more] = groups;
  const member = picked.targets.find(({ tags }) => tags[groupTag] === group);
  if (group === undefined || member === undefined) {
    const named = list(picked.targets.slice(0, 3).map(({ name }) => name));
    return no(`${named} belongs to no Auto Scaling group, and only such a group can be scaled.`);
  }
  if (more.length > 0) return no(`That is several groups: ${list(groups)}. Name one of them.`);
  return { ok: true, name: member.name, group };
}

/** Null: Auto Scaling does not know it, or does not answer. */
async function readGroup(name: string, bot: Bot): Promise<GroupView | null> {
  try {
    return await bot.core.cloud.group(name);
  } catch (error) {
    bot.core.log({ level: "warn", event: "group not read", message: cloudFailure(error).message });
    return null;
  }
}

function capacityFrom({ desired }: GroupView, by?: string, direction?: string): string | null {
  const change =
    by !== undefined ? Number(by) : direction === "up" ? 1 : direction === "down" ? -1 : Number.NaN;
  return Number.isInteger(change) ? String(Math.max(0, desired + change)) : null;
}

function no(message: string): { ok: false; response: Response } {
  return { ok: false, response: privately(refusalCard("Nothing was proposed", message)) };
}
