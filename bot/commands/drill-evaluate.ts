import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readFrame } from "../../infra/dataset.ts";
import { leastTrainSeconds } from "../../ml/train.ts";
import { address, scrapeSecondsByDefault, type Eyes } from "../drill/eyes.ts";
import { faults } from "../drill/faults.ts";
import { createOnlooker, type Seen } from "../drill/onlooker.ts";
import { makeReport, renderReport, type Report, type CausedFault } from "../drill/report.ts";
import type { Watched } from "../drill/watcher.ts";
import { calmSecondsByDefault, checkFaults, drill, type DrillOptions, type DrillRun } from "./drill.ts";
import { record } from "./record.ts";
import { checkAlarmBudget, DEFAULT_ALARM_BUDGET } from "./score.ts";
import { scoreSubject } from "./score-subject.ts";
import { UsageError } from "./usage-error.ts";

type DrillEvaluateOptions = Omit<DrillOptions, "prometheus" | "observer" | "programs"> & {
  /** A Prometheus that scrapes this machine and the sample service; absent: one is started. */
  prometheusUrl?: string;
  alarmBudget?: number;
  json?: boolean;
  /** The compiled children, for a test that keeps them elsewhere. */
  programs?: { service: URL; keeper: URL; scraper: URL };
};

const subject = "lab-1";
const quietSecondsByDefault = 1800;
/** Alarms of faults nearer than this to each other run together. */
const leastCalmSeconds = 120;
/** From so much quiet on the threshold comes from the alarm budget. */
const learningSeconds = 12 * 3600;
const spareSeconds = 900;

/**
 * `drill --evaluate`: causes the faults while the detector, trained on the quiet part, watches the newest samples of a
 * real Prometheus; then compares what it found with what was done. Everything is recorded into `out` as a capture, from
 * which `evaluate` finds the same numbers. Ctrl-C evaluates what was done. Answers the table, or JSON, to print.
 */
export async function drillEvaluate(options: DrillEvaluateOptions): Promise<string> {
  const quietSeconds = options.quietSeconds ?? quietSecondsByDefault;
  const calmSeconds = options.calmSeconds ?? calmSecondsByDefault;
  const settings = {
    alarmBudget: checkAlarmBudget(options.alarmBudget ?? DEFAULT_ALARM_BUDGET),
    demo: quietSeconds < learningSeconds,
  };
  const { print } = options;
  if (calmSeconds < leastCalmSeconds)
    print(`note: with under ${leastCalmSeconds} s of calm between faults their alarms may count as one`);
  const leastQuiet = leastQuietSeconds(calmSeconds);
  if (quietSeconds < leastQuiet)
    print(`note: under ${leastQuiet} s of quiet nothing can be learned, only hard limits will be watched`);
  const onlooker = createOnlooker({
    ...settings,
    subject,
    print,
    prometheusUrl: options.prometheusUrl,
    program: options.programs?.scraper,
    watchedCalmSeconds: calmSeconds,
    seconds: longest({ ...options, quietSeconds, calmSeconds }),
  });
  try {
    const run = await drill({ ...options, quietSeconds, calmSeconds, observer: onlooker.observer });
    const seen = await onlooker.stop();
    if (seen === null)
      throw new UsageError("stopped before anything was measured: there is nothing to evaluate");
    return await conclude(options, seen, run, settings);
  } finally {
    await onlooker.close();
  }
}

/** What the detector learns from, the calm that is watched before the first fault, and a minute to begin. */
function leastQuietSeconds(calmSeconds: number): number {
  return leastTrainSeconds(scrapeSecondsByDefault) + calmSeconds + 60;
}

type Lengths = {
  faults: readonly string[];
  quietSeconds: number;
  calmSeconds: number;
  faultSeconds?: number;
};

function longest({ faults: names, quietSeconds, calmSeconds, faultSeconds }: Lengths): number {
  const lasting = checkFaults(names).map((name) => faultSeconds ?? faults[name].seconds);
  return lasting.reduce((sum, seconds) => sum + seconds + calmSeconds, quietSeconds) + spareSeconds;
}

type Settings = { alarmBudget: number; demo: boolean };

async function conclude(
  options: DrillEvaluateOptions,
  { eyes, watcher }: Seen,
  run: DrillRun,
  settings: Settings,
): Promise<string> {
  options.print("reading the last samples and writing the recording");
  const watched = await watcher.finish(run.endedAt);
  if (watched.rows.length === 0)
    throw new UsageError(
      "nothing was watched: the drill ended before its quiet part was over, or lasted only a few samples",
    );
  const caused = run.labels.map((label): CausedFault => ({ ...label, metrics: faults[label.fault].showsIn }));
  await write(options.out, { watched, run, eyes, caused, demo: settings.demo });
  const report = makeReport(watched, caused, eyes.stepSeconds);
  const differing = watched.model === null ? null : await differingRows(options.out, watched, settings);
  if (options.json === true) return toJson(options.out, report, watched, differing);
  return [renderReport(report), recordedLine(options.out, differing)].join("\n");
}

type Recording = {
  watched: Watched;
  run: DrillRun;
  eyes: Eyes;
  caused: readonly CausedFault[];
  demo: boolean;
};

async function write(out: string, { watched, run, eyes, caused, demo }: Recording): Promise<void> {
  await record({
    prometheus: eyes.prometheus,
    catalog: eyes.catalog,
    from: watched.from,
    to: Math.max(run.endedAt, watched.testFrom),
    step: eyes.stepSeconds,
    testFrom: watched.testFrom,
    targets: [{ name: subject, instanceId: "i-00000000000000000", address, service: "sample" }],
    out,
    labels: run.labels,
    demo,
    source: "`smartcloudops drill --evaluate`: real faults on a Linux machine; the instance id is invented",
  });
  const lines = caused.map(({ start, end, metrics }) => `${start},${end},${metrics.join(" ")}\n`);
  await writeFile(join(out, subject, "causes.csv"), `start,end,metrics\n${lines.join("")}`);
}

/** How many rows of the recording are scored otherwise than they were live: 0 is what is wanted. */
async function differingRows(out: string, watched: Watched, settings: Settings): Promise<number> {
  const train = await readFrame(join(out, subject, "train.csv.gz"));
  const test = await readFrame(join(out, subject, "test.csv.gz"));
  const scored = scoreSubject(train, test, settings);
  const live = new Map(watched.rows.map((row) => [row.time, row]));
  return scored.time.reduce((count, time, i) => {
    const row = live.get(time);
    const [before, after] = [row?.score ?? Number.NaN, scored.score[i] ?? Number.NaN];
    const same = Object.is(before, after) || Math.abs(before - after) < 1e-6;
    return same && row?.anomalous === (scored.anomalous[i] === 1) ? count : count + 1;
  }, 0);
}

function recordedLine(out: string, differing: number | null): string {
  if (differing === null) return `Recorded in ${out}.`;
  if (differing === 0) return `Recorded: "smartcloudops evaluate ${out}" finds the same in it.`;
  return `Recorded in ${out}; ${differing} of its rows are scored otherwise than they were live: their samples came late.`;
}

function toJson(out: string, report: Report, watched: Watched, differing: number | null): string {
  const { from, testFrom, model } = watched;
  const learnedMinutes = model?.learnedMinutes ?? null;
  const all = { out, from, testFrom, learnedMinutes, ...report, rowsThatDifferFromTheRecording: differing };
  return JSON.stringify(all, null, 2);
}
