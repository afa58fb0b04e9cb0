import type { Command, CommandKind } from "../commands.ts";
import { read } from "./rights.ts";

/** Talking about talking. */
export const talkCommands = {
  help: {
    group: "talk",
    syntax: "help [COMMAND]",
    meaning: "what you can ask",
    examples: ["what can you do", "how do I silence an alert?"],
    ...read,
  },
  ask: {
    group: "talk",
    syntax: "ask QUESTION",
    meaning: "a general question for a language model",
    examples: ["ask what does load average mean", "what is a memory leak?"],
    ...read,
    arrives: "Answers by a language model are not built yet.",
  },
} satisfies Partial<Record<CommandKind, Command>>;
