import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listSubjects, readCauses, readFrame, readLabels, type Subject } from "../../infra/dataset.ts";
import { evaluateSubject, summarise, type SubjectResult, type Summary } from "../../ml/evaluate.ts";
import { eventScores } from "../../ml/event-measures.ts";
import { asUsage, checkAlarmBudget, DEFAULT_ALARM_BUDGET } from "./score.ts";
import { scoreSubject } from "./score-subject.ts";
import { UsageError } from "./usage-error.ts";

export type EvaluateArguments = {
  dir: string;
  json?: boolean | undefined;
  alarmBudget?: number | undefined;
  progress?: ((text: string) => void) | undefined;
};

/**
 * `smartcloudops evaluate`: trains on each subject's train part, scores its test part, and compares with its labels.
 * Thresholds come from train and the alarm budget only. Answers a table, or JSON, to print.
 */
export async function evaluate({ dir, json, alarmBudget, progress }: EvaluateArguments): Promise<string> {
  return asUsage(async () => {
    const budget = checkAlarmBudget(alarmBudget ?? DEFAULT_ALARM_BUDGET);
    const demo = await isDemoCapture(dir);
    const results: SubjectResult[] = [];
    for (const subject of await listSubjects(dir)) {
      progress?.(`${subject.name}: training and scoring`);
      results.push(await evaluateOne(subject, { alarmBudget: budget, demo }));
    }
    const summary = summarise(results);
    if (json === true)
      return `${JSON.stringify({ dir, alarmBudget: budget, demo, subjects: results, summary }, null, 2)}\n`;
    return renderTable(
      results,
      summary,
      demo ? "demo threshold, no alarm budget" : `alarm budget ${budget} a day`,
    );
  });
}

async function evaluateOne(
  subject: Subject,
  options: { alarmBudget: number; demo: boolean },
): Promise<SubjectResult> {
  const [train, test] = [await readFrame(subject.train), await readFrame(subject.test)];
  const scored = scoreSubject(train, test, options);
  return evaluateSubject({
    name: subject.name,
    stepSeconds: test.stepSeconds,
    time: scored.time,
    score: scored.score,
    anomalous: scored.anomalous,
    labels: subject.labels === null ? [] : await readLabels(subject.labels),
    causes: subject.causes === null ? [] : await readCauses(subject.causes),
    explain: (row) => scored.explain(row).map(({ metric }) => metric),
  });
}

async function isDemoCapture(dir: string): Promise<boolean> {
  const file = join(dir, "capture.json");
  if (!existsSync(file)) return false;
  try {
    const capture: unknown = JSON.parse(await readFile(file, "utf8"));
    return typeof capture === "object" && capture !== null && "demo" in capture && capture.demo === true;
  } catch (error) {
    throw new UsageError(`${file} is not readable JSON: record the capture again, or remove the file.`, {
      cause: error,
    });
  }
}

const COLUMNS = [
  "subject",
  "VUS-PR",
  "AP",
  "best F1",
  "base",
  "events",
  "P",
  "R",
  "F1",
  "FA/day",
  "delay",
  "calm alarmed",
  "top 3",
];

function renderTable(results: readonly SubjectResult[], summary: Summary, threshold: string): string {
  const rows = results.map((result) => {
    const { precision, recall, f1 } = eventScores(result);
    const one = summarise([result]);
    return lineOf(result.name, `${result.detected}/${result.events}`, { ...one, precision, recall, f1 });
  });
  const detected = results.reduce((sum, result) => sum + result.detected, 0);
  const events = results.reduce((sum, result) => sum + result.events, 0);
  const table = [COLUMNS, ...rows, lineOf("all", `${detected}/${events}`, summary)];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
  const notes = [
    `Threshold from train only (${threshold}); no labels used, no point adjustment.`,
    "all: VUS-PR, AP, best F1 and base averaged over subjects; events, P, R, F1, FA/day, delay and top 3 pooled.",
  ];
  return `${[...lines, "", ...notes].join("\n")}\n`;
}

function lineOf(name: string, events: string, summary: Summary): string[] {
  const { volumeUnderSurface, averagePrecision, bestF1, baseRate, precision, recall, f1 } = summary;
  const ratios = [precision, recall, f1].map(number);
  return [
    name,
    ...[volumeUnderSurface, averagePrecision, bestF1, baseRate].map(number),
    events,
    ...ratios,
    number(summary.falseAlarmsPerDay),
    duration(summary.medianDelaySeconds),
    Number.isNaN(summary.calmShareAlarmed) ? "-" : `${(100 * summary.calmShareAlarmed).toFixed(1)} %`,
    number(summary.topThree),
  ];
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "-";
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
