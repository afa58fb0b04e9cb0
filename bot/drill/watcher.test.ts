import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { watchedTarget } from "../../fixtures/fakes/target.ts";
import { type Rows, readFrame } from "../../infra/dataset.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import { scoreSubject } from "../commands/score-subject.ts";
import { createWatcher, type WatcherDependencies } from "./watcher.ts";

const step = 5;
const catalog = createCatalog({ scrapeSeconds: step });
const recording = (part: string) =>
  fileURLToPath(new URL(`../../fixtures/captures/web-1/web-1/${part}.csv.gz`, import.meta.url));

let [train, whole]: Rows[] = [];
beforeAll(async () => {
  [train, whole] = [await readFrame(recording("train")), await readFrame(recording("test"))];
});

/** Knows the recording; `mood` says what comes of the next look: an answer, an incomplete one, or none. */
function recordedPrometheus(parts: readonly Rows[], mood: () => "well" | "partial" | "down"): Prometheus {
  const answer = (expr: string, { start, end }: { start: number; end: number }) => {
    const metric = catalog.metrics.find((each) => catalog.expression(each, step) === expr);
    const samples = parts.flatMap(({ time, metrics, columns }) =>
      [...time].flatMap((at, i): [number, number][] => {
        const value = metric === undefined ? at : (columns[metrics.indexOf(metric.name)]?.[i] ?? NaN);
        return at < start || at > end || Number.isNaN(value) ? [] : [[at, value]];
      }),
    );
    const [time, values] = [samples.map(([at]) => at), samples.map(([, value]) => value)];
    return { series: [{ labels: { address: "127.0.0.1" }, time, values }], warnings: [] };
  };
  return {
    queryRange: (expr, window) => {
      if (mood() === "down") return Promise.reject(new PrometheusError("unreachable", "it is away", "Wait"));
      return Promise.resolve({ ...answer(expr, window), partial: mood() === "partial" });
    },
    query: () => Promise.reject(new Error("a watcher asks for ranges only")),
    ready: () => Promise.resolve({ ok: true, version: "recorded" }),
  };
}

function dependencies(prometheus: Prometheus, parts: Partial<WatcherDependencies> = {}): WatcherDependencies {
  const target = watchedTarget("web-1", "127.0.0.1");
  const settings = { stepSeconds: step, alarmBudget: 0.25, demo: true };
  const silent = { print: () => undefined, noticed: () => undefined };
  return {
    prometheus,
    catalog,
    target,
    ...settings,
    ...silent,
    now: () => 4e9,
    wait: () => Promise.resolve(),
    ...parts,
  };
}

const planOf = () => ({ from: train!.time[0]!, testFrom: whole!.time[0]! });

test("what is found live, to the last sample, is what evaluate finds in the recording", async () => {
  const watcher = createWatcher(dependencies(recordedPrometheus([train!, whole!], () => "well")), planOf());
  const watched = await watcher.finish(whole!.time.at(-1)!);
  const wanted = scoreSubject(train!, whole!, { alarmBudget: 0.25, demo: true });
  expect(watched.rows.map(({ time }) => time)).toEqual([...whole!.time]);
  expect(watched.rows.map(({ score }) => score)).toEqual([...wanted.score]);
  expect(watched.rows.map(({ anomalous }) => Number(anomalous))).toEqual([...wanted.anomalous]);
});

test("an answer that is missing or incomplete is asked for again, and no sample is left out", async () => {
  const moods = ["partial", "partial", "well"] as const;
  let looks = 0;
  const queries = catalog.metrics.length + 1;
  const mood = () => moods[Math.floor(looks++ / 2 / queries)] ?? "well";
  const watcher = createWatcher(dependencies(recordedPrometheus([train!, whole!], mood)), planOf());
  const watched = await watcher.finish(whole!.time[20]!);
  expect(watched.model).not.toBeNull();
  expect(watched.rows.map(({ time }) => time)).toEqual([...whole!.time.slice(0, 21)]);
});

test("while Prometheus is away it says so and goes on looking", async () => {
  const printed: string[] = [];
  const stopping = new AbortController();
  let mood: "well" | "down" = "down";
  const print = (line: string) => {
    printed.push(line);
    if (line.startsWith("learned")) stopping.abort();
    mood = "well";
  };
  const prometheus = recordedPrometheus([train!, whole!], () => mood);
  const now = () => whole!.time[3]!;
  const watcher = createWatcher(dependencies(prometheus, { print, now }), planOf());
  await watcher.follow(stopping.signal);
  expect(printed[0]).toMatch(/^not seen, will be looked at again: it is away/);
  expect(printed[1]).toMatch(/^learned \d+ minutes of web-1/);
});

test("a quiet part that is too short leaves the hard limits, and says why", async () => {
  const watcher = createWatcher(dependencies(recordedPrometheus([whole!], () => "well")), {
    from: whole!.time[0]!,
    testFrom: whole!.time[10]!,
  });
  const watched = await watcher.finish(whole!.time.at(-1)!);
  expect(watched.model).toBeNull();
  expect(watched.whyNot).toContain("rows");
  expect(watched.rows.some(({ beyond }) => beyond.includes("service_up"))).toBe(true);
  expect(watched.rows.every(({ anomalous, score }) => !anomalous && Number.isNaN(score))).toBe(true);
});
