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
  return [
    `${lookedAt(found, clock)} ${weekly(found)}`,
    duringIncidents(found),
    ...someOf(
      found.firings.map(
        ({ target, at, incident, insteadOf }) =>
          `fired ${clock(at)} ${target} ${incident ?? "no incident"}${insteadOf === null ? "" : ` (the rule ${insteadOf} comes first)`}`,
      ),
      most,
    ),
    ...someOf(missedLines(found), most),
  ].filter((line) => line !== "");
}

/** "Looked at 36 min of metrics, recorded 20 Nov 10:00 UTC to 10:36 UTC, and 4 incidents." */
function lookedAt({ observedFrom, observedSeconds, incidents }: Backtest, clock: (at: number) => string) {
  const when =
    observedSeconds === 0
      ? ""
      : `, recorded ${clock(observedFrom)} to ${clock(observedFrom + observedSeconds)}`;
  return `Looked at ${duration(observedSeconds)} of metrics${when}, and at ${plural(incidents, "incident")}.`;
}

function duringIncidents({ firings, proposals }: Backtest): string {
  if (firings.length === 0) return "";
  const outside = firings.filter(({ incident }) => incident === null).length;
  const silent = outside === 0 ? "" : ` ${plural(outside, "time")} none was open, and a rule is silent then.`;
  return `${plural(firings.length - outside, "time")} during an incident: ${plural(proposals, "proposal")}.${silent}`;
}

/** Incidents that were missed for one reason share a line. */
function missedLines({ missed }: Backtest): string[] {
  const reasons = new Map<string, string[]>();
  for (const { incident, target, why } of missed)
    reasons.set(why, [...(reasons.get(why) ?? []), `${incident} ${target}`]);
  return [...reasons].map(([why, which]) => {
    const more = which.length > 5 ? ` and ${which.length - 5} more` : "";
    return `not for ${which.slice(0, 5).join(", ")}${more}: ${why}`;
  });
}

function weekly({ cardsPerWeek, proposals }: Backtest): string {
  if (cardsPerWeek === null)
    return `${plural(proposals, "card")}; that is too little to say how many a week.`;
  return `About ${plural(Number(cardsPerWeek.toPrecision(2)), "card")} a week.`;
}

function someOf(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most), `and ${lines.length - most} more`];
}
