import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createRandom } from "../../ml/random.ts";
import { evaluate } from "./evaluate.ts";

const recording = fileURLToPath(new URL("../../fixtures/captures/web-1", import.meta.url));

type Evaluation = {
  demo: boolean;
  alarmBudget: number;
  subjects: { name: string; events: number; detected: number; delaySeconds: number[]; falseAlarms: number }[];
  summary: { f1: number; falseAlarmsPerDay: number; medianDelaySeconds: number };
};

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

test("the table names its threshold and that nothing was adjusted", async () => {
  const said: string[] = [];
  const table = await evaluate({ dir: recording, progress: (text) => said.push(text) });
  const lines = table.split("\n");
  expect(lines[0]).toMatch(/^subject +VUS-PR +AP +best F1 +base +events +P +R +F1 +FA\/day +delay/);
  expect(lines[1]).toMatch(/^web-1 .* 7\/7 +1\.00 +1\.00 +1\.00 +0\.00/);
  expect(table).toContain("demo threshold, no alarm budget");
  expect(table).toContain("no point adjustment");
  expect(said).toEqual(["web-1: training and scoring"]);
});

test("a subject without labels is scored and shows no ranking", async () => {
  const folder = await mkdtemp(join(tmpdir(), "evaluate-"));
  const random = createRandom(1);
  const rows = (from: number) =>
    Array.from({ length: 300 }, (_, row) => `${60 * (from + row)},${random().toFixed(4)}`).join("\n");
  await mkdir(join(folder, "db-1"));
  await writeFile(join(folder, "db-1", "train.csv"), `time,cpu\n${rows(0)}\n`);
  await writeFile(join(folder, "db-1", "test.csv"), `time,cpu\n${rows(300)}\n`);
  const table = await evaluate({ dir: folder, alarmBudget: 0.5 });
  expect(table).toMatch(/^db-1 +- +- +- +- +0\/0/m);
  expect(table).toContain("alarm budget 0.5 a day");
  await rm(folder, { recursive: true });
});

test("a folder that is no dataset is refused with what to do", async () => {
  await expect(evaluate({ dir: join(recording, "nowhere") })).rejects.toThrow(/name a folder that holds/);
  await expect(evaluate({ dir: recording, alarmBudget: -1 })).rejects.toThrow(/a number above 0/);
});
