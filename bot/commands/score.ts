import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { writeCsv } from "../../infra/csv.ts";
import { parseMembers } from "../../ml/members.ts";
import { scoreRaw } from "../../ml/raw-score.ts";
import { scoreSubject, SEED, type ScoredRows } from "./score-subject.ts";
import { asUsage, readParts, SYNTHETIC_NOTE } from "./subject-parts.ts";
import { UsageError } from "./usage-error.ts";

/** Alarms per target and day when nothing else is said. */
export const DEFAULT_ALARM_BUDGET = 0.25;

export type ScoreArguments = {
  train: string;
  test: string;
  out: string;
  /** Alarms per subject and day; `DEFAULT_ALARM_BUDGET` when absent. */
  alarmBudget?: number | undefined;
  /** Member names as typed; all members when absent. */
  members?: readonly string[] | undefined;
  /** Columns z-scored on train, no rolling features, no calibration; higher is more abnormal, no row is anomalous. */
  raw?: boolean | undefined;
  /** Also write the top three metrics of anomalous rows to this file. */
  explain?: string | undefined;
  /** The files are made up by `synthesize` and that is meant. */
  synthetic?: boolean | undefined;
  /** Told what is being done, for a terminal. */
  progress?: ((text: string) => void) | undefined;
  /** Told what a person must know about the result, whoever reads it. */
  tell?: ((text: string) => void) | undefined;
};

/**
 * `smartcloudops score`: trains on one file, scores the other, writes `time,score,anomalous`, one row a test row.
 * Throws a UsageError for unusable files, members, budgets and places.
 */
export async function score(options: ScoreArguments): Promise<void> {
  await asUsage(async () => {
    const alarmBudget = checkAlarmBudget(options.alarmBudget ?? DEFAULT_ALARM_BUDGET);
    const members = options.members === undefined ? undefined : parseMembers(options.members);
    checkPlaces(options);
    const { train, test, synthetic } = await readParts(options);
    if (synthetic) options.tell?.(SYNTHETIC_NOTE);
    options.progress?.(`training on ${train.time.length} rows, scoring ${test.time.length}`);
    if (options.raw === true) {
      const raw = scoreRaw(train, test, { members, seed: SEED });
      await writeScores(options.out, { time: test.time, score: raw, anomalous: new Uint8Array(raw.length) });
      tellWithheld(
        raw,
        `the rows of ${options.test} cannot be compared with those of ${options.train}`,
        options,
      );
      return;
    }
    const scored = scoreSubject(train, test, { alarmBudget, ...(members && { members }) });
    await writeScores(options.out, scored);
    tellWithheld(
      scored.score,
      `the rows of ${options.test} fill no window of ${scored.model.stepSeconds} s steps with enough of the metrics of the train file, or that one is too short`,
      options,
    );
    if (options.explain !== undefined) await writeExplanations(options.explain, scored);
  });
}

/** Checks an alarm budget (alarms per target and day); throws a UsageError for anything but a number above 0. */
export function checkAlarmBudget(alarmBudget: number): number {
  if (Number.isFinite(alarmBudget) && alarmBudget > 0) return alarmBudget;
  throw new UsageError(
    `An alarm budget of ${alarmBudget} makes no sense: give alarms per target and day, a number above 0 such as 0.25.`,
  );
}

// Before minutes of work, not after them.
function checkPlaces({ train, test, out, explain, raw }: ScoreArguments): void {
  if (raw === true && explain !== undefined)
    throw new UsageError("--raw has no explanation: leave out --explain, or --raw.");
  const written = [
    ["--out", out] as const,
    ...(explain === undefined ? [] : [["--explain", explain] as const]),
  ];
  for (const [, file] of written)
    if (!existsSync(dirname(file)))
      throw new UsageError(
        `${file} cannot be written: the folder ${dirname(file)} does not exist. Create it first.`,
      );
  for (const [option, file] of written)
    for (const [other, taken] of [["--train", train], ["--test", test], ...written] as const)
      if (other !== option && isSameFile(file, taken))
        throw new UsageError(
          `${option} and ${other} are the same file, ${taken}: name another one for ${option}.`,
        );
}

/** Also when one of them is a link to the other. */
function isSameFile(one: string, other: string): boolean {
  if (resolve(one) === resolve(other)) return true;
  const [a, b] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** An empty score is not a healthy one: where all are, or many, a person must hear it. */
function tellWithheld(score: Float64Array, because: string, { test, tell }: ScoreArguments): void {
  const withheld = score.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  if (withheld === score.length)
    tell?.(`every score of ${test} is withheld: ${because}. Give more rows, or rows of the same metrics.`);
  else if (withheld > score.length / 2)
    tell?.(`${withheld} of ${score.length} scores of ${test} are withheld (empty): too few values there.`);
}

async function writeScores(file: string, { time, score, anomalous }: Omit<ScoredRows, "model" | "explain">) {
  const lines = ["time,score,anomalous"];
  time.forEach((t, row) => lines.push(`${t},${decimal(score[row]!)},${anomalous[row]!}`));
  await writeCsv(file, lines);
}

async function writeExplanations(file: string, { time, anomalous, explain }: ScoredRows): Promise<void> {
  const lines = ["time,metric1,share1,metric2,share2,metric3,share3"];
  time.forEach((t, row) => {
    if (anomalous[row] !== 1) return;
    const cells = explain(row).flatMap(({ metric, share }) => [metric, share.toFixed(4)]);
    lines.push([t, ...cells, ...Array<string>(6 - cells.length).fill("")].join(","));
  });
  await writeCsv(file, lines);
}

/** Plain decimal notation without an exponent; empty for a withheld score. */
function decimal(value: number): string {
  if (!Number.isFinite(value)) return "";
  if (Math.abs(value) >= 1e21) return BigInt(value).toString();
  return value
    .toFixed(9)
    .replace(/\.?0+$/, "")
    .replace(/^-0$/, "0");
}
