import type { TargetState } from "./actions/target-state.ts";
import { changeText, type Change } from "./changes.ts";
import type { GroupView, InstanceView, TypeView } from "./cloud.ts";
import { sayDuration } from "./duration.ts";
import { priceChange } from "./instance-prices.ts";
import type { Step } from "./plan.ts";
import type { Risk } from "./policy.ts";
import { fillText, type Runbook } from "./runbook.ts";
import { sentence } from "./sentence.ts";
import { undoWords } from "./undo-words.ts";
import { trackText, type TrackRecord } from "./track-record.ts";
import { median } from "./without-action.ts";

/** What is known of one target of a plan; what could not be read is null and stands in `unread`. */
export type TargetFacts = {
  name: string;
  view: InstanceView;
  /** As it stands now, and after each step on the way forth. */
  course: readonly TargetState[];
  group: GroupView | null;
  protection: { termination: boolean; stop: boolean } | null;
  /** Of the type it has, and of the one it gets where that is another. */
  type: TypeView | null;
  newType: TypeView | null;
  /** Requests a second as the facts were read, and on how many targets of which service; null: nobody counts them. */
  traffic: { perSecond: number; service: string; targets: number } | null;
  /** Its service answers nobody, so that there is nothing to lose by stopping it. */
  down: boolean;
};

/** Everything a blast radius is made of. */
export type Facts = {
  runbook: Pick<Runbook, "stops" | "wayBack">;
  params: Record<string, string>;
  risk: Risk;
  steps: readonly Step[];
  targets: readonly TargetFacts[];
  /** Names of other targets that say in a tag that they depend on these. */
  dependents: readonly string[];
  /** What the runbook's runs on this service took, wall ms each. */
  durations: readonly number[];
  /** Null: for no cause that could be compared. */
  record: TrackRecord | null;
  changes: readonly Change[];
  proofs: readonly string[];
  /** What could not be read, in words. */
  unread: readonly string[];
  /** Wall ms when they were read, and the metric seconds from which "before" is told. */
  now: { wall: number; metric: number };
};

/** What a plan touches: each entry a short sentence, empty where there is nothing to say. */
export type BlastRadius = {
  stops: string;
  /** What stopping loses, and against what the instance is protected. */
  losses: string[];
  capacity: string[];
  dependents: string;
  cost: string[];
  before: string;
  record: string;
  proof: string;
  wayBack: string;
  unread: string;
};

/** The blast radius from facts alone: nothing is read here. */
export function blastRadius(facts: Facts): BlastRadius {
  const { targets } = facts;
  return {
    stops: stopsText(facts),
    losses: targets.flatMap((target) => lossesOf(target)),
    capacity: targets.flatMap((target) => capacityOf(target)),
    dependents: dependentsText(facts.dependents),
    cost: targets.flatMap((target) => costOf(target)),
    before: changesText(facts),
    record:
      facts.record === null || facts.risk === 0 ? "" : sentence(trackText(facts.record, facts.now.wall)),
    proof: `Precheck passed: ${[...new Set(facts.proofs)].join("; ")}.`,
    wayBack: wayBackText(facts),
    unread:
      facts.unread.length === 0
        ? ""
        : `Not checked, because it could not be read: ${facts.unread.join("; ")}.`,
  };
}

/** The lines of a card, most important first; what has nothing to say takes no line. */
export function radiusLines(radius: BlastRadius): string[] {
  return [
    radius.stops,
    radius.losses.join(" "),
    [...radius.capacity, radius.dependents].join(" ").trim(),
    radius.cost.join(" "),
    radius.unread,
    radius.before,
    radius.record,
    radius.proof,
    radius.wayBack,
  ].filter((line) => line !== "");
}

/**
 * The risk of a plan: the largest of its actions' and its runbook's, and 3 as soon as it disturbs more than one target
 * or one tagged critical. Reading stays 0.
 */
export function riskOf(risks: readonly Risk[], targets: readonly { tags: Record<string, string> }[]): Risk {
  const largest = risks.reduce<Risk>((most, risk) => (risk > most ? risk : most), 0);
  if (largest === 0) return 0;
  return targets.length > 1 || targets.some(isCritical) ? 3 : largest;
}

/** Tagged `critical` (with any value but false, no or 0), or with the value `critical` on any tag. */
export function isCritical(target: { tags: Record<string, string> }): boolean {
  return Object.entries(target.tags).some(([key, value]) => {
    const said = value.trim().toLowerCase();
    if (said === "critical") return true;
    return key.trim().toLowerCase() === "critical" && !["false", "no", "0"].includes(said);
  });
}

/** "Stops app on web-1. It took about 6 s here (median of 9 runs); at 03:10 UTC it served 41 requests a second as one of 3 targets of app." */
function stopsText({ runbook, params, risk, targets, durations, now }: Facts): string {
  if (runbook.stops === "") return "";
  const what = targets.map(({ name, course, down }) => {
    const group = course[0]?.group?.name;
    const names = { ...params, target: name, ...(group === undefined ? {} : { group }) };
    const [stops = "", ...besides] = fillText(runbook.stops, names).split("; ");
    const told = down ? besides.filter((clause) => !/\brequests\b/.test(clause)) : besides;
    return sentence(`stops ${[stops, ...told].join("; ")}`);
  });
  if (risk === 0 || /^nothing\b/.test(runbook.stops)) return [...new Set(what)].join(" ");
  const long =
    durations.length === 0
      ? "how long that takes here is not measured yet"
      : `it took ${aboutDuration(median(durations))} here (${durations.length === 1 ? "one run" : `median of ${durations.length} runs`})`;
  const served = targets.flatMap((target) => trafficText(target, now.wall) ?? []);
  return [...what, sentence([long, ...served].join("; "))].join(" ");
}

function aboutDuration(ms: number): string {
  return ms < 1_000 ? sayDuration(ms) : `about ${sayDuration(ms)}`;
}

/** With the moment it was counted: the card stands while the load goes on. */
function trafficText({ traffic, down }: TargetFacts, wall: number): string | null {
  if (down) return "it serves nobody, its service is down";
  if (traffic === null) return null;
  const { perSecond, service, targets } = traffic;
  const count = perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10;
  const when = `at ${new Date(wall).toISOString().slice(11, 16)} UTC`;
  if (count === 0) return `no requests ${when}`;
  const of = targets > 1 ? `one of ${targets} targets of ${service}` : `the only target of ${service}`;
  return `${count} ${count === 1 ? "request" : "requests"} a second ${when}, and this is ${of}`;
}

function lossesOf({ name, view, course, type, protection }: TargetFacts): string[] {
  const stops = course.slice(1).some(({ state }) => state === "stopped");
  const protectedFrom = [
    ...(protection?.termination ? ["termination"] : []),
    ...(protection?.stop ? ["stopping"] : []),
  ];
  return [
    ...(stops && view.publicIp !== null && !view.elasticIp
      ? [`${name} loses its public address ${view.publicIp} (no Elastic IP).`]
      : []),
    ...(stops && view.rootInstanceStore ? [`${name} runs from an instance store: all of it is lost.`] : []),
    ...(stops && !view.rootInstanceStore && type?.instanceStore
      ? [`What lies on the instance store of ${name} (${view.type}) is lost.`]
      : []),
    ...(protectedFrom.length === 0 ? [] : [`EC2 protects ${name} against ${protectedFrom.join(" and ")}.`]),
  ];
}

/** "Affects 1 of 6 in web-asg: 5 stay in service; desired 6 -> 5, then 6 again." */
function capacityOf({ view, course, group }: TargetFacts): string[] {
  const before = course[0]?.group ?? null;
  if (before === null) return [];
  const desired = course.flatMap((state) => (state.group === null ? [] : [state.group.desired]));
  const [lowest, end] = [Math.min(...desired), desired.at(-1) ?? before.desired];
  const moves =
    lowest < before.desired && end === before.desired
      ? `desired ${before.desired} -> ${lowest}, then ${end} again`
      : end === before.desired
        ? `desired stays ${end}`
        : `desired ${before.desired} -> ${end}`;
  const limits = `limits ${before.min} to ${before.max}`;
  if (group === null) return [`In ${before.name}: ${moves} (${limits}).`];
  const serving = group.members.filter(({ lifecycle }) => lifecycle === "InService");
  const well = serving.filter(({ healthy }) => healthy).length;
  const inService = before.lifecycle === "InService";
  const others = well - (inService && view.state === "running" ? 1 : 0);
  const sick = serving.length - well;
  const shrinks = end < before.desired;
  const stays = shrinks ? Math.min(well, end) : Math.max(0, others);
  const affected = shrinks ? before.desired - end : 1;
  return [
    `Affects ${affected} of ${group.members.length} in ${before.name}: ${stays} ${stays === 1 ? "stays" : "stay"} in service; ${moves} (${limits})` +
      `${sick > 0 ? `; ${sick} unhealthy already` : ""}.`,
  ];
}

function dependentsText(names: readonly string[]): string {
  const [first] = names;
  if (first === undefined) return "";
  if (names.length === 1) return `${first} depends on it.`;
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  return `${names.length} targets depend on it: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
}

function costOf({ view, course, type, newType }: TargetFacts): string[] {
  const after = course.at(-1)?.type ?? view.type;
  if (after === view.type) return [];
  const leaves = type?.freeTier === true && newType?.freeTier === false;
  // A recorded instance has no type of EC2's.
  const change = view.type.includes(".") ? `${view.type} -> ${after}` : `Becomes ${after}`;
  return [`${change}: ${leaves ? "leaves the free tier; " : ""}${priceChange(view.type, after)}.`];
}

/** "Changed before this: deploy 4f2c by CI at 02:47 UTC (12 min before)." */
function changesText({ changes, now }: Facts): string {
  if (changes.length === 0) return "";
  return `Changed before this: ${changes
    .slice(0, 2)
    .map((change) => changeMoment(change, now.metric))
    .join("; ")}${changes.length > 2 ? `; and ${changes.length - 2} more` : ""}.`;
}

/** "deploy 4f2c by CI at 02:47 UTC (12 min before)", seen from a moment of metric time. */
export function changeMoment(change: Change, metricAt: number): string {
  const clock = new Date(change.at).toISOString().slice(11, 16);
  return `${changeText(change)} at ${clock} UTC (${sayDuration((metricAt - change.metricAt) * 1_000)} before)`;
}

/** The runbook's words, and what the plan itself does when it stops half way. */
function wayBackText({ runbook, params, steps }: Facts): string {
  const words = fillText(runbook.wayBack, params);
  const back = steps.filter(({ undoes }) => undoes !== null).map((step) => undoWords(step));
  const half = back.length === 0 ? "" : ` If it stops half way, I undo what was done: ${back.join(", ")}.`;
  return `Way back: ${words}.${half}`;
}
