import { redactText } from "../../infra/redact.ts";
import { isPractice, type Plan } from "../../remediation/plan.ts";
import type { CardDraft } from "../card.ts";
import { list, quantity, usualRange } from "../format.ts";
import { asDone, withoutActionSentence } from "./outcome-parts.ts";
import { metricTitle, metricUnit, type Scene } from "./scene.ts";

type Fields = CardDraft["fields"];

/** "Memory usage fell from 12.8 % to 2.4 % (usually 1.9-2.9 %)."; "" before the verdict. */
export function verdictSentence(plan: Plan, scene: Scene): string {
  const detail = plan.verdictDetail;
  if (detail === null) return "";
  const { metric, before, after, usual } = detail;
  if (before === null || after === null) return detail.text;
  const unit = metricUnit(scene, metric);
  const title = metricTitle(scene, metric);
  const [was, is] = [quantity(before, unit), quantity(after, unit)];
  const standing =
    unit === "up"
      ? `The service is ${was === is ? `still ${is}` : `${is}, it was ${was}`}`
      : `${title} is still ${is}${was === is ? "" : `, it was ${was}`}`;
  const still = plan.verdict === "unchanged" || was === is;
  const wentOn = plan.verdict === "unchanged" && detail.withoutAction !== undefined && was !== is;
  const moved = wentOn
    ? `${title} went on from ${was} to ${is}`
    : still || unit === "up"
      ? standing
      : `${title} ${after < before ? "fell" : "rose"} from ${was} to ${is}`;
  const told = `${moved}${usual && unit !== "up" ? ` (usually ${usualRange(usual, unit)})` : ""}.`;
  return [told, withoutActionSentence(detail, scene)].filter(Boolean).join(" ");
}

/** Diagnostics, practices and the like: nothing was changed, so there is nothing to verify. */
export function onlyReads(plan: Pick<Plan, "risk" | "targets" | "steps">): boolean {
  return plan.risk === 0 || isPractice(plan);
}

/** What a reading step brought back, as data; "" where there is none. */
export function outputOf(plan: Plan): string {
  const outputs = plan.steps.map((step) => step.evidence.output ?? "");
  return redactText(outputs.filter(Boolean).join("\n"));
}

/** What the verdict rests on. */
export function verdictFields(plan: Plan, scene: Scene): Fields {
  const detail = plan.verdictDetail;
  if (detail === null) return [];
  const unit = metricUnit(scene, detail.metric);
  const said = (value: number | null) => quantity(value ?? Number.NaN, unit);
  return [
    { label: `${metricTitle(scene, detail.metric)}, mean before`, value: said(detail.before) },
    { label: "Mean after", value: said(detail.after) },
    ...(detail.usual ? [{ label: "Usual", value: usualRange(detail.usual, unit) }] : []),
  ];
}

/** "Restart app on web-1": the targets are named once. */
export function titleOf(plan: Plan): string {
  const targets = list(plan.targets.map((target) => target.name));
  return plan.title.includes(targets) ? plan.title : `${plan.title} on ${targets}`;
}

/** What came of a plan, as a title; null while nothing has. */
export function outcomeTitle(plan: Plan): string | null {
  const title = titleOf(plan);
  switch (plan.status) {
    case "done":
      if (isPractice(plan)) return "Practised an approval: done, nothing was touched";
      if (onlyReads(plan)) return asDone(title);
      return plan.verdict === null
        ? `${asDone(title)}: done, checking whether it helped`
        : `${asDone(title)}: ${plan.verdict}`;
    case "failed":
      return `${title}: failed`;
    case "needs_human":
      return `${plan.id} needs a person: did this happen? ${title}`;
    case "proposed":
    case "approved":
    case "executing":
    case "denied":
    case "expired":
    case "cancelled":
      return null;
    default:
      return unreachable(plan.status);
  }
}

function unreachable(value: never): never {
  throw new Error(`no words for ${String(value)}`);
}
