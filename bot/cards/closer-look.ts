import type { Course } from "../../ml/course.ts";
import type { Onset } from "../../ml/onsets.ts";
import type { UsualHour } from "../../ml/usual-hour.ts";
import { duration, list, quantity, rate, usualRange } from "../format.ts";
import { metricTitle, metricUnit, type Scene } from "./scene.ts";

/** What a finding's frame, its history and people's verdicts add to a reading. */
export type CloserLook = {
  /** What a metric usually is at this hour of the week; a metric whose hour was seen less than twice is not in it. */
  thisHour: ReadonlyMap<string, UsualHour>;
  /** Which metrics left their usual range, the first one first. */
  onsets: readonly Onset[];
  /** How the leading metric goes on. */
  course: Course | null;
  /** What came of the judged alarms most like this one; null before there are fifty verdicts. */
  alike: { real: number; of: number } | null;
};

export const noCloserLook: CloserLook = { thisHour: new Map(), onsets: [], course: null, alike: null };

/** From this ratio on "14x the usual" says more than two ranges. */
const telling = 2;
const together = 1;
const mostFollowers = 2;

/** 14 for a value that is 14 times what it usually is at this hour; null where that is not telling or not known. */
export function timesUsual(value: number, hour: UsualHour | undefined): number | null {
  if (hour === undefined || !(hour.middle > 0) || value <= hour.high) return null;
  const times = value / hour.middle;
  return times >= telling ? times : null;
}

/** "14x", "2.4x", "over 100x". */
export function timesText(times: number): string {
  if (times > 100) return "over 100x";
  return `${times >= 10 ? Math.round(times) : Math.round(times * 10) / 10}x`;
}

/** "Friday morning": the hour of the week in the reader's zone; the days' parts change at 5, 12, 17 and 22 o'clock. */
export function partOfWeek(scene: Scene): string {
  const at = scene.metricNow * 1_000;
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: scene.timeZone, ...options }).format(at);
  const hour = Number(part({ hour: "2-digit", hourCycle: "h23" }));
  const name = hour < 5 || hour >= 22 ? "night" : hour < 12 ? "morning" : hour < 17 ? "afternoon" : "evening";
  return `${part({ weekday: "long" })} ${name}`;
}

/** "14x the usual for a Friday morning (2-6 MB/s)", or "usually 2-6 MB/s" where the hour was hardly seen. */
export function comparedWithUsual(
  row: { metric: string; value: number; usual: readonly [number, number] },
  look: CloserLook,
  scene: Scene,
): string {
  const unit = metricUnit(scene, row.metric);
  const hour = look.thisHour.get(row.metric);
  if (hour === undefined) return `usually ${usualRange(row.usual, unit)}`;
  const times = timesUsual(row.value, hour);
  const range = usualRange([hour.low, hour.high], unit);
  const when = `a ${partOfWeek(scene)}`;
  if (times !== null) return `${timesText(times)} the usual for ${when} (${range})`;
  if (row.value >= hour.low && row.value <= hour.high)
    return `which is usual for ${when} (${range}), but not otherwise (${usualRange(row.usual, unit)})`;
  return `usually ${range} on ${when}`;
}

/** ", and climbing at 2.6 points a minute"; "" where nothing can be said. */
export function courseClause(course: Course | null, unit: string): string {
  switch (course?.kind) {
    case "climbing":
    case "falling":
      return `, and ${course.kind} at ${rate(Math.abs(course.perMinute), unit)}`;
    case "flat":
      return ", and has stayed there";
    case "unsteady":
    case undefined:
      return "";
  }
}

/** "It moved first; CPU usage followed 40 s later." by the onsets; "" when only one metric left its range. */
export function orderSentence(leading: string, onsets: readonly Onset[], scene: Scene): string {
  // "Memory used moved with memory usage" tells nothing: it is the same quantity.
  const [first, ...later] = onsets.filter(
    ({ metric }) => metric === leading || quantityOf(metric) !== quantityOf(leading),
  );
  const own = onsets.find(({ metric }) => metric === leading);
  if (first === undefined || own === undefined || later.length === 0) return "";
  const name = (metric: string) => lower(metricTitle(scene, metric));
  const others = [first, ...later].filter(({ metric }) => metric !== leading).slice(0, mostFollowers);
  if (own.at - first.at >= together)
    return `${metricTitle(scene, first.metric)} moved first, ${duration(own.at - first.at)} before it.`;
  const followers = others.filter(({ at }) => at - own.at >= together);
  if (followers.length === 0) {
    const names = list(others.map(({ metric }) => name(metric)));
    return `${names.charAt(0).toUpperCase()}${names.slice(1)} moved with it.`;
  }
  const said = followers.map(({ metric, at }, rank) =>
    [name(metric), ...(rank === 0 ? ["followed"] : []), `${duration(at - own.at)} later`].join(" "),
  );
  return `It moved first; ${list(said)}.`;
}

/** Prometheus names end in a unit, and a quantile stands before it. */
const unitAndQuantile = /(_p\d+)?(_(bytes|percent|seconds|ratio|total|per_second))*$/;

/** What a metric is about without its unit or quantile: "memory_usage" of "memory_usage_bytes". */
export function quantityOf(metric: string): string {
  return metric.replace(unitAndQuantile, "");
}

/** "14 MB/s (on a Friday morning 2-6 MB/s)": a metric now beside what is usual; in range, just "(usual)". */
export function besideUsual(
  row: { metric: string; value: number; usual: readonly [number, number] },
  scene: Scene,
  thisHour: readonly [number, number] | null = null,
): string {
  const unit = metricUnit(scene, row.metric);
  const now = quantity(row.value, unit);
  if (thisHour !== null) return `${now} (on a ${partOfWeek(scene)} ${usualRange(thisHour, unit)})`;
  const inside = row.value >= row.usual[0] && row.value <= row.usual[1];
  return inside ? `${now} (usual)` : `${now} (usually ${usualRange(row.usual, unit)})`;
}

/** "memory usage", but "CPU usage": a title in the middle of a sentence. */
export function lower(title: string): string {
  return /^[A-Z]{2}/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1);
}

/** Whether a title reads as several: "disk reads are", "CPU usage is". */
export function be(title: string): "is" | "are" {
  return /[^s]s$/.test(title) ? "are" : "is";
}
