import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readFrame } from "../../infra/dataset.ts";
import { builtinMetrics } from "../../infra/prometheus/builtin-metrics.ts";
import { type Frame, alignToGrid, sliceFrame } from "../../ml/frame.ts";
import { createRandom } from "../../ml/random.ts";
import { scoreSubject } from "../commands/score-subject.ts";
import { type LiveScore, createLimitWatch, createLiveScores } from "./live-scores.ts";

const recording = (part: string) =>
  fileURLToPath(new URL(`../../fixtures/captures/web-1/web-1/${part}.csv.gz`, import.meta.url));

test("samples that come one by one or in pieces are scored as evaluate scores the recording of them", async () => {
  const [train, test] = [await readFrame(recording("train")), await readFrame(recording("test"))];
  const wanted = scoreSubject(train, test, { alarmBudget: 0.25, demo: true });
  for (const seed of [1, 2]) {
    const random = createRandom(seed);
    const live = createLiveScores(wanted.model, alignToGrid(train).frame);
    const scored: LiveScore[] = [];
    for (let row = 0; row < test.time.length;) {
      const piece = 1 + Math.floor(4 * random());
      scored.push(...live.push(sliceFrame(test, row, Math.min(test.time.length, row + piece))));
      row += piece;
    }
    expect(scored.map(({ time }) => time)).toEqual([...test.time]);
    expect(scored.map(({ anomalous }) => (anomalous ? 1 : 0))).toEqual([...wanted.anomalous]);
    expect(scored.map(({ score }) => score)).toEqual([...wanted.score]);
    const highest = scored.reduce((best, { score }, row) => (score > scored[best]!.score ? row : best), 0);
    expect(scored[highest]?.top).toEqual(wanted.explain(highest).map(({ metric }) => metric));
  }
});

const samples = (columns: Record<string, number[]>): Frame => ({
  stepSeconds: 5,
  time: Float64Array.from(Object.values(columns)[0] ?? [], (_, i) => i * 5),
  metrics: Object.keys(columns),
  columns: Object.values(columns).map((column) => Float64Array.from(column)),
});

test("a hard limit counts once it was passed for a minute without a break, over several looks", () => {
  const limits = createLimitWatch(builtinMetrics);
  const up = (values: number[]) => limits(samples({ service_up: values, error_rate: values.map(() => NaN) }));
  expect(up(Array<number>(11).fill(0)).flat()).toEqual([]);
  expect(up([0])).toEqual([["service_up"]]);
  expect(up([0, 1, 0])).toEqual([["service_up"], [], []]);
  expect(up(Array<number>(10).fill(0)).flat()).toEqual([]);
  expect(up([NaN, 0]).flat()).toEqual([]);
});

test("several metrics may be beyond their limits at once", () => {
  const limits = createLimitWatch(builtinMetrics);
  const many = Array<number>(12).fill(0);
  const beyond = limits(samples({ error_rate: many.map(() => 0.3), cpu_usage_percent: many.map(() => 99) }));
  expect([...(beyond.at(-1) ?? [])].sort()).toEqual(["cpu_usage_percent", "error_rate"]);
});
