import type { Intent } from "../../intents/intent.ts";
import { resolveTarget } from "../../intents/resolve-target.ts";
import type { Target } from "../../infra/inventory.ts";
import { draft } from "../card.ts";
import { list } from "../format.ts";
import { answer, type Bot, privately, type Response } from "../bot.ts";
import { failedCard } from "../cards/refusals.ts";

type Targeted = Extract<Intent, { target?: string }>;
type Picked = { ok: true; target: Target } | { ok: false; response: Response };

const mostButtons = 5;

/**
 * The one target a person means. An ambiguous or unknown text is asked back with buttons; nothing is guessed.
 * Without a text the only target of the inventory is meant, if there is only one.
 */
export function pickTarget(intent: Targeted, bot: Bot): Picked {
  const targets = bot.targets();
  const [only] = targets;
  if (only === undefined) return { ok: false, response: noTargets(bot) };
  if (intent.target === undefined) {
    if (targets.length === 1) return { ok: true, target: only };
    return { ok: false, response: askBack("Which target?", "", targets.map(nameOf), intent) };
  }
  const resolved = resolveTarget(intent.target, targets);
  switch (resolved.kind) {
    case "one": {
      const target = targets.find((each) => each.name === resolved.name);
      return target ? { ok: true, target } : { ok: false, response: noTargets(bot) };
    }
    case "several":
      return {
        ok: false,
        response: askBack(
          "Which one?",
          `"${intent.target}" is ${list(resolved.names)}.`,
          resolved.names,
          intent,
        ),
      };
    case "unknown":
      return { ok: false, response: unknownTarget(intent, resolved.suggestions, targets.map(nameOf)) };
  }
}

/** Several targets, for questions that can be answered for all or for a group. */
export function pickTargets(
  intent: Targeted,
  bot: Bot,
): { ok: true; targets: Target[] } | { ok: false; response: Response } {
  const all = [...bot.targets()];
  if (all.length === 0) return { ok: false, response: noTargets(bot) };
  if (intent.target === undefined) return { ok: true, targets: all };
  const resolved = resolveTarget(intent.target, all);
  if (resolved.kind === "unknown") {
    return { ok: false, response: unknownTarget(intent, resolved.suggestions, all.map(nameOf)) };
  }
  const names = resolved.kind === "one" ? [resolved.name] : resolved.names;
  return { ok: true, targets: all.filter((target) => names.includes(target.name)) };
}

function unknownTarget(intent: Targeted, suggestions: readonly string[], known: readonly string[]): Response {
  const wrote = `You wrote "${intent.target ?? ""}".`;
  if (suggestions.length > 0)
    return askBack(`There is no "${intent.target ?? ""}"`, "Names that resemble it:", suggestions, intent);
  const some = known.slice(0, 10);
  const more = known.length > some.length ? ` and ${known.length - some.length} more` : "";
  return privately(
    draft({
      title: "I do not know that target",
      text: `${wrote} I watch ${list(some)}${more}. New targets appear when Prometheus scrapes them.`,
      tone: "refused",
    }),
  );
}

function askBack(title: string, text: string, names: readonly string[], intent: Targeted): Response {
  return privately(
    draft({
      title,
      text: names.length > mostButtons ? `${text} The first ${mostButtons} of ${names.length}:`.trim() : text,
      buttons: names.slice(0, mostButtons).map((target) => ({
        label: target,
        style: "default",
        intent: { ...intent, target },
      })),
    }),
  );
}

function noTargets(bot: Bot): Response {
  const { problem } = bot.watchState();
  if (problem !== null) return answer(failedCard("I cannot see any target", problem));
  return privately(
    draft({
      title: "I see no targets yet",
      text: "Prometheus has answered no `up` series so far. Check its scrape configuration, then `smartcloudops doctor`.",
      tone: "warning",
    }),
  );
}

function nameOf(target: Target): string {
  return target.name;
}
