import type { Command, CommandKind } from "../commands.ts";
import { decide, operate } from "./rights.ts";

/** What decides about plans, exact command or button only. */
export const decideCommands = {
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
} satisfies Partial<Record<CommandKind, Command>>;
