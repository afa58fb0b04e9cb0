import type { Trust } from "../../remediation/autonomy.ts";
import type { OpenBreaker } from "../../remediation/breaker.ts";
import type { MassEvent } from "../../remediation/mass-event.ts";
import type { Moved } from "../../remediation/promote.ts";
import type { AutonomyTerms } from "../../remediation/policy.ts";
import type { Switch } from "../../remediation/store/switches.ts";
import { type CardDraft, draft } from "../card.ts";
import { duration, list, plural } from "../format.ts";
import { refusalCard } from "./refusals.ts";
import { footer, type Scene, wallClock, wallMoment } from "./scene.ts";

/** What waits for a person before the bot tries again. */
export type HeldBack = {
  off: Switch | null;
  quarantined: readonly { target: string; reason: string }[];
  breakers: readonly OpenBreaker[];
};

type RuleTrust = { rule: string; runbook: string; suggests: boolean; services: readonly Trust[] };

const mostLines = 20;

/** Every rule with what it may do alone, and how far it is from more. */
export function autonomyCard(
  rules: readonly RuleTrust[],
  held: HeldBack,
  terms: AutonomyTerms,
  scene: Scene,
): CardDraft {
  const alone = rules.flatMap(({ services }) => services).filter(({ level }) => isAlone(level)).length;
  const lines = rules.flatMap((rule) => ruleLines(rule, scene));
  return draft({
    title:
      held.off !== null
        ? "Autonomy is off: people decide everything"
        : alone === 0
          ? "People decide everything"
          : `${plural(alone, "remedy", "remedies")} may run without a person's yes`,
    tone: held.off !== null ? "warning" : "info",
    text: [
      ...heldLines(held, scene),
      ...lines.slice(0, mostLines),
      ...(lines.length > mostLines ? [`and ${lines.length - mostLines} more`] : []),
    ].join("\n"),
    buttons: held.off === null ? [] : [turnOn],
    footer: footer(
      scene,
      `${plural(terms.cures, "verified cure")} for each level`,
      `a promotion ends after ${duration(terms.lasts / 1_000)}, and with one verdict worse`,
    ),
  });
}

/** What changed by a person's word, or why not. */
export function movedCard(verb: "promoted" | "demoted", moved: Moved, scene: Scene): CardDraft {
  if (!moved.ok) return refusalCard(`The rule was not ${verb}`, moved.message);
  return draft({
    title: `${moved.rule} was ${verb}`,
    tone: verb === "promoted" ? "warning" : "ok",
    text: moved.moved
      .map(({ service, from, to }) => `On ${service}: ${from}, now ${meaning[to] ?? to}.`)
      .join("\n"),
    footer: footer(scene),
  });
}

/** So many targets at once that the monitoring itself is suspect. */
export function suspectCard({ targets, fleet }: MassEvent, scene: Scene): CardDraft {
  const some = list(targets.slice(0, 5));
  const others = targets.length > 5 ? ` and ${targets.length - 5} more` : "";
  return draft({
    title: `Suspect monitoring: ${targets.length} of ${plural(fleet, "target")} fell within five minutes`,
    tone: "critical",
    text: `In trouble or without data: ${some}${others}. So many at once are rarely broken machines, so no rule decides anything alone until a person turns autonomy on again. Proposals still wait for approval.`,
    buttons: [turnOn],
    footer: footer(scene),
  });
}

/** Lines for the status card, worst first; none when nothing waits. */
export function heldLines({ off, quarantined, breakers }: HeldBack, scene: Scene): string[] {
  return [
    ...(off === null
      ? []
      : [
          `Autonomy is off since ${wallMoment(scene, off.at)}: ${off.reason || `${off.person} turned it off`}.`,
        ]),
    ...quarantined.map(
      ({ target, reason }) =>
        `${target} is in quarantine (${reason}): "autonomy release ${target}" when a person has looked.`,
    ),
    ...breakers.map(({ action, until, plans }) => {
      const people = until > scene.nowMs ? `until ${wallClock(scene, until)}, ` : "";
      return `The breaker of ${action} is open (${list(plans)}): ${people}for rules until "autonomy release ${action}".`;
    }),
  ];
}

const turnOn = {
  label: "Turn autonomy on",
  style: "default",
  intent: { kind: "autonomy", change: "on" },
} as const;

const meaning: Record<string, string> = {
  suggest: "suggest: it only names the remedy",
  approve: "approve: a person decides",
  veto: "veto: it runs unless somebody objects in time",
  auto: "auto: it runs at once",
};

function ruleLines({ rule, runbook, suggests, services }: RuleTrust, scene: Scene): string[] {
  if (services.length === 0)
    return [`${rule} (${runbook}): ${suggests ? "suggest" : "approve"}, never used yet`];
  return services.map(({ service, level, cures, needed, expiresAt }) => {
    const until = expiresAt === null ? "" : ` until ${wallClock(scene, expiresAt)}`;
    const towards =
      level === "auto" || level === "suggest"
        ? ""
        : `, ${cures} of ${needed} cures towards ${level === "veto" ? "auto" : "veto"}`;
    return `${rule} (${runbook}) on ${service}: ${level}${until}${towards}`;
  });
}

function isAlone(level: string): boolean {
  return level === "veto" || level === "auto";
}
