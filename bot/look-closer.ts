import { newLevel } from "../ml/new-normal.ts";
import { courseOf } from "../ml/course.ts";
import { realAmongAlike } from "../ml/feedback.ts";
import type { Frame } from "../ml/frame.ts";
import { onsetsOf } from "../ml/onsets.ts";
import { usualAtThisHour, type UsualHour } from "../ml/usual-hour.ts";
import type { Bot } from "./bot.ts";
import type { CloserLook } from "./cards/closer-look.ts";
import type { Reading } from "./detector.ts";

/** What carries part of a finding; the last rows of an explanation often carry next to nothing. */
const leastShare = 0.05;

const contextSeconds = 900;
const longestFrameSeconds = 6 * 3_600;
const weekSeconds = 7 * 86_400;
const weeksBack = 8;
const hourStepSeconds = 300;
const halfHourSeconds = 1_800;
/** Half of an hour's samples must be there for that hour to count as seen. */
const leastHourSamples = halfHourSeconds / hourStepSeconds;
const dayStepSeconds = 300;

/**
 * What an anomalous reading's samples, its history and people's verdicts tell beyond it. Samples that are kept for
 * scoring cost no query of Prometheus; there are eight small reads of the history and, once people have judged enough,
 * one of their verdicts: for a finding that is told, not for every round.
 */
export async function lookCloser(reading: Reading, bot: Bot): Promise<CloserLook> {
  const metrics = tellingMetrics(reading);
  const [leading] = metrics;
  const [frame, thisHour, alike] = await Promise.all([
    frameOf(reading, bot),
    usualThisHour(reading.target, metrics, bot),
    alikeTo(reading.score, bot),
  ]);
  const onsets =
    frame === null ? [] : onsetsOf(frame, metrics, (metric) => bot.detector.usual(reading.target, metric));
  const began = onsets.find(({ metric }) => metric === leading)?.at;
  const column = leading === undefined ? undefined : frame?.columns[frame.metrics.indexOf(leading)];
  const first = frame?.time.findIndex((time) => began !== undefined && time >= began) ?? -1;
  const course =
    frame === null || column === undefined || first < 0
      ? null
      : courseOf(
          frame.time.subarray(first),
          column.subarray(first),
          bot.detector.catalog.find(leading ?? "")?.smallestChange ?? 0,
        );
  return { thisHour, onsets, course, alike };
}

/** By what people said in words; what their decisions tell between the lines is no base for a share. */
async function alikeTo(score: number, bot: Bot): Promise<CloserLook["alike"]> {
  const said = await bot.feedback.verdictsOf();
  const judged = said.map(({ score: peak, verdict }) => ({
    peak: peak ?? Number.NaN,
    real: verdict === "problem",
  }));
  return realAmongAlike(judged, score);
}

/** The metrics that carry the finding, largest share first. */
export function tellingMetrics({ top }: { top: readonly { metric: string; share: number }[] }): string[] {
  return top.filter(({ share }, rank) => rank === 0 || share >= leastShare).map(({ metric }) => metric);
}

/**
 * The watch's readings carry no samples. What is kept for scoring mostly reaches back far enough; else a short look at
 * the one target does. Null when it cannot be had.
 */
async function frameOf(reading: Reading, bot: Bot): Promise<Frame | null> {
  if (reading.frame.time.length > 0) return reading.frame;
  const target = bot.targets().find(({ name }) => name === reading.target);
  if (target === undefined) return null;
  const lasted = bot.scene().metricNow - (reading.since ?? bot.scene().metricNow);
  const seconds = Math.min(longestFrameSeconds, lasted + contextSeconds);
  const kept = await bot.detector.recent(reading.target, seconds);
  if (kept !== null) return kept;
  const frame = await bot.detector
    .survey([target], seconds)
    .then(({ readings }) => readings[0]?.frame)
    // The finding is told without it; why Prometheus is silent is told by the watch.
    .catch(() => undefined);
  return frame === undefined || frame.time.length === 0 ? null : frame;
}

/** What the metrics were at this hour of the week, as far as the history goes back. A recording's hours mean nothing. */
async function usualThisHour(
  target: string,
  metrics: readonly string[],
  bot: Bot,
): Promise<Map<string, UsualHour>> {
  const { metricNow, replay } = bot.scene();
  const found = new Map<string, UsualHour>();
  if (replay || metrics.length === 0) return found;
  const weeks: Frame[] = [];
  for (let back = 1; back <= weeksBack; back++) {
    const middle = metricNow - back * weekSeconds;
    const window = { start: middle - halfHourSeconds, end: middle + halfHourSeconds };
    const frame = await bot.history.read(target, { ...window, stepSeconds: hourStepSeconds });
    if (frame !== null) weeks.push(frame);
  }
  for (const metric of metrics) {
    const columns = weeks.flatMap((week) => week.columns[week.metrics.indexOf(metric)] ?? []);
    const usual = usualAtThisHour(columns, leastHourSamples);
    if (usual !== null) found.set(metric, usual);
  }
  return found;
}

/**
 * Since when (unix seconds) every telling metric of a finding has been at a steady new level, from the collected history;
 * null when one of them is not, or is beyond its limit.
 */
export async function steadySince(reading: Reading, bot: Bot): Promise<number | null> {
  if (reading.beyond.length > 0) return null;
  const now = bot.scene().metricNow;
  const window = { start: now - 86_400 - dayStepSeconds, end: now, stepSeconds: dayStepSeconds };
  const frame = await bot.history.read(reading.target, window);
  if (frame === null) return null;
  const levels = tellingMetrics(reading).map((metric) => {
    const values = frame.columns[frame.metrics.indexOf(metric)];
    const usual = bot.detector.usual(reading.target, metric);
    if (values === undefined || usual === null) return null;
    const smallestChange = bot.detector.catalog.find(metric)?.smallestChange ?? 0;
    return newLevel(
      { time: frame.time, values, stepSeconds: dayStepSeconds },
      { usual, smallestChange, now },
    );
  });
  const [first] = levels;
  return first === undefined || levels.includes(null) ? null : (first?.since ?? null);
}
