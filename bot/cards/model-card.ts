import type { Coverage } from "../../infra/database/metrics-history.ts";
import type { Drift } from "../../ml/drift.ts";
import { draft, type CardDraft } from "../card.ts";
import type { LiveModel } from "../detector.ts";
import { isHeld } from "../find-version.ts";
import { duration, list, plural } from "../format.ts";
import { acceptedFactor, failedGates, type ModelVersion } from "../model-meta.ts";
import type { ModelLook } from "../retraining.ts";
import { type Progress, progressText } from "../training.ts";
import { footer, metricTitle, type Scene, wallMoment } from "./scene.ts";

/** Everything that is known of one target's model. */
export type ModelParts = {
  target: string;
  live: LiveModel | null;
  /** Newest first. */
  versions: readonly ModelVersion[];
  /** What was collected of it; null where nothing was. */
  coverage: Coverage | null;
  /** 1 and up: the threshold as raised at run time; null where it was not looked at. */
  thresholdFactor: number | null;
  look: ModelLook | null;
  training: Progress | null;
  waiting: boolean;
  whyNotLearned: string | null;
};

/** What the collected history is meant to reach; training begins long before (12 hours). */
const WANTED_ROWS = 100_000;
const WANTED_DAYS = 7;
const DAY_SECONDS = 86_400;
const shownVersions = 5;

/** One target's model in full: what it is and what happened to it in the text, how it stands in four fields. */
export function modelCard(parts: ModelParts, scene: Scene): CardDraft {
  const { target, live } = parts;
  const lines = [
    trainingLine(parts),
    live === null ? withoutModel(parts) : liveLine(live, parts, scene),
    refusalLine(parts, scene),
    heldLine(parts),
  ];
  return draft({
    title: live === null ? `${target} has no model yet` : `${live.id} is live`,
    tone: live === null || parts.whyNotLearned !== null ? "warning" : "ok",
    text: lines.filter((line) => line !== null).join("\n"),
    fields: [
      { label: "Collected", value: collectedText(parts.coverage) },
      ...(live === null ? [] : modelFields(live, parts, scene)),
    ],
    footer: footer(scene, earlierText(parts)),
  });
}

function trainingLine({ training, waiting }: ModelParts): string | null {
  if (training !== null) return `Training now: ${progressText(training)}.`;
  return waiting ? "A training was asked for and waits for its turn." : null;
}

function withoutModel({ whyNotLearned, target }: ModelParts): string {
  const why = whyNotLearned === null ? "" : ` The last training gave none: ${whyNotLearned}.`;
  return `Meanwhile only hard limits are watched.${why.replaceAll("..", ".")} Say "train ${target}" to try now.`;
}

function liveLine({ model, createdAt }: LiveModel, parts: ModelParts, scene: Scene): string {
  const members = list((liveVersion(parts)?.meta.members ?? []).map((name) => name.replaceAll("-", " ")));
  return (
    `Trained ${wallMoment(scene, createdAt)} from ${duration(model.learnedMinutes * 60)} of ` +
    `${plural(model.metrics.length, "metric")}${members === "" ? "" : ` by ${members}`}.`
  );
}

function liveVersion({ versions }: ModelParts): ModelVersion | undefined {
  return versions.find(({ status }) => status === "live");
}

/** What kept the newest training from going live; null where nothing did. */
function refusalLine({ versions, whyNotLearned, live }: ModelParts, scene: Scene): string | null {
  const refused = versions.find(({ status }) => status === "refused");
  if (refused !== undefined) {
    const why = failedGates(refused) || "no reason is kept.";
    return `Refused last: ${refused.id}, ${wallMoment(scene, refused.createdAt)}: ${why}`;
  }
  return live !== null && whyNotLearned !== null
    ? `The last training gave no new version: ${whyNotLearned}`
    : null;
}

function heldLine({ versions, target }: ModelParts): string | null {
  if (!isHeld(versions)) return null;
  return `A person went back to it, so nothing is trained by itself: "train ${target}" learns anew.`;
}

function modelFields({ model }: LiveModel, parts: ModelParts, scene: Scene): CardDraft["fields"] {
  const budget = model.budgetInForce
    ? `${model.alarmBudget} alarms a day${stageText(model.stage)}`
    : `${model.alarmBudget} alarms a day, not in force in a demo`;
  return [
    {
      label: "Alarm budget",
      value: `${budget}${acceptedText(liveVersion(parts))}${raisedText(parts.thresholdFactor)}`,
    },
    { label: "Gates", value: gatesText(liveVersion(parts)) },
    { label: "Drift", value: driftText(parts.look, scene) },
  ];
}

function stageText(stage: string): string {
  if (stage === "first_days") return ", first days: doubled threshold, warnings only";
  return stage === "first_week" ? ", first week: half of it" : "";
}

function acceptedText(version: ModelVersion | undefined): string {
  const factor = version === undefined ? 1 : acceptedFactor(version);
  return factor === 1
    ? ""
    : `; by people's verdicts the threshold is ${factor.toFixed(2)} times what history asks for`;
}

function raisedText(factor: number | null): string {
  if (factor === null || factor <= 1) return "";
  return `; the threshold is raised ${factor.toFixed(2)} times, because there were more alarms than that`;
}

function collectedText(coverage: Coverage | null): string {
  if (coverage === null)
    return `nothing yet (0 of ${thousands(WANTED_ROWS)} samples, 0 of ${WANTED_DAYS} days)`;
  const days = (coverage.newest - coverage.oldest) / DAY_SECONDS;
  return (
    `${thousands(coverage.rows)} of ${thousands(WANTED_ROWS)} samples, ${days.toFixed(1)} of ${WANTED_DAYS} days, ` +
    `${plural(coverage.gaps, "gap")}, ${plural(coverage.deadScrapes, "dead scrape")}`
  );
}

function gatesText(version: ModelVersion | undefined): string {
  const gates = version?.meta.gates ?? [];
  if (gates.length === 0) return "it was trained before there were gates";
  const inForce = gates.filter((gate) => gate.inForce);
  const faults = gates.find(({ name }) => name === "injected faults");
  const passed = `${inForce.filter(({ passed }) => passed).length} of ${inForce.length} passed`;
  const idle = gates.length - inForce.length;
  return [
    passed + (idle > 0 ? `, ${idle} could not be examined` : ""),
    ...(faults?.inForce === true ? [faults.text] : []),
  ].join(". ");
}

function driftText(look: ModelLook | null, scene: Scene): string {
  if (look === null) return "not looked at yet";
  const when = wallMoment(scene, look.at);
  if (look.drift === null)
    return look.decided === "held" ? "not looked at while held" : `no rows to look at, ${when}`;
  return `${driftSentence(look.drift, scene)}, looked ${when}`;
}

/** "none: 6 % of the quiet rows are rare to it (5 % would be usual)" */
function driftSentence({ drifted, rareShare, metrics }: Drift, scene: Scene): string {
  const share = `${Math.round(rareShare * 100)} % of the quiet rows are rare to it (5 % would be usual)`;
  const named = metrics.map(({ metric }) => metricTitle(scene, metric));
  const which = named.length === 0 ? "" : `; mostly outside of usual: ${list(named)}`;
  return `${drifted ? "yes" : "none"}: ${share}${which}`;
}

function earlierText({ versions, target }: ModelParts): string {
  const usable = versions.filter(
    ({ status, kept }) => kept && (status === "previous" || status === "retired"),
  );
  if (usable.length === 0) return "no earlier version to go back to";
  const shown = usable
    .slice(0, shownVersions)
    .map(({ number, status }) => `v${number}${status === "previous" ? " (previous)" : ""}`);
  const more = usable.length > shown.length ? [`${usable.length - shown.length} more`] : [];
  return `earlier versions: ${list([...shown, ...more])}; "train ${target} version N" goes back`;
}

const shownTargets = 20;

/** Many targets: totals, then those that need somebody first, a line each. */
export function modelsCard(all: readonly ModelParts[], scene: Scene): CardDraft {
  const live = all.filter((parts) => parts.live !== null);
  const drifted = all.filter(({ look }) => look?.drift?.drifted === true);
  const training = all.filter((parts) => parts.training !== null || parts.waiting);
  const order = [...all].sort((a, b) => needOf(b) - needOf(a));
  const shown = order.slice(0, shownTargets);
  const more = all.length - shown.length;
  return draft({
    title: `${live.length} of ${plural(all.length, "model")} live`,
    tone: live.length < all.length ? "warning" : "ok",
    text: [
      ...shown.map((parts) => targetLine(parts, scene)),
      ...(more > 0 ? [`and ${plural(more, "target")} more: "model TARGET" tells all of one`] : []),
      ...(live.length < all.length
        ? ['Where there is no model only hard limits are watched. Say "train" to try now.']
        : []),
    ].join("\n"),
    fields: [
      { label: "Training", value: training.length === 0 ? "nothing" : plural(training.length, "target") },
      {
        label: "Drift",
        value: drifted.length === 0 ? "none seen" : list(drifted.slice(0, 5).map(({ target }) => target)),
      },
    ],
    footer: footer(scene),
  });
}

function needOf({ live, training, whyNotLearned, look }: ModelParts): number {
  if (training !== null) return 3;
  if (live === null) return 2;
  return whyNotLearned !== null || look?.drift?.drifted === true ? 1 : 0;
}

function targetLine({ target, live, training, whyNotLearned, look }: ModelParts, scene: Scene): string {
  const now = training === null ? "" : `, training: ${progressText(training)}`;
  const drift = look?.drift?.drifted === true ? ", drifting" : "";
  if (live === null)
    return `${target}: still learning${now}${whyNotLearned === null ? "" : `: ${whyNotLearned}`}`;
  const refused = whyNotLearned === null ? "" : "; the last training gave no better one";
  return (
    `${live.id}: ${plural(live.model.metrics.length, "metric")}, learned from ` +
    `${duration(live.model.learnedMinutes * 60)}, trained ${wallMoment(scene, live.createdAt)}${now}${drift}${refused}`
  );
}

function thousands(count: number): string {
  return count.toLocaleString("en-GB");
}
