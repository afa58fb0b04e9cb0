import { automationCommands } from "./commands/automation.ts";
import { decideCommands } from "./commands/decide.ts";
import { incidentsCommands } from "./commands/incidents.ts";
import { lookCommands } from "./commands/look.ts";
import { modelsCommands } from "./commands/models.ts";
import { remediesCommands } from "./commands/remedies.ts";
import { talkCommands } from "./commands/talk.ts";
import type { IntentKind } from "./intent.ts";

export type Role = "viewer" | "operator" | "approver" | "admin";

/** What a kind of intent is about: the lines of the help card, in this order. */
export const groups = [
  "look",
  "ahead",
  "incidents",
  "remedies",
  "decide",
  "models",
  "automation",
  "talk",
] as const;

export type Command = {
  group: (typeof groups)[number];
  /** The exact command. Words in capitals are to be filled in, brackets are optional, a bar separates choices. */
  syntax: string;
  /** One line for the help card. */
  meaning: string;
  /** In the words people use; each is understood as this kind. */
  examples: readonly [string, string];
  /** The least role that may ask for it. */
  role: Role;
  /** Whether it changes something: only an order that was understood word by word becomes such a kind. */
  acts: boolean;
  /** What is missing while the engine behind the kind is not here yet, or null. A sentence for the person. */
  arrives: string | null;
};

export type CommandKind = Exclude<IntentKind, "unknown">;

/** Everything that can be asked, in the order of the help card. */
export const commands: Readonly<Record<CommandKind, Command>> = {
  ...lookCommands,
  ...incidentsCommands,
  ...remediesCommands,
  ...decideCommands,
  ...modelsCommands,
  ...automationCommands,
  ...talkCommands,
};

/** Whether a kind changes something, and therefore is never taken from a guess. */
export function acts(kind: IntentKind): boolean {
  return kind !== "unknown" && commands[kind].acts;
}
