import { type Command, type CommandKind, commands, groups } from "../../intents/commands.ts";
import type { Intent, WhyUnknown } from "../../intents/intent.ts";
import { atLeast, may } from "../../remediation/people.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { type CardDraft, draft } from "../card.ts";
import { notBuiltCard } from "../cards/refusals.ts";
import { footer, wallClock } from "../cards/scene.ts";
import { exampleHere, type Here, readHere } from "./examples-here.ts";

const groupTitles: Record<(typeof groups)[number], string> = {
  look: "Look",
  ahead: "What is coming",
  incidents: "Incidents",
  remedies: "Remedies",
  decide: "Decide",
  models: "Models",
  automation: "Kill switch",
  talk: "Talk",
};

const notUnderstood = {
  nothing: 'Say "help" for what I understand.',
  too_long: "That is longer than I read; say it in a sentence or two.",
  not_an_order: "I read this as no order, so nothing was done. To have something done, say just that.",
  unclear_time:
    'I cannot tell when that should happen, so nothing was done and nothing is offered for now. Write "at 02:00", "tonight between 2 and 4", "in 10m" or "in the next maintenance window" at its end.',
  several_orders: "I read several orders in it and did none of them; say one at a time.",
  several_targets:
    "You asked about several targets; I answer for one of them, for a group, or for all at once.",
  surplus_words: "A word in it fits nothing that command takes, so I did not guess.",
} as const;

/** What this person may ask: one line a group with two examples; a topic shows one command or group in full. */
export async function help(
  intent: Extract<Intent, { kind: "help" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const here = await readHere(bot);
  const allowed = allowedCommands(asker);
  const topic = intent.topic?.trim().toLowerCase();
  const isAbout = ([kind, command]: [CommandKind, Command]) =>
    topic !== undefined && [kind, command.group, command.syntax.split(" ")[0]].includes(topic);
  const named = allowed.filter(isAbout);
  if (named.length > 0) return helpInFull(named, here, bot);
  const notFor = allCommands.find(isAbout);
  if (notFor !== undefined) return answer(notAllowedHelp(notFor, asker, bot));
  const working = allowed.filter(([, command]) => command.arrives === null);
  const lines = groups.flatMap((group) => {
    const own = working.filter(([, command]) => command.group === group);
    const [first, second] = own.map(([, command]) => exampleHere(command.examples[0], here));
    if (first === undefined) return [];
    return [`${groupTitles[group]}: "${first}"${second === undefined ? "" : `, "${second}"`}`];
  });
  const later = allowed
    .filter(([, command]) => command.arrives !== null)
    .map(([kind]) => kind.replace("_", " "));
  return answer(
    draft({
      title: `What you can ask me (you may: ${rights(asker)})`,
      text: [
        ...lines,
        ...(later.length > 0 ? [`Not built yet: ${later.join(", ")}.`] : []),
        ...whyOnlyLook(asker, bot),
      ].join("\n"),
      buttons: groups
        .filter((group) => working.some(([, command]) => command.group === group))
        .slice(0, 5)
        .map((group) => ({
          label: groupTitles[group],
          style: "default",
          intent: { kind: "help", topic: group },
        })),
      footer: footer(bot.scene(), 'more: "help COMMAND", "help decide", "help limits"'),
    }),
  );
}

/** Whoever may only look is told why nothing is proposed to them, and whom to ask. */
function whyOnlyLook({ person }: Asker, bot: Bot): string[] {
  if (bot.watchOnly)
    return ["I only watch now (SMARTCLOUDOPS_WATCH_ONLY), so nothing is proposed to anybody."];
  const allowed = may(person, "propose", bot.core.policy);
  return allowed.ok ? [] : [`You may only look, so I propose nothing to you. ${allowed.message}`];
}

function notAllowedHelp([kind, command]: [CommandKind, Command], asker: Asker, bot: Bot): CardDraft {
  return draft({
    title: `${kind.replaceAll("_", " ")} is not for you`,
    text: `${command.syntax}: ${command.meaning}. It asks for the role ${command.role}; ${
      asker.person.role === null ? "the policy gives you none" : `you are ${asker.person.role}`
    }.`,
    tone: "refused",
    footer: footer(bot.scene()),
  });
}

/** A text that means nothing to us: near commands as buttons, else where to look. */
export function unknown(
  { text, because }: Extract<Intent, { kind: "unknown" }>,
  alternatives: readonly Intent[],
  bot: Bot,
): Response {
  const offered = alternatives.filter(
    (intent): intent is Exclude<Intent, { kind: "unknown" }> => intent.kind !== "unknown",
  );
  const scene = bot.scene();
  const zone =
    because === "unclear_time"
      ? [`Times are those of this machine: it is ${wallClock(scene, scene.nowMs)}.`]
      : [];
  const said = text.length > 100 ? `${text.slice(0, 100)}...` : text;
  return privately(
    draft({
      title: titleFor(because, offered.length),
      text: [
        ...(said === "" ? [] : [`You wrote "${said}".`]),
        notUnderstood[because ?? "nothing"],
        ...zone,
      ].join(" "),
      buttons: offered
        .slice(0, 3)
        .map((intent) => ({ label: describeIntent(intent), style: "default", intent })),
      footer: footer(bot.scene()),
    }),
  );
}

function titleFor(because: WhyUnknown | undefined, offered: number): string {
  if (because === "unclear_time") return "When should that be?";
  return offered > 0 ? "Did you mean one of these?" : "I did not understand that";
}

/** The sentence for a kind whose engine is not built; null when it is. */
export function notBuilt(intent: Intent): Response | null {
  if (intent.kind === "unknown") return null;
  // "Should I approve plan-9?" needs no language model: the plan itself is shown.
  if (intent.kind === "ask" && intent.id !== undefined) return null;
  const sentence = commands[intent.kind].arrives;
  return sentence === null ? null : answer(notBuiltCard(sentence));
}

function helpInFull(named: readonly [CommandKind, Command][], here: Here, bot: Bot): Response {
  const lines = named.map(([, command]) => {
    const examples = command.examples.map((example) => exampleHere(example, here));
    return [
      `${command.syntax}: ${command.meaning}. For example "${examples.join('", "')}".`,
      ...(command.arrives === null ? [] : [command.arrives]),
    ].join(" ");
  });
  const isTalk = named.some(([, command]) => command.group === "talk");
  return answer(
    draft({
      title: "How to say it",
      text: [...lines, ...(isTalk ? [limitSentence(bot)] : [])].join("\n"),
      footer: footer(bot.scene()),
    }),
  );
}

function limitSentence(bot: Bot): string {
  const { messages_per_minute: perMinute, message_burst: burst } = bot.core.policy.limits;
  return `I hear ${burst} messages of one person at once and then ${perMinute} a minute; deny, cancel, pause and break glass are always heard.`;
}

const allCommands = Object.entries(commands) as [CommandKind, Command][];

function allowedCommands(asker: Asker): [CommandKind, Command][] {
  return allCommands.filter(
    ([, command]) => command.role === "viewer" || atLeast(asker.person.role, command.role),
  );
}

function rights({ person }: Asker): string {
  if (atLeast(person.role, "approver")) return "look, propose, approve";
  return atLeast(person.role, "operator") ? "look, propose" : "look";
}

/** "status web-1": what a button of a reading says. */
function describeIntent(intent: Exclude<Intent, { kind: "unknown" }>): string {
  const words = [
    intent.kind.replaceAll("_", " "),
    ...Object.entries(intent).flatMap(([slot, value]) =>
      slot !== "kind" && typeof value === "string" ? [value] : [],
    ),
  ];
  return words.join(" ").slice(0, 70);
}
