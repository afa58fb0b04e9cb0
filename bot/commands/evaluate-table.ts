import { BUDGET_FACTOR, keptBudget, summarise, type SubjectResult, type Summary } from "../../ml/evaluate.ts";
import { eventScores } from "../../ml/event-measures.ts";
import type { Evaluation, Seconds } from "./evaluate.ts";
import { SYNTHETIC_NOTE } from "./subject-parts.ts";
import { alignTable, shorten } from "./text-table.ts";

const NAME_LENGTH = 28;

/** The tables that a person reads; the same files give the same text, so timings stand in a block of their own. */
export function renderEvaluation(evaluation: Evaluation, { timings }: { timings: boolean }): string {
  const { subjects, summary, byMember } = evaluation;
  const blocks = [
    ...(evaluation.synthetic ? [[SYNTHETIC_NOTE]] : []),
    rankingTable(subjects, summary),
    eventTable(evaluation),
    ...(byMember === undefined ? [] : [memberTable(evaluation)]),
    notesOn(evaluation),
    ...(timings ? [timingTable(evaluation)] : []),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function rankingTable(subjects: readonly SubjectResult[], summary: Summary): string[] {
  const line = (name: string, rows: number, days: number, one: Summary) => [
    shorten(name, NAME_LENGTH),
    String(Math.round(rows)),
    duration(86_400 * days),
    ...[one.volumeUnderSurface, one.randomVolumeUnderSurface, one.averagePrecision, one.baseRate].map(ratio),
    ...[one.bestF1, one.accuracy, one.neverAlarmAccuracy, one.topThree].map(ratio),
  ];
  const titles = "subject/rows/time/VUS-PR/random/AP/base rate/best F1/accuracy/never alarm/top 3";
  return alignTable([
    titles.split("/"),
    ...subjects.map((result) => line(result.name, result.rows, result.days, summarise([result]))),
    line("mean", mean(subjects.map((r) => r.rows)), mean(subjects.map((r) => r.days)), summary),
  ]);
}

type EventLine = Pick<
  Summary,
  "precision" | "recall" | "f1" | "falseAlarmsPerDay" | "medianDelaySeconds" | "calmShareAlarmed"
>;

function eventTable({ subjects, summary, alarmBudget, demo }: Evaluation): string[] {
  const line = (name: string, counts: string[], one: EventLine) => [
    shorten(name, NAME_LENGTH),
    ...counts,
    ...[one.precision, one.recall, one.f1, one.falseAlarmsPerDay].map(ratio),
    ...(demo ? [] : [ratio(one.falseAlarmsPerDay / alarmBudget)]),
    duration(one.medianDelaySeconds),
    percent(one.calmShareAlarmed),
  ];
  const countsOf = ({ events, detected, alarms, falseAlarms }: SubjectResult | Summary) => [
    `${detected}/${events}`,
    String(alarms),
    String(falseAlarms),
  ];
  const { meanPrecision: precision, meanRecall: recall, meanF1: f1 } = summary;
  const daily = mean(subjects.map(({ falseAlarms, days }) => falseAlarms / days));
  const delay = mean(subjects.map((r) => summarise([r]).medianDelaySeconds).filter(Number.isFinite));
  return alignTable([
    [
      ...["subject", "found", "alarms", "false", "P", "R", "F1", "FA/day"],
      ...(demo ? [] : ["x budget"]),
      ...["delay", "calm alarmed"],
    ],
    ...subjects.map((result) =>
      line(result.name, countsOf(result), { ...summarise([result]), ...eventScores(result) }),
    ),
    line("mean", ["", "", ""], {
      precision,
      recall,
      f1,
      falseAlarmsPerDay: daily,
      medianDelaySeconds: delay,
      calmShareAlarmed: summary.calmShareAlarmed,
    }),
    line("pooled", countsOf(summary), summary),
  ]);
}

function memberTable({ summary, byMember = [] }: Evaluation): string[] {
  const line = (name: string, one: Summary) => [
    name,
    ...[one.volumeUnderSurface, one.averagePrecision, one.bestF1].map(ratio),
    `${one.detected}/${one.events}`,
    ...[one.precision, one.recall, one.f1, one.falseAlarmsPerDay].map(ratio),
    duration(one.medianDelaySeconds),
  ];
  return alignTable([
    ["member", "VUS-PR", "AP", "best F1", "found", "P", "R", "F1", "FA/day", "delay"],
    line("all together", summary),
    ...byMember.map(({ member, summary: alone }) => line(member, alone)),
  ]);
}

function notesOn(evaluation: Evaluation): string[] {
  const { subjects, alarmBudget, demo } = evaluation;
  const threshold = demo ? "demo threshold, no alarm budget" : `alarm budget ${alarmBudget} a day`;
  const kept = `False alarms at most ${BUDGET_FACTOR} times the alarm budget (or a single one): ${keptBudget(subjects, alarmBudget)} of ${subjects.length} subjects.`;
  const withheld = subjects.filter((result) => result.withheld > 0.05);
  const empty = subjects.reduce((sum, { labelsWithoutRows }) => sum + labelsWithoutRows, 0);
  return [
    `Threshold from train only (${threshold}); no labels used, no point adjustment.`,
    "random: VUS-PR of a random score. base rate: share of labelled rows, which is a random score's AP.",
    "accuracy: of rows, at the threshold; beside it what never alarming gets. top 3: labelled stretches whose top three",
    "metrics name a labelled cause. P over alarms, R over labelled stretches; pooled: over all of them; delay: median.",
    "calm alarmed: share of unlabelled rows in alarm.",
    ...(demo ? [] : [kept]),
    ...withheld.map((result) => `${result.name}: ${percent(result.withheld)} of the rows have no score.`),
    ...(empty > 0 ? [`${empty} labelled stretches hold no row of their test part and are not counted.`] : []),
  ];
}

function timingTable({ subjects, byMember = [] }: Evaluation): string[] {
  const line = (name: string, { training, scoring, microsecondsPerRow }: Seconds) => [
    shorten(name, NAME_LENGTH),
    training.toFixed(2),
    scoring.toFixed(2),
    microsecondsPerRow.toFixed(0),
  ];
  return alignTable([
    ["seconds on this machine", "training", "scoring", "us/row"],
    ...subjects.map(({ name, seconds }) => line(name, seconds)),
    line("mean", meanSeconds(subjects)),
    ...byMember.map(({ member, subjects: alone }) => line(member, meanSeconds(alone))),
  ]);
}

function meanSeconds(subjects: readonly { seconds: Seconds }[]): Seconds {
  const average = (pick: (seconds: Seconds) => number) => mean(subjects.map(({ seconds }) => pick(seconds)));
  return {
    training: average((s) => s.training),
    scoring: average((s) => s.scoring),
    microsecondsPerRow: average((s) => s.microsecondsPerRow),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "-";
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : "-";
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
