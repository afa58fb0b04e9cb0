import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memberNames } from "../../ml/members.ts";
import { createRandom } from "../../ml/random.ts";
import { evaluate, type EvaluateArguments } from "./evaluate.ts";

const recording = fileURLToPath(new URL("../../fixtures/captures/web-1", import.meta.url));

type Evaluation = {
  demo: boolean;
  synthetic: boolean;
  alarmBudget: number;
  keptAlarmBudget: number | null;
  subjects: {
    name: string;
    events: number;
    detected: number;
    delaySeconds: number[];
    falseAlarms: number;
    labelsWithoutRows: number;
    averagePrecision: number | null;
    seconds: { training: number; scoring: number; microsecondsPerRow: number };
  }[];
  summary: { f1: number; falseAlarmsPerDay: number; medianDelaySeconds: number };
  byMember?: { member: string; subjects: { name: string }[] }[];
};

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A subject of calm rows a minute apart, with a fault in rows 150 to 200 of its test part where `fault` says so. */
async function subject(name: string, { fault = false, mark = false, labels = "" } = {}): Promise<void> {
  const random = createRandom(1);
  const row = (at: number, inFault: boolean) =>
    `${60 * at},${mark ? "1," : ""}${(inFault ? 9 : random()).toFixed(4)},${random().toFixed(4)}`;
  const rows = (from: number, count: number, faulty: boolean) =>
    Array.from({ length: count }, (_, i) => row(from + i, faulty && i >= 150 && i < 200)).join("\n");
  const header = `time,${mark ? "synthetic," : ""}cpu,disk`;
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "train.csv"), `${header}\n${rows(500, 400, false)}\n`);
  await writeFile(join(folder, name, "test.csv"), `${header}\n${rows(900, 300, fault)}\n`);
  if (labels !== "") await writeFile(join(folder, name, "labels.csv"), `start,end\n${labels}\n`);
}
const measured = async (options: Omit<EvaluateArguments, "dir"> = {}) =>
  JSON.parse(await evaluate({ dir: folder, json: true, ...options })) as Evaluation;

test("every recorded fault is found within 90 seconds, with no false alarm between them", async () => {
  const { demo, subjects, summary } = JSON.parse(
    await evaluate({ dir: recording, json: true }),
  ) as Evaluation;
  expect(demo).toBe(true);
  const [web] = subjects;
  expect([web!.name, web!.events, web!.detected, web!.falseAlarms]).toEqual(["web-1", 7, 7, 0]);
  expect(Math.max(...web!.delaySeconds)).toBeLessThanOrEqual(90);
  expect(summary.f1).toBe(1);
});

test("the tables name their threshold and that nothing was adjusted, and are the same each time", async () => {
  const said: string[] = [];
  const table = await evaluate({ dir: recording, progress: (text) => said.push(text) });
  const lines = table.split("\n");
  expect(lines[0]).toMatch(
    /^subject +rows +time +VUS-PR +random +AP +base rate +best F1 +accuracy +never alarm +top 3$/,
  );
  expect(lines[4]).toMatch(/^subject +found +alarms +false +P +R +F1 +FA\/day +delay +calm alarmed$/);
  expect(lines[5]).toMatch(/^web-1 +7\/7 +7 +0 +1\.00 +1\.00 +1\.00 +0\.00/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(table).toContain("demo threshold, no alarm budget");
  expect(table).toContain("no point adjustment");
  expect(said).toEqual(["web-1: training and scoring"]);
  expect(await evaluate({ dir: recording })).toBe(table);
});

test("seconds are told when asked for, below everything else", async () => {
  await subject("db-1");
  const [plain, timed] = [await evaluate({ dir: folder }), await evaluate({ dir: folder, timings: true })];
  expect(timed.startsWith(plain.trimEnd())).toBe(true);
  expect(timed.slice(plain.length)).toMatch(
    /^\nseconds on this machine +training +scoring +us\/row\ndb-1 +\d/,
  );
  const { subjects } = await measured();
  const { training, scoring, microsecondsPerRow } = subjects[0]!.seconds;
  expect(Math.min(training, scoring)).toBeGreaterThan(0);
  expect(microsecondsPerRow).toBeCloseTo((1e6 * scoring) / 300, 6);
});

test("members stand side by side, each trained alone", async () => {
  await subject("db-1", { fault: true, labels: `${60 * 1050},${60 * 1099}` });
  const said: string[] = [];
  const table = await evaluate({ dir: folder, byMember: true, progress: (text) => said.push(text) });
  for (const name of ["all together", ...memberNames])
    expect(table).toMatch(new RegExp(`^${name} +\\d\\.\\d\\d `, "m"));
  expect(said).toEqual(["db-1: training and scoring", ...memberNames.map((name) => `db-1: ${name} alone`)]);
  const { byMember } = await measured({ byMember: true });
  expect(byMember!.map(({ member }) => member)).toEqual(memberNames);
});

test("realised alarms stand beside the alarm budget", async () => {
  // The fault is not labelled, so its alarm is a false one; the test part is a fifth of a day.
  await subject("db-1", { fault: true, labels: `${60 * 910},${60 * 911}` });
  await subject("db-2", { labels: `${60 * 910},${60 * 911}` });
  const evaluation = await measured({ alarmBudget: 0.5 });
  expect(evaluation.subjects[0]!.falseAlarms).toBe(1);
  expect(evaluation.keptAlarmBudget).toBe(2);
  const table = await evaluate({ dir: folder, alarmBudget: 0.5 });
  // One alarm in 300 minutes is 4.8 a day, 9.6 times the alarm budget.
  expect(table).toMatch(/^db-1 +0\/1 +1 +1 +0\.00 +0\.00 +0\.00 +4\.80 +9\.60 /m);
  expect(table).toContain("2 of 2 subjects");
});

test("labels that hold no row are not counted, and said so", async () => {
  await subject("db-1", { fault: true, labels: `${60 * 1050},${60 * 1099}\n9000000,9000060` });
  const { subjects } = await measured();
  expect([subjects[0]!.events, subjects[0]!.labelsWithoutRows]).toEqual([1, 1]);
  expect(await evaluate({ dir: folder })).toContain("1 labelled stretches hold no row");
});

test("a subject without labels is scored and shows no ranking", async () => {
  await subject("db-1");
  const table = await evaluate({ dir: folder, alarmBudget: 0.5 });
  expect(table).toMatch(/^db-1 +300 +5 h( +-){8}$/m);
  expect(table).toContain("alarm budget 0.5 a day");
  expect((await measured()).subjects[0]!.averagePrecision).toBeNull();
});

test("synthetic data is refused, and with the word for it every output says so", async () => {
  await subject("fake-1", { mark: true });
  await expect(evaluate({ dir: folder })).rejects.toThrow(/fake-1.*is synthetic .*say --synthetic/);
  expect(await evaluate({ dir: folder, synthetic: true })).toMatch(/^SYNTHETIC: /);
  expect((await measured({ synthetic: true })).synthetic).toBe(true);
});

test("a folder that is no dataset is refused with what to do", async () => {
  await expect(evaluate({ dir: join(recording, "nowhere") })).rejects.toThrow(/name a folder that holds/);
  await expect(evaluate({ dir: recording, alarmBudget: -1 })).rejects.toThrow(/a number above 0/);
});
