import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCsv } from "./csv.ts";
import { listSubjects, readCauses, readFrame, readLabels } from "./dataset.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dataset-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("a frame", () => {
  test("is read with its metrics, missing cells and median step", async () => {
    const path = await file("good.csv", "time,cpu,memory\n1000,1.5,\n1060,,2e3\r\n1240,-3,4\n1300,0,5\n\n");
    const frame = await readFrame(path);
    expect(frame.metrics).toEqual(["cpu", "memory"]);
    expect(frame.stepSeconds).toBe(60);
    expect([...frame.time]).toEqual([1000, 1060, 1240, 1300]);
    expect(frame.columns.map((column) => [...column])).toEqual([
      [1.5, Number.NaN, -3, 0],
      [Number.NaN, 2000, 4, 5],
    ]);
  });

  test("has the usual distance as its step, however the clock jitters and wherever rows are missing", async () => {
    const jittering = Array.from({ length: 60 }, (_, i) => 60 * (i > 20 ? i + 40 : i) + ((i * 7) % 11) - 5);
    const rows = jittering.map((time) => `${time},1`).join("\n");
    expect((await readFrame(await file("jitter.csv", `time,cpu\n${rows}\n`))).stepSeconds).toBe(60);
  });

  test("reads back with full precision what was written, plain or packed", async () => {
    const frame = {
      stepSeconds: 5,
      time: Float64Array.of(1795205220, 1795205225),
      metrics: ["error_rate", "memory"],
      columns: [Float64Array.of(0.1 + 0.2, Number.NaN), Float64Array.of(1 / 3, 621862912)],
      synthetic: false,
    };
    const lines = ["time,error_rate,memory", `1795205220,${0.1 + 0.2},${1 / 3}`, "1795205225,,621862912"];
    for (const name of ["out.csv", "out.csv.gz"]) {
      await writeCsv(join(folder, name), lines);
      expect(await readFrame(join(folder, name))).toEqual(frame);
    }
  });

  const complaints: [name: string, text: string, message: RegExp][] = [
    [
      "text where a number belongs",
      "time,cpu\n0,1\n60,high\n",
      /bad\.csv, line 3, column 2 \(cpu\): "high" is not a number.*leave the cell empty/,
    ],
    ["NaN spelled out", "time,cpu\n0,NaN\n60,1\n", /line 2, column 2 \(cpu\): "NaN" is not a number/],
    ["a number beyond all numbers", "time,cpu\n0,1e999\n60,1\n", /line 2, column 2 \(cpu\): "1e999"/],
    [
      "a number whose square is none",
      "time,cpu\n0,1\n60,-1e308\n",
      /line 3, column 2 \(cpu\): "-1e308" is larger/,
    ],
    [
      "milliseconds",
      "time,cpu\n1700000000000,1\n1700000060000,2\n",
      /line 2, column 1 \(time\): 1700000000000 cannot be unix seconds.*Divide the times by 1000/,
    ],
    ["infinity", "time,cpu\n0,1\n60,-Infinity\n", /line 3, column 2 \(cpu\): "-Infinity" is not a number/],
    ["inf", "time,cpu\n0,1\n60,+inf\n", /line 3, column 2 \(cpu\): "\+inf" is not a number/],
    [
      "a decimal comma",
      'time,cpu\n0,"1,5"\n',
      /line 2: 3 cells, but the header names 2 columns.*do not quote/,
    ],
    ["semicolons", "time;cpu\n0;1\n", /"time;cpu" stands where the header "time" belongs/],
    ["an infinite time", "time,cpu\n0,1\n1e400,1\n", /line 3, column 1 \(time\): "1e400" is larger/],
    [
      "microseconds",
      "time,cpu\n-1700000000000000,1\n0,2\n",
      /line 2, column 1 \(time\): -1700000000000000 cannot be unix seconds/,
    ],
    [
      "one time in the far future",
      `time,a,b,c\n0,1,1,1\n60,1,1,1\n120,1,1,1\n${4e9},1,1,1\n`,
      /bad\.csv, line 5: the time jumps ahead by 46296 days\. A clock must have been wrong/,
    ],
    [
      "more metrics than a detector takes",
      `time,${Array.from({ length: 3001 }, (_, m) => `m${m}`).join(",")}\n0${",1".repeat(3001)}\n60${",1".repeat(3001)}\n`,
      /3001 metrics, and a detector takes 3000 at most/,
    ],
    ["the mark of synthetic data and no metric", "time,synthetic\n0,1\n60,1\n", /no metric is named beside/],
    ["zero bytes, as UTF-16 has them", "t\0i\0m\0e\0", /is not a text in UTF-8/],
    ["a hexadecimal number", "time,cpu\n0,0x1F\n60,1\n", /"0x1F" is not a number/],
    [
      "a date instead of unix seconds",
      "time,cpu\n2026-11-20,1\n",
      /line 2, column 1 \(time\): "2026-11-20" is not a number/,
    ],
    ["a missing time", "time,cpu\n0,1\n,1\n", /line 3, column 1 \(time\): the time is missing/],
    ["no header", "1000,1\n1060,2\n", /line 1, column 1: "1000" stands where the header "time" belongs/],
    ["no metric", "time\n1000\n", /no metric is named after "time"/],
    ["a nameless metric", "time,cpu,\n0,1,2\n", /line 1, column 3: the metric has no name/],
    ["a metric named twice", "time,cpu,cpu\n0,1,2\n", /line 1, column 3: "cpu" is named twice/],
    ["a short row", "time,cpu,memory\n0,1,2\n60,1\n", /line 3: 2 cells, but the header names 3 columns/],
    [
      "two rows for one time",
      "time,cpu\n0,1\n60,1\n60,2\n",
      /line 4, column 1 \(time\): 60 occurs twice with different values/,
    ],
    [
      "times out of order",
      "time,cpu\n0,1\n120,1\n60,2\n",
      /line 4, column 1 \(time\): 60 comes after 120 in the file but is earlier\. Sort/,
    ],
    ["only a header", "time,cpu\n", /has a header but no rows/],
    ["a single row", "time,cpu\n0,1\n", /has one row only/],
    ["nothing", "", /is empty: its first line must name the columns/],
  ];
  test.each(complaints)("with %s is refused, with the place and the remedy", async (_, text, message) => {
    await expect(readFrame(await file("bad.csv", text))).rejects.toThrow(message);
  });

  test("may end its lines and begin as any editor leaves them", async () => {
    for (const text of [
      "\uFEFFtime,cpu\r\n0,1\r\n60,2\r\n",
      "time,cpu\r0,1\r60,2",
      " time , cpu\n0, 1\n60 ,2\n\n\n",
    ])
      expect([...(await readFrame(await file("editor.csv", text))).columns[0]!]).toEqual([1, 2]);
  });

  test("may have times before 1970 and fractions of seconds", async () => {
    const frame = await readFrame(await file("early.csv", "time,cpu\n-0.5,1\n0,1\n0.5,2\n"));
    expect([[...frame.time], frame.stepSeconds]).toEqual([[-0.5, 0, 0.5], 0.5]);
  });

  test("is synthetic when its mark says so in any row, and the mark is no metric", async () => {
    const marked = await readFrame(await file("s1.csv", "time,synthetic,cpu\n0,1,5\n60,1,6\n"));
    expect([marked.synthetic, marked.metrics, [...marked.columns[0]!]]).toEqual([true, ["cpu"], [5, 6]]);
    const partly = await readFrame(await file("s2.csv", "time,cpu,synthetic\n0,5,0\n60,6,1\n"));
    expect([partly.synthetic, partly.metrics]).toEqual([true, ["cpu"]]);
    const blank = await readFrame(await file("s3.csv", "time,synthetic,cpu\n0,,5\n60,,6\n"));
    expect(blank.synthetic).toBe(true);
    const real = await readFrame(await file("s4.csv", "time,synthetic,cpu\n0,0,5\n60,0,6\n"));
    expect([real.synthetic, real.metrics]).toEqual([false, ["cpu"]]);
  });

  test("that can be used but is not as it should be comes with remarks, a good one without", async () => {
    const remarks = async (text: string) => {
      const said: string[] = [];
      await readFrame(await file("odd.csv", text), (sentence) => said.push(sentence.replace(folder, "")));
      return said;
    };
    const rows = (times: number[]) => `time,cpu,disk\n${times.map((t) => `${t},1,`).join("\n")}\n`;
    expect(await remarks("time,cpu\n0,1\n60,2\n120,3\n")).toEqual([]);
    expect(await remarks(rows([0, 60, 60, 120, 180, 360_180, 360_240]))).toEqual([
      "/odd.csv: rows that repeat the row before them: 1; each sample counts once.",
      "/odd.csv: the time jumps ahead (1 x), most by 4 days before line 7; what lies between counts as missing, and scores begin again when windows are full.",
      "/odd.csv: only 67 % of the rows are about 60 s apart, which counts as the step; rows that lie closer share a step, and steps without a row count as missing.",
      "/odd.csv: no value at all of disk; without one a metric weighs nothing.",
    ]);
  });

  test("may hold the very same row twice, as recordings do when a clock is set back", async () => {
    const frame = await readFrame(await file("twice.csv", "time,cpu\n0,1\n60,1\n60,1\n120,2\n180,3\n"));
    expect([...frame.time]).toEqual([0, 60, 60, 120, 180]);
    expect(frame.stepSeconds).toBe(60);
  });

  test("that is absent, a folder or half a gzip file is refused by name", async () => {
    await expect(readFrame(join(folder, "absent.csv"))).rejects.toThrow(
      /absent\.csv cannot be read: there is no such file/,
    );
    await expect(readFrame(folder)).rejects.toThrow(/it is a folder/);
    await expect(readFrame(await file("torn.csv.gz", "time,cpu"))).rejects.toThrow(
      /not a complete gzip file/,
    );
    const packed = gzipSync("time,cpu\n0,1\n60,2\n");
    await writeFile(join(folder, "half.csv.gz"), packed.subarray(0, packed.length - 9));
    await expect(readFrame(join(folder, "half.csv.gz"))).rejects.toThrow(/not a complete gzip file/);
    await writeFile(join(folder, "packed.csv"), packed);
    await expect(readFrame(join(folder, "packed.csv"))).rejects.toThrow(/give its name the ending \.csv\.gz/);
  });
});

describe("labels and causes", () => {
  test("are read with and without a fault's name", async () => {
    expect(await readLabels(await file("plain.csv", "start,end\n10,20\n"))).toEqual([
      { start: 10, end: 20, fault: null },
    ]);
    expect(await readLabels(await file("labels.csv", "start,end,fault\n10,20.5,memory_leak\n"))).toEqual([
      { start: 10, end: 20.5, fault: "memory_leak" },
    ]);
    expect(await readCauses(await file("causes.csv", "start,end,metrics\n10,20,cpu  memory\n"))).toEqual([
      { start: 10, end: 20, metrics: ["cpu", "memory"] },
    ]);
  });

  test("with a wrong header or a stretch that ends before it starts are refused", async () => {
    await expect(readLabels(await file("l1.csv", "from,to\n1,2\n"))).rejects.toThrow(/lacks start and end/);
    await expect(readLabels(await file("l2.csv", "start,end\n5,2\n"))).rejects.toThrow(
      /line 2: a stretch needs start and end/,
    );
    await expect(readCauses(await file("l3.csv", "start,end\n1,2\n"))).rejects.toThrow(/lacks metrics/);
  });
});

test("subjects are the folders with both parts, in natural order", async () => {
  const root = join(folder, "set");
  for (const name of ["web-10", "web-2", "notes"]) await mkdir(join(root, name), { recursive: true });
  await writeFile(join(root, "web-10", "train.csv.gz"), "");
  await writeFile(join(root, "web-10", "test.csv"), "");
  for (const part of ["train.csv", "test.csv", "labels.csv"]) await writeFile(join(root, "web-2", part), "");
  await writeFile(join(root, "notes", "train.csv"), "");
  const subjects = await listSubjects(root);
  expect(subjects.map(({ name, labels, causes }) => [name, labels, causes])).toEqual([
    ["web-2", join(root, "web-2", "labels.csv"), null],
    ["web-10", null, null],
  ]);
  expect((await listSubjects(join(root, "web-2"))).map(({ name }) => name)).toEqual(["."]);
});

test("a folder without subjects, or none at all, is refused with what is expected", async () => {
  const empty = join(folder, "empty");
  await mkdir(empty);
  await expect(listSubjects(empty)).rejects.toThrow(
    /holds no subject: expected NAME\/train\.csv and NAME\/test\.csv/,
  );
  await expect(listSubjects(join(folder, "nowhere"))).rejects.toThrow(/cannot be listed: name a folder/);
});
