import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  addWithModel,
  comparable,
  leakSeconds,
  quiet,
  readingOf,
  roundOf,
} from "../fixtures/fakes/live-look.ts";
import { learn, type LiveWorld, liveWorld, readRecording } from "../fixtures/fakes/live-world.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import type { Frame } from "../ml/frame.ts";
import type { Model } from "../ml/model.ts";

/** The watch's cheap path against the whole windows of `survey`, over the recorded incidents. */

let recording: { train: Frame; test: Frame };
let model: Model;
let begin: number;
let live: LiveWorld;

beforeAll(async () => {
  recording = await readRecording();
  model = learn(recording.train);
  begin = recording.test.time[0] ?? 0;
});

beforeEach(() => {
  live = liveWorld(recording);
});

describe("the same judgement as a look at the whole window", () => {
  it("agrees row by row over every recorded incident", async () => {
    addWithModel(live, model, "web-1");
    const states = new Set<string>();
    for (const time of recording.test.time.filter((_, row) => row % 6 === 0)) {
      live.world.now = time + 1;
      const whole = (await live.detector.survey(live.world.targets)).readings[0];
      const step = (await live.detector.advance(live.world.targets)).readings[0];
      if (whole === undefined || step === undefined) throw new Error("web-1 was not read");
      expect(comparable(step), `at ${time}`).toEqual(comparable(whole));
      expect(step.score).toBeCloseTo(whole.score, 3);
      // Among normal moments the explanation is not asked for.
      if (step.state === "anomalous") {
        expect(step.top.map(({ metric }) => metric)).toEqual(whole.top.map(({ metric }) => metric));
        expect(step.nearestCalmAt).toBe(whole.nearestCalmAt);
      }
      states.add(step.state);
      live.world.wall += 1_000;
    }
    expect(states).toEqual(new Set(["normal", "anomalous"]));
  });

  it("asks only for what is new, once a metric, however many targets there are", async () => {
    for (let i = 0; i < 300; i++) live.add(`web-${i}`, quiet);
    await live.detector.advance(live.world.targets);
    live.world.asked.length = 0;
    live.world.now += 10;
    await live.detector.advance(live.world.targets);
    expect(live.world.asked).toHaveLength(live.catalog.metrics.length + 1);
    expect(new Set(live.world.asked.map(({ rows }) => rows))).toEqual(new Set([2]));
    live.world.asked.length = 0;
    await live.detector.advance(live.world.targets);
    expect(live.world.asked).toEqual([]);
  });

  it("finds the ones in trouble among hundreds, and nothing else", async () => {
    for (let i = 0; i < 150; i++) addWithModel(live, model, `web-${i}`, i % 50 === 7 ? 0 : quiet);
    await live.detector.advance(live.world.targets);
    for (let time = 0; time < leakSeconds; time += 60) {
      live.world.now += 60;
      await live.detector.advance(live.world.targets);
    }
    const seen = await roundOf(live);
    const anomalous = [...seen.values()].filter(({ state }) => state === "anomalous");
    expect(anomalous.map(({ target }) => target)).toEqual(["web-7", "web-57", "web-107"]);
    expect(anomalous[0]?.top[0]?.metric).toMatch(/^memory_usage/);
    expect([...seen.values()].filter(({ state }) => state === "normal")).toHaveLength(147);
  });
});

describe("the samples that are kept for scoring", () => {
  it("are the ones that Prometheus has, without asking it", async () => {
    addWithModel(live, model, "web-1");
    live.add("no-model");
    await live.detector.advance(live.world.targets);
    for (let time = 0; time < 60; time += 10) {
      live.world.now += 10;
      await live.detector.advance(live.world.targets);
    }
    const seconds = 120;
    const asked = await live.detector.survey(live.world.targets.slice(0, 1), seconds);
    live.world.asked.length = 0;
    const kept = await live.detector.recent("web-1", seconds);
    const whole = asked.readings[0]?.frame;
    if (kept === null || whole === undefined) throw new Error("nothing was kept");
    expect(live.world.asked).toEqual([]);
    const newest = kept.time.at(-1);
    expect(newest).toBe(Math.floor(live.world.now / kept.stepSeconds) * kept.stepSeconds);
    expect(kept.metrics).toEqual(whole.metrics);
    const wholeRow = whole.time.indexOf(newest ?? 0);
    expect(wholeRow).toBeGreaterThan(0);
    kept.columns.forEach((column, m) => {
      expect(column.at(-1)).toBe(whole.columns[m]?.[wholeRow]);
      expect(column.at(-5)).toBe(whole.columns[m]?.[wholeRow - 4]);
    });
    expect(await live.detector.recent("web-1", 86_400)).toBeNull();
    expect(await live.detector.recent("unknown", seconds)).toBeNull();
    expect(await live.detector.recent("no-model", seconds)).toBeNull();
  });
});

describe("what a clock, a network and a thread can do", () => {
  it("makes up for rounds that were missed", async () => {
    addWithModel(live, model, "web-1");
    addWithModel(live, model, "web-2");
    await live.detector.advance(live.world.targets);
    for (let time = 0; time < leakSeconds; time += 15) {
      live.world.now += 15;
      await live.detector.advance(live.world.targets);
    }
    const followed = await readingOf(live);
    const late = liveWorld(recording);
    late.add("web-1");
    late.adopt("web-1", model);
    await late.detector.advance(late.world.targets);
    late.world.now = live.world.now;
    const { readings: caughtUp } = await late.detector.advance(late.world.targets);
    expect(caughtUp[0]).toMatchObject({ state: "anomalous", score: followed.score, since: followed.since });
  });

  it("waits for a clock that was set back a little, and begins anew after more", async () => {
    addWithModel(live, model, "web-1");
    live.world.now = begin + leakSeconds;
    const before = await readingOf(live);
    live.world.now -= 30;
    live.world.asked.length = 0;
    expect(await readingOf(live)).toMatchObject({ state: before.state, score: before.score });
    expect(live.world.asked).toEqual([]);
    live.world.now = begin;
    expect(await readingOf(live)).toMatchObject({ state: "normal", withheldBecause: null });
    expect(live.world.told).toContain("open");
  });

  it("begins anew after a pause longer than what it remembers", async () => {
    addWithModel(live, model, "web-1");
    live.world.now = begin - 600;
    await live.detector.advance(live.world.targets);
    live.world.asked.length = 0;
    live.world.now = begin + leakSeconds + 5_000;
    live.world.shift.set("web-1", -5_000);
    expect((await readingOf(live)).state).toBe("anomalous");
    expect(Math.max(...live.world.asked.map(({ rows }) => rows))).toBeLessThan(1_200);
  });

  it("is told no score after the scoring thread died, and the same one a round later", async () => {
    addWithModel(live, model, "web-1");
    live.world.now = begin + leakSeconds;
    await live.detector.advance(live.world.targets);
    live.world.now += 15;
    live.world.dies = true;
    const lost = await live.detector.advance(live.world.targets);
    expect(lost.readings[0]).toMatchObject({ state: "withheld", withheldBecause: "warming_up", since: null });
    expect(lost.warnings.join()).toContain("scoring begins anew: the worker thread ended with code 1");
    live.world.now += 15;
    const again = await live.detector.advance(live.world.targets);
    const whole = await live.detector.survey(live.world.targets);
    expect(comparable(again.readings[0])).toEqual(comparable(whole.readings[0]));
    expect(again.warnings).toEqual([]);
  });

  it("fails a round in which Prometheus is gone, and goes on from where it was", async () => {
    addWithModel(live, model, "web-1");
    live.world.now = begin + leakSeconds;
    await live.detector.advance(live.world.targets);
    live.world.now += 60;
    live.world.failing = new PrometheusError("unreachable", "gone", "Start it");
    await expect(live.detector.advance(live.world.targets)).rejects.toThrow("gone");
    live.world.failing = null;
    live.world.now += 15;
    live.world.asked.length = 0;
    const whole = (await live.detector.survey(live.world.targets)).readings[0];
    live.world.asked.length = 0;
    expect(comparable(await readingOf(live))).toEqual(comparable(whole));
    expect(new Set(live.world.asked.map(({ rows }) => rows))).toEqual(new Set([15]));
  });

  it("fails a round without targets too: an inventory is empty where Prometheus is gone", async () => {
    live.world.failing = new PrometheusError("unreachable", "gone", "Start it");
    await expect(live.detector.advance(live.world.targets)).rejects.toThrow("gone");
  });

  it("tells a partial answer, also when nothing new was asked for", async () => {
    addWithModel(live, model, "web-1");
    live.world.partial = true;
    expect(await live.detector.advance(live.world.targets)).toMatchObject({ partial: true });
    expect(await live.detector.advance(live.world.targets)).toMatchObject({ partial: true });
    live.world.partial = false;
    live.world.now += 5;
    expect(await live.detector.advance(live.world.targets)).toMatchObject({ partial: false, warnings: [] });
  });
});
