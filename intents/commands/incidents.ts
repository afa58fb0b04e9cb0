import type { Command, CommandKind } from "../commands.ts";
import { operate, read } from "./rights.ts";

/** What people do with incidents. */
export const incidentsCommands = {
  incidents: {
    group: "incidents",
    syntax: "incidents [TARGET|inc-N]",
    meaning: "open incidents, or one of them",
    examples: ["what's on fire", "show active alerts"],
    ...read,
  },
  acknowledge: {
    group: "incidents",
    syntax: "ack inc-N|TARGET",
    meaning: "say that you are on it",
    examples: ["taking inc-3", "ack inc-3"],
    ...operate,
  },
  silence: {
    group: "incidents",
    syntax: "silence inc-N|TARGET [DURATION]",
    meaning: 'no more messages for a while; "unsilence inc-N" ends it',
    examples: ["mute web-1 for 2h", "snooze inc-3 for an hour"],
    ...operate,
  },
  resolve: {
    group: "incidents",
    syntax: "resolve inc-N|TARGET [because REASON]",
    meaning: "close an incident",
    examples: ["close inc-8", "mark inc-8 as resolved"],
    ...operate,
  },
  escalate: {
    group: "incidents",
    syntax: "escalate [inc-N|plan-N]",
    meaning: "ask the people on call at once (exact command or button only)",
    examples: ["escalate inc-12", "page the next person"],
    ...operate,
  },
  feedback: {
    group: "incidents",
    syntax: "feedback inc-N [problem|not-a-problem|new-normal] [because REASON]",
    meaning: "say whether it was a problem, or is what is usual now (exact command or button only)",
    examples: ["not a problem inc-12", "it was real inc-12"],
    ...operate,
  },
} satisfies Partial<Record<CommandKind, Command>>;
