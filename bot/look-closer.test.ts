import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { readingAt } from "../fixtures/fakes/reading.ts";
import { sceneAt } from "../fixtures/fakes/scene.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import type { Frame } from "../ml/frame.ts";
import { giveFeedback } from "../remediation/feedback.ts";
import { raiseAlert } from "../remediation/incident.ts";
import { explain } from "./answers/explain.ts";
import type { Bot } from "./bot.ts";
import type { Scene } from "./cards/scene.ts";
import type { Reading } from "./detector.ts";
import { lookCloser, steadySince } from "./look-closer.ts";

/** A leak of web-1's memory that CPU follows, with a history as far back as each test says. */

const week = 7 * 86_400;
let world: World;
/** What memory was at a moment of the collected history, NaN where nothing was collected. */
let collected: (at: number) => number;
let looks: number;
/** Seconds of samples that are kept for scoring; more has to be asked for. */
let keptSeconds: number;

beforeEach(async () => {
  world = await coreWorld();
  collected = () => Number.NaN;
  looks = 0;
  keptSeconds = 0;
});

afterEach(() => world.close());

const now = () => world.now / 1_000;
const metrics = ["memory_usage_percent", "cpu_usage_percent"];

function frameOf(
  start: number,
  end: number,
  step: number,
  value: (metric: string, at: number) => number,
): Frame {
  const first = Math.ceil(start / step);
  const time = Float64Array.from(
    { length: Math.floor(end / step) - first + 1 },
    (_, row) => (first + row) * step,
  );
  return {
    stepSeconds: step,
    time,
    metrics,
    columns: metrics.map((metric) => time.map((at) => value(metric, at))),
  };
}

/** Memory climbs by 2 points a minute for 15 minutes, CPU follows two minutes later. */
const present = (metric: string, at: number) => {
  const since = (now() - at) / 60;
  if (metric === "memory_usage_percent") return since > 15 ? 9 : 9 + 2 * (15 - since);
  return since > 13 ? 20 : 70;
};

const reading = (parts: Partial<Reading> = {}): Reading =>
  readingAt(now(), {
    state: "anomalous",
    score: 2.4,
    rarityDays: 3,
    since: now() - 840,
    top: [
      {
        metric: "memory_usage_percent",
        value: 39,
        usual: [8, 10],
        share: 0.71,
        window: { feature: "mean", seconds: 300 },
      },
      {
        metric: "cpu_usage_percent",
        value: 70,
        usual: [10, 30],
        share: 0.29,
        window: { feature: "change", seconds: 900 },
      },
    ],
    agreeing: 4,
    thresholdFactor: 1.5,
    nearestCalmAt: now() - 3 * 86_400,
    model: { model: { demo: false, stage: "settled", learnedMinutes: 9 * 1_440 } } as Reading["model"],
    ...parts,
  });

const bot = (parts: Partial<Scene> = {}) =>
  ({
    scene: () => sceneAt(world.now, parts),
    core: world.ctx,
    ...world.memory,
    targets: () => [...world.targets.values()],
    detector: {
      catalog: createCatalog(),
      usual: (_target: string, metric: string) => (metric === "memory_usage_percent" ? [8, 10] : [10, 30]),
      recent: async (_target: string, seconds: number) =>
        seconds <= keptSeconds ? frameOf(now() - seconds, now(), 60, present) : null,
      survey: async (_targets: unknown, seconds: number) => {
        looks += 1;
        return { readings: [reading({ frame: frameOf(now() - seconds, now(), 60, present) })] };
      },
    },
    history: {
      read: async (_target: string, window: { start: number; end: number; stepSeconds: number }) => {
        const frame = frameOf(window.start, window.end, window.stepSeconds, (_, at) => collected(at));
        return frame.columns.some((column) => column.some(Number.isFinite)) ? frame : null;
      },
    },
  }) as unknown as Bot;

describe("a closer look at a finding", () => {
  it("finds what moved first and how the leading metric goes on", async () => {
    const look = await lookCloser(reading(), bot());
    expect(look.onsets.map(({ metric }) => metric)).toEqual(metrics);
    const [memory, cpu] = look.onsets;
    expect(cpu!.at - memory!.at).toBe(120);
    expect(look.course?.kind).toBe("climbing");
    expect(look.course?.perMinute).toBeCloseTo(2, 1);
    expect(looks).toBe(1);
  });

  it("asks nobody for samples that are kept for scoring, as far as they reach back", async () => {
    const asked = await lookCloser(reading(), bot());
    keptSeconds = 3_600;
    expect(await lookCloser(reading(), bot())).toEqual(asked);
    expect(looks).toBe(1);
    await lookCloser(reading({ since: now() - 3_600 }), bot());
    expect(looks).toBe(2);
  });

  it("compares with this hour of earlier weeks where two were collected", async () => {
    collected = (at) => (now() - at < 2.5 * week ? 7 + Math.round((now() - at) / week) : Number.NaN);
    const look = await lookCloser(reading(), bot());
    expect(look.thisHour.get("memory_usage_percent")).toMatchObject({ weeks: 2, low: 8, high: 9 });
    collected = (at) => (now() - at < 1.5 * week ? 8 : Number.NaN);
    expect((await lookCloser(reading(), bot())).thisHour.size).toBe(0);
  });

  it("takes no hour of a recording for one of the week", async () => {
    collected = () => 8;
    expect((await lookCloser(reading(), bot({ replay: true }))).thisHour.size).toBe(0);
  });

  it("says what came of alarms like it from the fiftieth verdict on", async () => {
    const judge = async (n: number) => {
      await raiseAlert(memoryAlert(`host-${n}`), world.ctx);
      const verdict = n % 2 === 0 ? "problem" : "not_a_problem";
      await giveFeedback(
        { incident: `inc-${n}`, verdict, reason: null, score: n % 2 === 0 ? 2.5 : 40, metrics: [] },
        personIn(world.ctx.policy, "olga"),
        world.memory.feedback.record,
        world.ctx,
      );
    };
    for (let n = 1; n < 50; n++) await judge(n);
    expect((await lookCloser(reading(), bot())).alike).toBeNull();
    await judge(50);
    expect((await lookCloser(reading(), bot())).alike).toEqual({ real: 20, of: 20 });
  });
});

describe("a steady new level", () => {
  it("is found in a day of collected history, unless something is beyond its limit", async () => {
    const memoryOnly = reading({ top: reading().top.slice(0, 1) });
    collected = () => 39;
    expect(await steadySince(memoryOnly, bot())).toBe(now() - 86_400);
    const metric = createCatalog().find("disk_usage_percent")!;
    expect(await steadySince({ ...memoryOnly, beyond: [{ metric, value: 97 }] }, bot())).toBeNull();
    collected = (at) => 39 + (at - now()) / 3_600;
    expect(await steadySince(memoryOnly, bot())).toBeNull();
  });

  it("asks it of every metric that carries the finding", async () => {
    collected = () => 39;
    expect(await steadySince(reading(), bot())).toBe(now() - 86_400);
    collected = () => 20;
    expect(await steadySince(reading(), bot())).toBeNull();
  });
});

it("explains a finding: score, who agrees, windows, order, the most similar calm moment, and the raised threshold", async () => {
  const { draft } = await explain("web-1", bot());
  expect(draft.title).toBe("Why? web-1: memory usage is far above usual");
  expect(draft.text.split("\n")).toEqual([
    "Its anomaly score is 2.4; from 1.5 on it is an alert. Four of five models agree. A normal moment scores this high about once in 3 days.",
    "Memory usage: 39 % (usually 8-10 %). It makes up 71 % of the score, mostly by its mean over 5 min.",
    "CPU usage: 70 % (usually 10-30 %). It makes up 29 % of the score, mostly by its change within 15 min.",
    "Memory usage left its usual range 14 min ago and is climbing at 2 points a minute. It moved first; CPU usage followed 2 min later.",
    "The most similar normal moment was 3 days ago (11 Nov 22:13 UTC).",
    "I alarm less readily for now: more alarms came than the alarm budget allows, so the threshold is 1.5 times what it was.",
  ]);
  expect(draft.chart).not.toBeNull();
});
