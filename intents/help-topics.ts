import { groups } from "./commands.ts";
import type { CommandKind } from "./commands.ts";
import type { Intent } from "./intent.ts";

/** What people ask help about in another word than the command's. */
const topics: ReadonlyMap<string, CommandKind | (typeof groups)[number]> = new Map([
  ["scale", "remediate"],
  ["scaling", "remediate"],
  ["reboot", "remediate"],
  ["restart", "remediate"],
  ["start", "remediate"],
  ["stop", "remediate"],
  ["take out", "remediate"],
  ["put back", "remediate"],
  ["drill", "remediate"],
  ["drill approval", "remediate"],
  ["practice", "remediate"],
  ["later", "remediate"],
  ["remedy", "remedies"],
  ["approval", "decide"],
  ["approvals", "decide"],
  ["decisions", "decide"],
  ["looking", "look"],
  ["break glass", "break_glass"],
  ["break the glass", "break_glass"],
  ["emergency", "break_glass"],
  ["seal glass", "break_glass"],
  ["not a problem", "feedback"],
  ["rollback", "rollback"],
  ["kill switch", "automation"],
  ["limits", "talk"],
  ["rate limit", "talk"],
]);

/** What "help", "help decide" or "help break glass" asks for; null when the words name nothing there is help about. */
export function helpFor(
  asked: string,
  kindOfCommand: (word: string) => CommandKind | undefined,
): Intent | null {
  if (asked === "") return { kind: "help" };
  const isGroup = (groups as readonly string[]).includes(asked);
  const topic = isGroup ? asked : (topics.get(asked) ?? kindOfCommand(asked));
  return topic === undefined ? null : { kind: "help", topic };
}
