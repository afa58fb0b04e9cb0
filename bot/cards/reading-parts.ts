import type { Reading } from "../detector.ts";
import { duration, list, plural, quantity, usualRange } from "../format.ts";
import { metricTitle, metricUnit, type Scene } from "./scene.ts";

/** "memory is far above usual": the finding in words, for titles. `top` is the explanation's first row. */
export function finding(reading: Reading, scene: Scene): string {
  const down = reading.beyond.find(({ metric }) => metric.name === "service_up");
  if (down) return `${reading.target}: the service is down`;
  const [first] = reading.top;
  if (first === undefined) {
    const [beyond] = reading.beyond;
    if (beyond === undefined) return `${reading.target}: something is unusual`;
    return `${reading.target}: ${lower(beyond.metric.title)} is ${quantity(beyond.value, beyond.metric.unit)}`;
  }
  return `${reading.target}: ${lower(metricTitle(scene, first.metric))} is ${distance(first.value, first.usual)} usual`;
}

/** One or two sentences: what moved, how sure, how rare. Numbers only with what is usual beside them. */
export function findingSentence(reading: Reading, scene: Scene): string {
  const [first, ...others] = reading.top;
  if (first === undefined) return "";
  const unit = metricUnit(scene, first.metric);
  const also = others.filter((row) => row.share >= 0.1).map((row) => lower(metricTitle(scene, row.metric)));
  const follow =
    also.length > 0 ? ` ${capital(list(also))} ${also.length === 1 ? "moves" : "move"} with it.` : "";
  if (unit === "up")
    return `The service does not answer its health check.${follow} ${capital(rarity(reading))}.`;
  return (
    `${metricTitle(scene, first.metric)} is ${quantity(first.value, unit)}, usually ${usualRange(first.usual, unit)}.` +
    `${follow} ${capital(rarity(reading))}.`
  );
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
      return `${reading.target}: too few metrics to judge`;
    case "learning":
      return reading.beyond.length > 0
        ? finding(reading, scene)
        : `${reading.target}: still learning what is usual`;
    case "normal":
      return reading.beyond.length > 0 ? finding(reading, scene) : `${reading.target}: well`;
  }
}

export function inTrouble(reading: Reading): boolean {
  return reading.state === "anomalous" || reading.beyond.length > 0;
}

function distance(value: number, [low, high]: readonly [number, number]): string {
  const width = Math.max(high - low, Number.EPSILON);
  if (value > high) return value - high > 3 * width ? "far above" : "above";
  if (value < low) return low - value > 3 * width ? "far below" : "below";
  return "moving unlike";
}

export function lower(title: string): string {
  return /^[A-Z]{2}/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
