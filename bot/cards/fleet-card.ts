import type { FleetSummary } from "../../infra/database/fleet-changes.ts";
import { type CardDraft, draft } from "../card.ts";
import { count, list, plural } from "../format.ts";
import { lower } from "./closer-look.ts";
import { footer, metricSince, metricTitle, type Scene } from "./scene.ts";

/** So many members have a line of their own. */
export const mostLines = 20;
const mostButtons = 10;
const mostMetrics = 3;

/**
 * Many targets that changed at one moment, as one card: what they have in common, a line for each of the first with a
 * button, and how many more there are. Rules propose nothing for them: the cause is likely shared, and a remedy on one
 * target would not be the cure.
 */
export function fleetCard(fleet: FleetSummary, scene: Scene): CardDraft {
  const title = `${plural(fleet.targets, "target")} changed at one moment`;
  const isOver = fleet.open === 0;
  return draft({
    title: isOver ? `${title}: all resolved` : `${title} · ${metricSince(scene, fleet.beganAt)}`,
    tone: isOver ? "ok" : fleet.critical ? "critical" : "warning",
    text: [headline(fleet, scene), ...lines(fleet)].join("\n"),
    buttons: fleet.first
      .filter(({ status }) => status !== "resolved")
      .slice(0, mostButtons)
      .map(({ target, id }) => ({
        label: `${target} (${id})`,
        style: "default",
        intent: { kind: "incidents", id },
      })),
    footer: footer(scene, fleet.id),
  });
}

function headline(fleet: FleetSummary, scene: Scene): string {
  const what = inCommon(fleet, scene);
  if (fleet.open === 0) return `${what} All ${count(fleet.targets)} incidents are resolved.`;
  const resolved = fleet.targets - fleet.open;
  const state = resolved === 0 ? "" : ` ${resolved} of ${fleet.targets} are resolved.`;
  return (
    `${what} A deploy, or something they share?${state} My rules propose nothing for a change of many targets; ` +
    "each target's own card has its buttons."
  );
}

/** "Memory usage on four of them, CPU usage on one." */
function inCommon({ metrics }: FleetSummary, scene: Scene): string {
  const title = (metric: string | null) => (metric === null ? "Something else" : metricTitle(scene, metric));
  const [first] = metrics;
  if (first !== undefined && metrics.length === 1) return `${title(first.metric)} on all of them.`;
  const said = metrics
    .slice(0, mostMetrics)
    .map(({ metric, targets }, rank) =>
      rank === 0
        ? `${title(metric)} on ${count(targets)} of them`
        : `${lower(title(metric))} on ${count(targets)}`,
    );
  const others = metrics.length - mostMetrics;
  return `${list([...said, ...(others > 0 ? [plural(others, "other metric")] : [])])}.`;
}

function lines({ first, targets }: FleetSummary): string[] {
  const shown = first.map(({ title, id, status, resolution }) =>
    status === "resolved"
      ? `${title} (${id}, resolved${resolution === null ? "" : `: ${resolution}`})`
      : `${title} (${id}, ${status})`,
  );
  return targets > shown.length ? [...shown, `and ${targets - shown.length} more`] : shown;
}
