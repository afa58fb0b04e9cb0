import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memberNames } from "../../ml/members.ts";
import { createRandom } from "../../ml/random.ts";
import { score } from "./score.ts";
import { UsageError } from "./usage-error.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "score-"));
});
afterAll(() => rm(folder, { recursive: true }));

type Shape = { rows: number; step: number; start: number; seed: number; fault?: [from: number, to: number] };

async function csv(name: string, { rows, step, start, seed, fault }: Shape): Promise<string> {
  const random = createRandom(seed);
  const lines = ["time,cpu,errors"];
  for (let row = 0; row < rows; row++) {
    const inFault = fault !== undefined && row >= fault[0] && row < fault[1];
    lines.push(
      `${start + step * row},${(40 + 3 * random()).toFixed(4)},${inFault ? 0.4 : (0.01 * random()).toFixed(5)}`,
    );
  }
  const path = join(folder, name);
  await writeFile(path, lines.join("\n"));
  return path;
}

async function scored(
  file: string,
): Promise<{ header: string; rows: [time: string, score: string, anomalous: string][] }> {
  const [header, ...lines] = (await readFile(file, "utf8")).trimEnd().split("\n");
  return { header: header!, rows: lines.map((line) => line.split(",") as [string, string, string]) };
}

describe("a dataset at one minute", () => {
  const start = 1_700_000_000;
  const parts = async () => ({
    train: await csv("train.csv", { rows: 1500, step: 60, start, seed: 1 }),
    test: await csv("test.csv", {
      rows: 400,
      step: 60,
      start: start + 1500 * 60,
      seed: 2,
      fault: [200, 260],
    }),
    out: join(folder, "out.csv"),
  });

  test("gets one row a test row: time, decimal score, 0 or 1, with no warm-up when test continues train", async () => {
    const { train, test, out } = await parts();
    const explain = join(folder, "explain.csv");
    await score({ train, test, out, explain });
    const { header, rows } = await scored(out);
    expect(header).toBe("time,score,anomalous");
    expect(rows.map(([time]) => Number(time))).toEqual(
      Array.from({ length: 400 }, (_, row) => start + 60 * (1500 + row)),
    );
    expect(rows.every(([, value, flag]) => /^\d+(\.\d+)?$/.test(value) && /^[01]$/.test(flag))).toBe(true);
    const first = rows.findIndex(([, , flag], row) => row >= 190 && flag === "1");
    expect(first).toBeGreaterThan(200);
    expect(first).toBeLessThan(206);

    const lines = (await readFile(explain, "utf8")).trimEnd().split("\n");
    expect(lines[0]).toBe("time,metric1,share1,metric2,share2,metric3,share3");
    expect(lines.length - 1).toBe(rows.filter(([, , flag]) => flag === "1").length);
    const time = start + 60 * (1500 + first);
    expect(lines.find((line) => line.startsWith(`${time},`))).toMatch(/^\d+,errors,0\.9\d+,cpu,0\.\d+,,$/);
  });

  test("warms up within test when test does not continue train: the first scores are empty", async () => {
    const { train, out } = await parts();
    const later = await csv("later.csv", { rows: 300, step: 60, start: start + 9e6, seed: 3 });
    await score({ train, test: later, out });
    const { rows } = await scored(out);
    expect(rows.length).toBe(300);
    expect(rows[0]![1]).toBe("");
    const told: string[] = [];
    const few = await csv("few.csv", { rows: 3, step: 60, start: start + 9e6, seed: 3 });
    await score({ train, test: few, out, tell: (line) => told.push(line) });
    expect(told).toEqual([expect.stringMatching(/every score of .*few\.csv is withheld/)]);
    expect(rows.slice(15).every(([, value]) => value !== "")).toBe(true);
  });

  test("with --raw has bare member scores, never an alarm, and the same ones each time", async () => {
    const { train, test, out } = await parts();
    await score({ train, test, out, raw: true, members: ["isolation-forest"] });
    const first = await scored(out);
    expect(
      first.rows.every(([, value, flag]) => Number(value) > 0 && Number(value) < 1 && flag === "0"),
    ).toBe(true);
    const inFault = first.rows.slice(200, 260).map(([, value]) => Number(value));
    const calm = first.rows.slice(0, 200).map(([, value]) => Number(value));
    expect(Math.min(...inFault)).toBeGreaterThan(calm.sort((a, b) => a - b)[150]!);
    await score({ train, test, out, raw: true, members: ["isolation-forest"] });
    expect(await scored(out)).toEqual(first);
    await score({ train, test, out, raw: true });
    expect((await scored(out)).rows.every(([, value]) => Number(value) > 0 && Number(value) <= 1)).toBe(true);
  });

  test.each(memberNames)(
    "%s scores every row alone, raw and not, and ranks the fault above calm",
    async (member) => {
      const { train, test, out } = await parts();
      for (const raw of [true, false]) {
        await score({ train, test, out, raw, members: [member] });
        const values = (await scored(out)).rows.map(([, value]) =>
          value === "" ? Number.NaN : Number(value),
        );
        expect(values.every(Number.isFinite)).toBe(true);
        // Both of two unrelated columns are needed for 90 % of the variance: there is no residual to rank by.
        if (raw && member === "principal-components") continue;
        const calm = values.slice(0, 200).sort((a, b) => a - b);
        expect(Math.min(...values.slice(205, 260))).toBeGreaterThan(calm[100]!);
      }
    },
  );

  test("unusable arguments are usage errors that say what to do", async () => {
    const { train, test, out } = await parts();
    const refusal = (changes: Partial<Parameters<typeof score>[0]>) =>
      score({ train, test, out, ...changes }).then(
        () => "accepted",
        (error: unknown) =>
          error instanceof UsageError ? error.message : `not a usage error: ${String(error)}`,
      );
    expect(await refusal({ members: ["magic"] })).toMatch(
      /There is no member "magic": choose from isolation-forest, local/,
    );
    expect(await refusal({ alarmBudget: 0 })).toMatch(/a number above 0/);
    expect(await refusal({ alarmBudget: Number.NaN })).toMatch(/a number above 0/);
    expect(await refusal({ train: join(folder, "none.csv") })).toMatch(/none\.csv cannot be read/);
    expect(await refusal({ out: join(folder, "no", "such", "out.csv") })).toMatch(
      /does not exist\. Create it first/,
    );
    expect(await refusal({ raw: true, explain: out })).toMatch(/--raw has no explanation/);
    const before = await readFile(test, "utf8");
    await symlink(test, join(folder, "link.csv"));
    for (const name of ["test.csv", "./test.csv", "link.csv"])
      expect(await refusal({ out: join(folder, name) })).toMatch(/--out and --test are the same file/);
    expect(await refusal({ explain: train })).toMatch(/--explain and --train are the same file/);
    expect(await refusal({ explain: out })).toMatch(/--out and --explain are the same file/);
    expect(await readFile(test, "utf8")).toBe(before);
    const milliseconds = join(folder, "milliseconds.csv");
    await writeFile(milliseconds, "time,cpu,errors\n1700000000000,1,1\n1700000060000,1,1\n");
    expect(await refusal({ train: milliseconds })).toMatch(/looks like milliseconds/);
    const tiny = await csv("tiny.csv", { rows: 50, step: 60, start, seed: 1 });
    expect(await refusal({ train: tiny })).toMatch(
      /at least 60 are needed, so give a train part of at least 120 rows every 60 s/,
    );
    const other = join(folder, "other.csv");
    await writeFile(other, "time,disk\n0,1\n60,2\n120,3\n");
    expect(await refusal({ test: other })).toMatch(/none of these is in the data to score/);
    expect(await refusal({ test: other, raw: true })).toMatch(/share no metric/);
    const coarse = await csv("coarse.csv", { rows: 50, step: 90, start, seed: 1 });
    expect(await refusal({ test: coarse })).toMatch(/cannot use a step of 90 s/);
  });

  test("gaps and a jittering clock cost no rows", async () => {
    const { train, out } = await parts();
    const lines = ["time,cpu,errors"];
    const times: number[] = [];
    for (let row = 0; row < 400; row++) {
      if (row % 50 > 45) continue;
      times.push(start + 60 * (1500 + row) + (row % 7) - 3);
      lines.push(`${times.at(-1)!},${40 + (row % 3)},${row % 11 === 0 ? "" : 0.005}`);
    }
    const ragged = join(folder, "ragged.csv");
    await writeFile(ragged, lines.join("\n"));
    await score({ train, test: ragged, out });
    const { rows } = await scored(out);
    expect(rows.map(([time]) => Number(time))).toEqual(times);
    expect(rows.filter(([, value]) => value === "").length).toBe(0);
  });
});

test("rows finer than the detector's step carry the last completed step's score", async () => {
  const start = 1_700_000_010;
  const train = await csv("fine-train.csv", { rows: 900, step: 5, start, seed: 1 });
  const test = await csv("fine-test.csv", {
    rows: 300,
    step: 5,
    start: start + 4500,
    seed: 2,
    fault: [150, 300],
  });
  const out = join(folder, "fine.csv.out");
  await score({ train, test, out });
  const { rows } = await scored(out);
  expect(rows.length).toBe(300);
  const changes = rows.flatMap(([, value], row) => (row > 0 && value !== rows[row - 1]![1] ? [row] : []));
  // A cell of 15 s ends with the sample at :10, :25, :40, :55; the score changes there and nowhere else.
  expect(changes.length).toBeGreaterThan(90);
  expect(changes.every((row) => (Number(rows[row]![0]) + 5) % 15 === 0)).toBe(true);
});
