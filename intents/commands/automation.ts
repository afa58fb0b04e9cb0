import type { Command, CommandKind } from "../commands.ts";
import { decide, operate, read } from "./rights.ts";

/** Stopping it, and letting it act alone. */
export const automationCommands = {
  pause: {
    group: "automation",
    syntax: "pause [because REASON]",
    meaning: "the kill switch: nothing runs until resumed",
    examples: ["hit the kill switch", "freeze all automation"],
    ...operate,
  },
  resume: {
    group: "automation",
    syntax: "resume [because REASON]",
    meaning: "release the kill switch",
    examples: ["unfreeze", "turn automation back on"],
    ...decide,
  },
  autonomy: {
    group: "automation",
    syntax: "autonomy [on|off|promote RULE|demote RULE|release TARGET|ACTION]",
    meaning: "what rules may decide alone, and what waits for a person (exact command or button only)",
    examples: ["autonomy promote memory-leak", "autonomy release web-1"],
    ...read,
    acts: true,
  },
} satisfies Partial<Record<CommandKind, Command>>;
