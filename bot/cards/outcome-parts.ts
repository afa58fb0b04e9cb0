import type { Option } from "../../remediation/options.ts";
import type { Pause } from "../../remediation/pause.ts";
import type { Plan, VerdictDetail } from "../../remediation/plan.ts";
import { fillText } from "../../remediation/runbook.ts";
import { trackText } from "../../remediation/track-record.ts";
import type { WithoutAction } from "../../remediation/without-action.ts";
import type { CardDraft } from "../card.ts";
import type { ChartSeries } from "../chart-spec.ts";
import { quantity, usualRange } from "../format.ts";
import { metricUnit, type Scene } from "./scene.ts";

type Buttons = CardDraft["buttons"];

/** What stands around a plan: what came before the trouble, what follows from the outcome, what holds it up. */
export type FollowUp = {
  /** Automation is paused: nothing can be approved. */
  pause: Pause | null;
  /** Whom the call for help did not reach, and what to do about it; "" when nobody was called or all were reached. */
  unreached: string;
  /** The plan that the shown one takes back, whose outcome is the news. */
  takesBack: Plan | null;
  /** Of a plan that made things worse: its way back, or why there is none. */
  wayBack: { possible: true; words: string } | { possible: false; because: string } | null;
  /** What did not run for the incident yet, where the last remedy did not help. */
  next: Option | null;
  /** "Changed before this: deploy 4f2c by CI at 02:47 UTC (12 min before)."; "" without a change. */
  changes: string;
};

export const noFollowUp: FollowUp = {
  pause: null,
  unreached: "",
  takesBack: null,
  wayBack: null,
  next: null,
  changes: "",
};

const pastTense: Readonly<Record<string, string>> = {
  Change: "Changed",
  Clean: "Cleaned",
  Collect: "Collected",
  Move: "Moved",
  Put: "Put",
  Reboot: "Rebooted",
  Replace: "Replaced",
  Restart: "Restarted",
  Roll: "Rolled",
  Scale: "Scaled",
  Start: "Started",
  Stop: "Stopped",
  Take: "Took",
};

/** "Restarted app on web-1" of "Restart app on web-1"; a verb that is not known stays as it is. */
export function asDone(title: string): string {
  const [verb = ""] = title.split(" ", 1);
  return Object.hasOwn(pastTense, verb) ? `${pastTense[verb]}${title.slice(verb.length)}` : title;
}

/** "Had it gone on as before, it would be 11.2 GB by now (9.8-12.5 GB)."; "" where there was no clear line. */
export function withoutActionSentence(detail: VerdictDetail, scene: Scene): string {
  const line = withinRange(detail, scene);
  if (line === null) return "";
  const unit = metricUnit(scene, detail.metric);
  const [value, range] = [quantity(line.value, unit), usualRange([line.low, line.high], unit)];
  return `Had it gone on as before, it would be ${value} by now${range === value ? "" : ` (${range})`}.`;
}

/** The same as a dashed line of the chart. */
export function withoutActionLine(detail: VerdictDetail | null, scene: Scene): ChartSeries[] {
  const line = detail === null ? null : withinRange(detail, scene);
  if (line === null) return [];
  const { from, at, value } = line;
  return [{ name: "had it gone on", time: [from.at, at], values: [from.value, value], dashed: true }];
}

/** A line leads beyond what a metric can be, a disk no further than full. */
function withinRange({ metric, withoutAction }: VerdictDetail, scene: Scene): WithoutAction | null {
  if (withoutAction === undefined) return null;
  const [least, most] = scene.catalog.find(metric)?.range ?? [Number.NEGATIVE_INFINITY, null];
  const within = (value: number) => Math.min(most ?? Number.POSITIVE_INFINITY, Math.max(least, value));
  const { value, low, high } = withoutAction;
  return { ...withoutAction, value: within(value), low: within(low), high: within(high) };
}

/** What the reader can do about an outcome that is no cure. */
export function outcomeSentence(plan: Plan, follow: FollowUp, nowMs: number): string {
  const next = follow.next === null ? "" : `Next could be: ${optionText(follow.next, nowMs)}.`;
  switch (plan.verdict) {
    case "unchanged":
      return `I have not tried anything else. ${next}`.trim();
    case "worse":
      return worseSentence(follow);
    case "unverified":
      return "Look for yourself before you trust it.";
    case "improved":
      return plan.rollsBack === null
        ? ""
        : `It is as before ${plan.rollsBack}; what that was for is still open. ${next}`.trim();
    case null:
      return "";
  }
}

function worseSentence({ wayBack, takesBack }: FollowUp): string {
  if (wayBack === null) return "";
  if (!wayBack.possible) return `It cannot be taken back. ${wayBack.because}`;
  return takesBack === null
    ? `It can be taken back (${wayBack.words}).`
    : `Taking it back (${wayBack.words}) waits for approval.`;
}

/** "reboot (not tried for this cause here yet)" */
export function optionText({ runbook, record }: Option, nowMs: number): string {
  return `${runbook.effect} (${trackText(record, nowMs)})`;
}

/** After "unchanged" the next remedy; after "worse" the way back, where it is not proposed yet. */
export function followButtons(plan: Plan | null, follow: FollowUp, target: string): Buttons {
  if (plan === null) return [];
  if (plan.verdict === "unchanged" || plan.rollsBack !== null) return nextButton(follow.next, target);
  if (plan.verdict !== "worse" || follow.wayBack?.possible !== true || follow.takesBack !== null) return [];
  return [{ label: "Propose rollback", style: "primary", intent: { kind: "rollback", id: plan.id } }];
}

function nextButton(next: Option | null, target: string): Buttons {
  if (next === null) return [];
  const { runbook, params } = next;
  const what = fillText(runbook.title, { ...params, target });
  const label = `Propose: ${what.charAt(0).toLowerCase()}${what.slice(1)}`;
  const intent = { kind: "remediate" as const, target, runbook: runbook.name };
  return [
    { label, style: "primary", intent: Object.keys(params).length === 0 ? intent : { ...intent, params } },
  ];
}
