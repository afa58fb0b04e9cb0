import type { Reading } from "../detector.ts";
import { capital, count, duration, list, plural, quantity, usualRange } from "../format.ts";
import {
  be,
  type CloserLook,
  comparedWithUsual,
  courseClause,
  lower,
  noCloserLook,
  orderSentence,
  partOfWeek,
  quantityOf,
  timesText,
  timesUsual,
} from "./closer-look.ts";
import { metricTitle, metricUnit, type Scene } from "./scene.ts";

const mostNovelties = 3;

/** "memory is far above usual": the finding in words, for titles. `top` is the explanation's first row. */
export function finding(reading: Reading, scene: Scene, look: CloserLook = noCloserLook): string {
  const down = reading.beyond.find(({ metric }) => metric.name === "service_up");
  if (down) return `${reading.target}: the service is down`;
  const [first] = reading.top;
  if (first === undefined) {
    const [beyond] = reading.beyond;
    if (beyond === undefined) return `${reading.target}: something is unusual`;
    return `${reading.target}: ${lower(beyond.metric.title)} is ${quantity(beyond.value, beyond.metric.unit)}`;
  }
  const title = metricTitle(scene, first.metric);
  const times = timesUsual(first.value, look.thisHour.get(first.metric));
  const how =
    times === null
      ? `${distance(first.value, first.usual)} usual`
      : `${timesText(times)} the usual for a ${partOfWeek(scene)}`;
  return `${reading.target}: ${lower(title)} ${be(title)} ${how}`;
}

/** "web-1: memory usage is not measured any more": a finding of its own. */
export function vanishedFinding(reading: Reading, scene: Scene): string {
  const titles = reading.vanished.map((metric) => metricTitle(scene, metric));
  const [only] = titles;
  if (only !== undefined && titles.length === 1)
    return `${reading.target}: ${lower(only)} ${be(only)} not measured any more`;
  return `${reading.target}: ${count(titles.length)} metrics are not measured any more`;
}

/** What is missing, and where to look: neither healthy nor a fault by itself. */
export function vanishedSentence(reading: Reading, scene: Scene): string {
  const titles = reading.vanished.map((metric) => lower(metricTitle(scene, metric)));
  const named = titles.length > 5 ? [...titles.slice(0, 5), `${titles.length - 5} more`] : titles;
  return (
    `${capital(list(named))} had samples nearly always and ${titles.length === 1 ? "has" : "have"} had none for minutes, ` +
    "while the other metrics arrive. Nothing is known about that part meanwhile; look at its exporter."
  );
}

/**
 * What moved and what follows it, how sure, how rare, and what the reader should know of the detector itself. Numbers only
 * with what is usual beside them.
 */
export function findingSentence(reading: Reading, scene: Scene, look: CloserLook = noCloserLook): string {
  const [first] = reading.top;
  if (first === undefined) return "";
  const unit = metricUnit(scene, first.metric);
  const title = metricTitle(scene, first.metric);
  const moved =
    unit === "up"
      ? "The service does not answer its health check."
      : `${title} ${be(title)} ${quantity(first.value, unit)}, ${comparedWithUsual(first, look, scene)}${courseClause(look.course, unit)}.`;
  const order = orderSentence(first.metric, look.onsets, scene);
  const sentences = [moved, order === "" ? alongSentence(reading, scene) : order, sureSentence(reading)];
  return [...sentences, lessReadily(reading), stageSentence(reading), alikeSentence(look)]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

/** What carries part of the finding, where no onset tells the order. */
function alongSentence({ top: [first, ...others] }: Reading, scene: Scene): string {
  const also = others
    .filter((row) => row.share >= 0.1 && quantityOf(row.metric) !== quantityOf(first?.metric ?? ""))
    .map((row) => lower(metricTitle(scene, row.metric)));
  return also.length === 0 ? "" : `${capital(list(also))} ${also.length === 1 ? "moves" : "move"} with it.`;
}

/** "Four of five models agree; a normal moment scores this high about once in 9 days." */
function sureSentence(reading: Reading): string {
  const agree = agreement(reading);
  return `${capital(agree === "" ? rarity(reading) : `${agree}; ${rarity(reading)}`)}.`;
}

/** "four of five models agree"; "" where one model alone decides, or none does. */
export function agreement({ agreeing, members }: Pick<Reading, "agreeing" | "members">): string {
  if (members < 2 || agreeing === 0) return "";
  const verb = agreeing === 1 ? "agrees" : "agree";
  return agreeing === members
    ? `all ${count(members)} models agree`
    : `${count(agreeing)} of ${count(members)} models ${verb}`;
}

/** The threshold that was raised at run time is said, else silence would look like health. */
export function lessReadily({ thresholdFactor }: Pick<Reading, "thresholdFactor">): string {
  if (!(thresholdFactor > 1.005)) return "";
  return (
    `I alarm less readily for now: more alarms came than the alarm budget allows, so the threshold is ` +
    `${Math.round(thresholdFactor * 100) / 100} times what it was.`
  );
}

/** How far a young model is trusted; "" for a settled one. */
export function stageSentence({ model }: Pick<Reading, "model">): string {
  if (model === null || model.model.demo) return "";
  const learned = duration(model.model.learnedMinutes * 60);
  switch (model.model.stage) {
    case "first_days":
      return `It is still learning (${learned} so far): I warn, and propose nothing by myself.`;
    case "first_week":
      return `It has learned from ${learned} only, so it keeps to half of the alarm budget.`;
    case "settled":
      return "";
  }
}

function alikeSentence({ alike }: CloserLook): string {
  return alike === null ? "" : `Of the ${alike.of} judged alarms most like it, ${alike.real} were real.`;
}

/**
 * How seldom a normal moment looks like this. Never more than was seen: a short history claims no rarity beyond
 * itself, and a recording's model says what it learned from.
 */
export function rarity(reading: Reading): string {
  const { model } = reading;
  if (model === null) return "there is no model yet";
  if (reading.state !== "anomalous") return "normal moments look like this";
  const learned = duration(model.model.learnedMinutes * 60);
  if (model.model.demo) {
    const minutes = plural(Math.floor(model.model.learnedMinutes), "minute");
    return `no normal moment it has seen looks like this (learned from ${minutes}; the alarm budget is not in force yet)`;
  }
  const days = model.model.learnedMinutes / 1_440;
  if (Number.isNaN(reading.rarityDays) || reading.rarityDays >= 10 * days) {
    return `never in the ${learned} it has seen did a normal moment score this high`;
  }
  return `a normal moment scores this high about once in ${duration(reading.rarityDays * 86_400)}`;
}

/** One line a target for the status card. */
export function readingLine(reading: Reading, scene: Scene): string {
  switch (reading.state) {
    case "anomalous":
      return finding(reading, scene);
    case "no_data":
      return reading.newest === null
        ? `no data from ${reading.target}`
        : `no data from ${reading.target} for ${duration(scene.metricNow - reading.newest)}`;
    case "withheld":
      return `${reading.target}: ${whyWithheld(reading)}`;
    case "learning":
      return reading.beyond.length > 0
        ? finding(reading, scene)
        : `${reading.target}: still learning what is usual${novelties(reading, scene)}`;
    case "normal":
      return reading.beyond.length > 0 ? finding(reading, scene) : `${reading.target}: well`;
  }
}

/** "; memory usage is 41 %, far from the 9-12 % seen so far": a hint about a target that no model knows yet. */
function novelties({ novel }: Pick<Reading, "novel">, scene: Scene): string {
  const told = novel.slice(0, mostNovelties).map(({ metric, value, seen }) => {
    const [title, unit] = [metricTitle(scene, metric), metricUnit(scene, metric)];
    const range = usualRange([...seen], unit);
    return `${lower(title)} ${be(title)} ${quantity(value, unit)}, far from the ${range} seen so far`;
  });
  return told.length === 0 ? "" : `; ${told.join("; ")}`;
}

function whyWithheld({ withheldBecause }: Reading): string {
  switch (withheldBecause) {
    case "warming_up":
      return "not judged yet, its detector is starting";
    case "no_memory":
      return "not judged, the models need more memory than there is";
    case "unusable_model":
      return 'not judged, its model cannot be used: say "train"';
    case "too_few_metrics":
    case null:
      return "too few metrics to judge";
  }
}

/** Anomalous, or beyond a hard limit, with or without a model. */
export function inTrouble(reading: Reading): boolean {
  return reading.state === "anomalous" || reading.beyond.length > 0;
}

function distance(value: number, [low, high]: readonly [number, number]): string {
  const width = Math.max(high - low, Number.EPSILON);
  if (value > high) return value - high > 3 * width ? "far above" : "above";
  if (value < low) return low - value > 3 * width ? "far below" : "below";
  return "moving unlike";
}
