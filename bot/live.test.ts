import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { learn, type LiveWorld, liveWorld, readRecording } from "../fixtures/fakes/live-world.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import type { Frame } from "../ml/frame.ts";
import type { Model } from "../ml/model.ts";
import type { Reading } from "./detector.ts";

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

/** The memory leak begins two minutes into the test part; half-way it is found. */
const leakSeconds = 300;
/** The quiet minutes before it: a target that is so far behind stays well. */
const quiet = -600;

const add = (name: string, shift = 0) => {
  live.add(name, shift);
  live.adopt(name, model);
};

const advance = async () => live.detector.advance(live.world.targets);
const readings = async () => new Map((await advance()).readings.map((each) => [each.target, each]));
const reading = async (name = "web-1"): Promise<Reading> => {
  const found = (await readings()).get(name);
  if (found === undefined) throw new Error(`${name} was not read`);
  return found;
};

describe("the same judgement as a look at the whole window", () => {
  it("agrees row by row over every recorded incident", async () => {
    add("web-1");
    const states = new Set<string>();
    for (const time of recording.test.time.filter((_, row) => row % 6 === 0)) {
      live.world.now = time + 1;
      const whole = (await live.detector.survey(live.world.targets)).readings[0];
      const step = (await advance()).readings[0];
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
    await advance();
    live.world.asked.length = 0;
    live.world.now += 10;
    await advance();
    expect(live.world.asked).toHaveLength(live.catalog.metrics.length + 1);
    expect(new Set(live.world.asked.map(({ rows }) => rows))).toEqual(new Set([2]));
    live.world.asked.length = 0;
    await advance();
    expect(live.world.asked).toEqual([]);
  });

  it("finds the ones in trouble among hundreds, and nothing else", async () => {
    for (let i = 0; i < 150; i++) add(`web-${i}`, i % 50 === 7 ? 0 : quiet);
    await advance();
    for (let time = 0; time < leakSeconds; time += 60) {
      live.world.now += 60;
      await advance();
    }
    const seen = await readings();
    const anomalous = [...seen.values()].filter(({ state }) => state === "anomalous");
    expect(anomalous.map(({ target }) => target)).toEqual(["web-7", "web-57", "web-107"]);
    expect(anomalous[0]?.top[0]?.metric).toMatch(/^memory_usage/);
    expect([...seen.values()].filter(({ state }) => state === "normal")).toHaveLength(147);
  });
});

describe("the samples that are kept for scoring", () => {
  it("are the ones that Prometheus has, without asking it", async () => {
    add("web-1");
    live.add("no-model");
    await advance();
    for (let time = 0; time < 60; time += 10) {
      live.world.now += 10;
      await advance();
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
    add("web-1");
    add("web-2");
    await advance();
    for (let time = 0; time < leakSeconds; time += 15) {
      live.world.now += 15;
      await live.detector.advance(live.world.targets);
    }
    const followed = await reading();
    const late = liveWorld(recording);
    late.add("web-1");
    late.adopt("web-1", model);
    await late.detector.advance(late.world.targets);
    late.world.now = live.world.now;
    const { readings: caughtUp } = await late.detector.advance(late.world.targets);
    expect(caughtUp[0]).toMatchObject({ state: "anomalous", score: followed.score, since: followed.since });
  });

  it("waits for a clock that was set back a little, and begins anew after more", async () => {
    add("web-1");
    live.world.now = begin + leakSeconds;
    const before = await reading();
    live.world.now -= 30;
    live.world.asked.length = 0;
    expect(await reading()).toMatchObject({ state: before.state, score: before.score });
    expect(live.world.asked).toEqual([]);
    live.world.now = begin;
    expect(await reading()).toMatchObject({ state: "normal", withheldBecause: null });
    expect(live.world.told).toContain("open");
  });

  it("begins anew after a pause longer than what it remembers", async () => {
    add("web-1");
    live.world.now = begin - 600;
    await advance();
    live.world.asked.length = 0;
    live.world.now = begin + leakSeconds + 5_000;
    live.world.shift.set("web-1", -5_000);
    expect((await reading()).state).toBe("anomalous");
    expect(Math.max(...live.world.asked.map(({ rows }) => rows))).toBeLessThan(1_200);
  });

  it("is told no score after the scoring thread died, and the same one a round later", async () => {
    add("web-1");
    live.world.now = begin + leakSeconds;
    await advance();
    live.world.now += 15;
    live.world.dies = true;
    const lost = await advance();
    expect(lost.readings[0]).toMatchObject({ state: "withheld", withheldBecause: "warming_up", since: null });
    expect(lost.warnings.join()).toContain("scoring begins anew: the worker thread ended with code 1");
    live.world.now += 15;
    const again = await advance();
    const whole = await live.detector.survey(live.world.targets);
    expect(comparable(again.readings[0])).toEqual(comparable(whole.readings[0]));
    expect(again.warnings).toEqual([]);
  });

  it("fails a round in which Prometheus is gone, and goes on from where it was", async () => {
    add("web-1");
    live.world.now = begin + leakSeconds;
    await advance();
    live.world.now += 60;
    live.world.failing = new PrometheusError("unreachable", "gone", "Start it");
    await expect(advance()).rejects.toThrow("gone");
    live.world.failing = null;
    live.world.now += 15;
    live.world.asked.length = 0;
    const whole = (await live.detector.survey(live.world.targets)).readings[0];
    live.world.asked.length = 0;
    expect(comparable(await reading())).toEqual(comparable(whole));
    expect(new Set(live.world.asked.map(({ rows }) => rows))).toEqual(new Set([15]));
  });

  it("fails a round without targets too: an inventory is empty where Prometheus is gone", async () => {
    live.world.failing = new PrometheusError("unreachable", "gone", "Start it");
    await expect(advance()).rejects.toThrow("gone");
  });

  it("tells a partial answer, also when nothing new was asked for", async () => {
    add("web-1");
    live.world.partial = true;
    expect(await advance()).toMatchObject({ partial: true });
    expect(await advance()).toMatchObject({ partial: true });
    live.world.partial = false;
    live.world.now += 5;
    expect(await advance()).toMatchObject({ partial: false, warnings: [] });
  });
});

describe("targets and models that come and go", () => {
  it("watches limits without a model, and scores from the first round with one", async () => {
    live.add("web-1");
    live.world.now = begin + 1_600;
    await advance();
    for (let i = 0; i < 30; i++) {
      live.world.now += 10;
      await advance();
    }
    expect(await reading()).toMatchObject({ state: "learning", model: null });
    live.world.now = begin + 1_900;
    live.adopt("web-1", model);
    const scored = await reading();
    expect(scored.model?.id).toBe("web-1-1");
    expect(["normal", "anomalous"]).toContain(scored.state);
  });

  it("tells who asks about a target without a model what is outside everything seen, and raises nothing", async () => {
    live.add("web-1");
    live.world.now = begin - 30;
    const whole = async () => (await live.detector.survey(live.world.targets)).readings[0];
    expect(await whole()).toMatchObject({ state: "learning", novel: [] });
    const told = new Set<string>();
    for (let time = 0; time < 2_400; time += 60) {
      live.world.now = begin + time;
      live.world.wall += 1_000;
      for (const { metric } of (await whole())?.novel ?? []) told.add(metric);
    }
    expect([...told]).toEqual(expect.arrayContaining(["error_rate", "service_up"]));
    expect(await reading()).toMatchObject({ state: "learning", novel: [] });
  });

  it("says that a metric is beyond its limit after a minute of it, as the whole window does", async () => {
    live.add("web-1");
    // The recorded service is down from 1,774 s to 1,849 s.
    live.world.now = begin + 1_700;
    const seen: string[] = [];
    for (let time = 0; time < 240; time += 15) {
      live.world.now += 15;
      live.world.wall += 1_000;
      const { beyond } = await reading();
      const whole = (await live.detector.survey(live.world.targets)).readings[0]?.beyond;
      expect(beyond).toEqual(whole);
      seen.push(...beyond.map(({ metric }) => metric.name));
    }
    expect(seen).toContain("service_up");
  });

  it("says in the first round after a start what has been beyond its limit for minutes", async () => {
    live.add("web-1");
    live.world.now = begin + 1_845;
    expect((await reading()).beyond.map(({ metric }) => metric.name)).toContain("service_up");
  });

  it("changes to another version in one round, without asking for history", async () => {
    add("web-1");
    live.world.now = begin + leakSeconds;
    await advance();
    live.adopt("web-1", learn(recording.train, 2), "web-1-2");
    live.world.now += 15;
    live.world.asked.length = 0;
    const changed = await reading();
    expect(changed).toMatchObject({ state: "anomalous", model: { id: "web-1-2" } });
    expect(new Set(live.world.asked.map(({ rows }) => rows))).toEqual(new Set([3]));
  });

  it("has no data of a target that falls silent, and goes on when it is back", async () => {
    add("web-1", quiet);
    add("web-2", quiet);
    await advance();
    live.world.silent.add("web-2");
    live.world.now += 120;
    const silent = await readings();
    expect(silent.get("web-1")?.state).toBe("normal");
    expect(silent.get("web-2")).toMatchObject({ state: "no_data", since: null, beyond: [] });
    expect([...(silent.get("web-2")?.values ?? [])]).toEqual([]);
    live.world.silent.clear();
    live.world.now += 120;
    const back = await readings();
    expect(comparable(back.get("web-2"))).toEqual(
      comparable((await live.detector.survey(live.world.targets)).readings[1]),
    );
  });

  it("goes on with a target that left and came back, and forgets one that is gone for an hour", async () => {
    add("web-1", -1_000);
    add("web-2", -1_000);
    live.world.now = begin + 400;
    await advance();
    const [first] = live.world.targets;
    const both = live.world.targets;
    if (first === undefined) throw new Error("web-1 is not there");
    live.world.now += 60;
    await live.detector.advance([first]);
    live.world.now += 60;
    const back = (await live.detector.advance(both)).readings[1];
    expect(back?.model?.id).toBe("web-2-1");
    expect(["normal", "withheld"]).toContain(back?.state);
    live.world.told.length = 0;
    live.world.now += 3_700;
    await live.detector.advance([first]);
    expect(live.world.told).toContain("forget");
  });

  it("spreads a restart over rounds, and calls nothing normal that was not looked at yet", async () => {
    for (let i = 0; i < 120; i++) add(`web-${i}`, quiet);
    live.world.wallPerLook = 6_000;
    const first = [...(await readings()).values()];
    const waiting = first.filter(({ withheldBecause }) => withheldBecause === "warming_up");
    expect(waiting.length).toBeGreaterThan(60);
    expect(waiting.every(({ state, score }) => state === "withheld" && Number.isNaN(score))).toBe(true);
    for (let round = 0; round < 8; round++) {
      live.world.now += 15;
      await advance();
    }
    expect([...(await readings()).values()].every(({ state }) => state === "normal")).toBe(true);
  });

  it("says so when the models need more memory than there is, or cannot be read", async () => {
    live = liveWorld(recording, { mostBytes: 1 });
    add("web-1");
    expect(await reading()).toMatchObject({ state: "withheld", withheldBecause: "no_memory" });

    live = liveWorld(recording);
    add("web-1");
    const [sha256] = live.world.files.keys();
    live.world.files.set(sha256 ?? "", new Uint8Array(100));
    expect(await reading()).toMatchObject({ state: "withheld", withheldBecause: "unusable_model" });
    live.world.rows.clear();
    live.adopt("web-1", learn(recording.train, 3), "web-1-2");
    expect(await reading()).toMatchObject({ state: "normal" });
  });
});

describe("looks of people", () => {
  it("answers for many targets from the newest round, and says that it looked at no window", async () => {
    for (let i = 0; i < 60; i++) add(`web-${i}`, quiet);
    await advance();
    live.world.asked.length = 0;
    const survey = await live.detector.survey(live.world.targets);
    expect(survey.readings).toHaveLength(60);
    expect(live.world.asked).toEqual([]);
    const back = await live.detector.survey(live.world.targets, 3_600);
    expect(back.warnings.join()).toContain("only the newest moment");
    live.world.now += 300;
    expect((await live.detector.survey(live.world.targets)).metricAt).toBe(live.world.now);
    expect(live.world.asked.length).toBeGreaterThan(0);
  });
});

/** What both ways of looking must say alike; numbers that smoothing touches are compared apart. */
function comparable(seen: Reading | undefined) {
  if (seen === undefined) throw new Error("it was not read");
  const { target, state, withheldBecause, newest, since, agreeing, members, thresholdFactor, vanished } =
    seen;
  return {
    target,
    state,
    withheldBecause,
    newest,
    since,
    agreeing,
    members,
    thresholdFactor,
    vanished,
    beyond: seen.beyond,
    values: Object.fromEntries(seen.values),
    model: seen.model?.id,
  };
}
