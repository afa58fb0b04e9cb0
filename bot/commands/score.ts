import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatasetError, writeCsv } from "../../infra/csv.ts";
import { readFrame } from "../../infra/dataset.ts";
import { parseMembers, type MemberName } from "../../ml/members.ts";
import { ModelError } from "../../ml/model-error.ts";
import { scoreRaw } from "../../ml/raw-score.ts";
import { scoreSubject, SEED, type ScoredRows } from "./score-subject.ts";
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
    const [train, test] = [await readFrame(options.train), await readFrame(options.test)];
    options.progress?.(`training on ${train.time.length} rows, scoring ${test.time.length}`);
    if (options.raw === true) {
      const raw = scoreRaw(train, test, { members, seed: SEED });
      await writeScores(options.out, { time: test.time, score: raw, anomalous: new Uint8Array(raw.length) });
      return;
    }
    const scored = scoreSubject(train, test, { alarmBudget, ...membersOption(members) });
    await writeScores(options.out, scored);
    if (scored.score.every((value) => Number.isNaN(value)))
      options.tell?.(withheldNote(options, scored.model.stepSeconds));
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

/** Runs a command and turns complaints about files, frames and members into UsageErrors. */
export async function asUsage<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DatasetError || error instanceof ModelError)
      throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function membersOption(members: readonly MemberName[] | undefined): {
  members?: readonly MemberName[];
} {
  return members === undefined ? {} : { members };
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

function withheldNote({ test }: ScoreArguments, stepSeconds: number): string {
  return (
    `every score of ${test} is withheld: its rows fill no window of ${stepSeconds} s steps with enough of the metrics of the train file. ` +
    "Give more rows, or rows of the same metrics."
  );
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
  return Number.isNaN(value) ? "" : value.toFixed(9).replace(/\.?0+$/, "");
}
