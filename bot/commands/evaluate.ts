import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listSubjects, readCauses, readLabels, type Subject } from "../../infra/dataset.ts";
import {
  evaluateSubject,
  keptBudget,
  summarise,
  type SubjectResult,
  type Summary,
} from "../../ml/evaluate.ts";
import { memberNames, type MemberName } from "../../ml/members.ts";
import { scoreFrame } from "../../ml/score.ts";
import { renderEvaluation } from "./evaluate-table.ts";
import { checkAlarmBudget, DEFAULT_ALARM_BUDGET } from "./score.ts";
import { scoreSubject, testGridOf, type ScoredRows } from "./score-subject.ts";
import { asUsage, readParts, type Parts } from "./subject-parts.ts";
import { UsageError } from "./usage-error.ts";

export type EvaluateArguments = {
  dir: string;
  json?: boolean | undefined;
  alarmBudget?: number | undefined;
  /** Also every member alone, side by side. */
  byMember?: boolean | undefined;
  /** Add how long it took; it differs from run to run, so tables leave it out unless asked. JSON always has it. */
  timings?: boolean | undefined;
  /** The data is made up by `synthesize` and that is meant. */
  synthetic?: boolean | undefined;
  progress?: ((text: string) => void) | undefined;
  tell?: ((text: string) => void) | undefined;
  /** Milliseconds of a clock that never goes back. */
  now?: (() => number) | undefined;
};

/** Of one subject. Scoring is timed without reading and training; `microsecondsPerRow` is per row of the test file. */
export type Seconds = { training: number; scoring: number; microsecondsPerRow: number };

type Evaluated = SubjectResult & { labelsWithoutRows: number; seconds: Seconds };

export type Evaluation = {
  dir: string;
  alarmBudget: number;
  demo: boolean;
  synthetic: boolean;
  subjects: Evaluated[];
  summary: Summary;
  /** Subjects whose false alarms were at most three times the alarm budget; null for a demo, which has none in force. */
  keptAlarmBudget: number | null;
  byMember?: { member: MemberName; subjects: Evaluated[]; summary: Summary }[];
};

/**
 * `smartcloudops evaluate`: trains on each subject's train part, scores its test part, and compares with its labels.
 * Thresholds come from train and the alarm budget only. Answers tables, or JSON, to print.
 */
export async function evaluate(options: EvaluateArguments): Promise<string> {
  return asUsage(async () => {
    const evaluation = await measure(options);
    return options.json === true
      ? `${JSON.stringify(evaluation, null, 2)}\n`
      : renderEvaluation(evaluation, { timings: options.timings === true });
  });
}

async function measure(options: EvaluateArguments): Promise<Evaluation> {
  const alarmBudget = checkAlarmBudget(options.alarmBudget ?? DEFAULT_ALARM_BUDGET);
  const demo = await isDemoCapture(options.dir);
  const alone = new Map<MemberName, Evaluated[]>(
    options.byMember ? memberNames.map((name) => [name, []]) : [],
  );
  const subjects: Evaluated[] = [];
  let synthetic = false;
  for (const subject of await listSubjects(options.dir)) {
    const parts = await readParts({ ...subject, synthetic: options.synthetic, tell: options.tell });
    synthetic ||= parts.synthetic;
    const judge = await createJudge(subject, parts, { alarmBudget, demo, now: options.now });
    options.progress?.(`${subject.name}: training and scoring`);
    subjects.push(judge());
    for (const [member, results] of alone) {
      options.progress?.(`${subject.name}: ${member} alone`);
      results.push(judge([member]));
    }
  }
  const byMember = [...alone].map(([member, results]) => ({
    member,
    subjects: results,
    summary: summarise(results),
  }));
  return {
    dir: options.dir,
    alarmBudget,
    demo,
    synthetic,
    subjects,
    summary: summarise(subjects),
    keptAlarmBudget: demo ? null : keptBudget(subjects, alarmBudget),
    ...(byMember.length > 0 && { byMember }),
  };
}

type JudgeOptions = { alarmBudget: number; demo: boolean; now?: (() => number) | undefined };

/** Reads what a person labelled, and answers a function that trains, scores and measures with the given members (all). */
async function createJudge(subject: Subject, { train, test }: Parts, options: JudgeOptions) {
  const now = options.now ?? (() => performance.now());
  const labels = subject.labels === null ? [] : await readLabels(subject.labels);
  const causes = subject.causes === null ? [] : await readCauses(subject.causes);
  const labelsWithoutRows = labels.filter(
    ({ start, end }) => !test.time.some((t) => t >= start && t <= end),
  ).length;

  return (members?: readonly MemberName[]): Evaluated => {
    const started = now();
    const scored = scoreSubject(train, test, { ...options, ...(members && { members }) });
    const total = (now() - started) / 1000;
    const scoring = secondsToScore(scored, { train, test }, now);
    const result = evaluateSubject({
      name: subject.name,
      stepSeconds: test.stepSeconds,
      time: scored.time,
      score: scored.score,
      anomalous: scored.anomalous,
      labels,
      causes,
      explain: (row) => scored.explain(row).map(({ metric }) => metric),
    });
    const microsecondsPerRow = (1e6 * scoring) / test.time.length;
    const training = Math.max(0, total - scoring);
    return { ...result, labelsWithoutRows, seconds: { training, scoring, microsecondsPerRow } };
  };
}

/** Scores the test part once more, on its own. */
function secondsToScore(
  { model }: ScoredRows,
  { train, test }: Pick<Parts, "train" | "test">,
  now: () => number,
): number {
  const { frame } = testGridOf(train, test);
  const started = now();
  scoreFrame(model, frame);
  return (now() - started) / 1000;
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
