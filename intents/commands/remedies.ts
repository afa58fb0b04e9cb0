import type { Command, CommandKind } from "../commands.ts";
import { operate, read } from "./rights.ts";

/** Plans: proposing, taking back, and what there is to propose. */
export const remediesCommands = {
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
} satisfies Partial<Record<CommandKind, Command>>;
