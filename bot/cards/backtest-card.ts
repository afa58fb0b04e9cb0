import type { Backtest } from "../../remediation/backtest.ts";
import { type CardDraft, draft } from "../card.ts";
import { duration, plural } from "../format.ts";
import { footer, type Scene, wallClock } from "./scene.ts";

const mostLines = 12;

/** What a rule would have done, for a chat. */
export function backtestCard(found: Backtest, scene: Scene): CardDraft {
  return draft({
    title: headline(found),
    tone: "info",
    text: [...backtestLines(found, (at) => wallClock(scene, at * 1_000), mostLines), ...found.lacks].join(
      "\n",
    ),
    footer: footer(scene, "nothing was changed"),
  });
}

/** "full would have fired 7 times in 14 days". */
export function headline({ rule, fired, from, to }: Backtest): string {
  return `${rule} would have fired ${plural(fired, "time")} in ${duration(to - from)}`;
}

/** The findings, a line each; `clock` writes a metric time. */
export function backtestLines(found: Backtest, clock: (at: number) => string, most: number): string[] {
  const outside = found.firings.filter(({ incident }) => incident === null).length;
  const during = found.firings.length - outside;
  return [
    `${weekly(found)} Collected: ${duration(found.observedSeconds)} of ${duration(found.to - found.from)}.`,
    `During an incident: ${during}, with ${plural(found.proposals, "proposal")}. Without one: ${outside}; a rule is silent then.`,
    `Incidents it could concern: ${found.incidents}, missed: ${found.missed.length}.`,
    ...someOf(
      found.firings.map(
        ({ target, at, incident, insteadOf }) =>
          `fired ${clock(at)} ${target} ${incident ?? "no incident"}${insteadOf === null ? "" : ` (the rule ${insteadOf} comes first)`}`,
      ),
      most,
    ),
    ...someOf(
      found.missed.map(({ incident, target, why }) => `missed ${incident} ${target}: ${why}`),
      most,
    ),
  ];
}

function weekly({ cardsPerWeek, proposals }: Backtest): string {
  if (cardsPerWeek === null)
    return `${plural(proposals, "card")}; too little was collected for a number a week.`;
  return `${Number(cardsPerWeek.toPrecision(2))} cards a week.`;
}

function someOf(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most), `and ${lines.length - most} more`];
}
