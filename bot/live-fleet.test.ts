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
import type { Frame } from "../ml/frame.ts";
import type { Model } from "../ml/model.ts";

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

describe("targets and models that come and go", () => {
  it("watches limits without a model, and scores from the first round with one", async () => {
    live.add("web-1");
    live.world.now = begin + 1_600;
    await live.detector.advance(live.world.targets);
    for (let i = 0; i < 30; i++) {
      live.world.now += 10;
      await live.detector.advance(live.world.targets);
    }
    expect(await readingOf(live)).toMatchObject({ state: "learning", model: null });
    live.world.now = begin + 1_900;
    live.adopt("web-1", model);
    const scored = await readingOf(live);
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
    expect(await readingOf(live)).toMatchObject({ state: "learning", novel: [] });
  });

  it("says that a metric is beyond its limit after a minute of it, as the whole window does", async () => {
    live.add("web-1");
    // The recorded service is down from 1,774 s to 1,849 s.
    live.world.now = begin + 1_700;
    const seen: string[] = [];
    for (let time = 0; time < 240; time += 15) {
      live.world.now += 15;
      live.world.wall += 1_000;
      const { beyond } = await readingOf(live);
      const whole = (await live.detector.survey(live.world.targets)).readings[0]?.beyond;
      expect(beyond).toEqual(whole);
      seen.push(...beyond.map(({ metric }) => metric.name));
    }
    expect(seen).toContain("service_up");
  });

  it("says in the first round after a start what has been beyond its limit for minutes", async () => {
    live.add("web-1");
    live.world.now = begin + 1_845;
    expect((await readingOf(live)).beyond.map(({ metric }) => metric.name)).toContain("service_up");
  });

  it("changes to another version in one round, without asking for history", async () => {
    addWithModel(live, model, "web-1");
    live.world.now = begin + leakSeconds;
    await live.detector.advance(live.world.targets);
    live.adopt("web-1", learn(recording.train, 2), "web-1-2");
    live.world.now += 15;
    live.world.asked.length = 0;
    const changed = await readingOf(live);
    expect(changed).toMatchObject({ state: "anomalous", model: { id: "web-1-2" } });
    expect(new Set(live.world.asked.map(({ rows }) => rows))).toEqual(new Set([3]));
  });

  it("has no data of a target that falls silent, and goes on when it is back", async () => {
    addWithModel(live, model, "web-1", quiet);
    addWithModel(live, model, "web-2", quiet);
    await live.detector.advance(live.world.targets);
    live.world.silent.add("web-2");
    live.world.now += 120;
    const silent = await roundOf(live);
    expect(silent.get("web-1")?.state).toBe("normal");
    expect(silent.get("web-2")).toMatchObject({ state: "no_data", since: null, beyond: [] });
    expect([...(silent.get("web-2")?.values ?? [])]).toEqual([]);
    live.world.silent.clear();
    live.world.now += 120;
    const back = await roundOf(live);
    expect(comparable(back.get("web-2"))).toEqual(
      comparable((await live.detector.survey(live.world.targets)).readings[1]),
    );
  });

  it("goes on with a target that left and came back, and forgets one that is gone for an hour", async () => {
    addWithModel(live, model, "web-1", -1_000);
    addWithModel(live, model, "web-2", -1_000);
    live.world.now = begin + 400;
    await live.detector.advance(live.world.targets);
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
    for (let i = 0; i < 120; i++) addWithModel(live, model, `web-${i}`, quiet);
    live.world.wallPerLook = 6_000;
    const first = [...(await roundOf(live)).values()];
    const waiting = first.filter(({ withheldBecause }) => withheldBecause === "warming_up");
    expect(waiting.length).toBeGreaterThan(60);
    expect(waiting.every(({ state, score }) => state === "withheld" && Number.isNaN(score))).toBe(true);
    for (let round = 0; round < 8; round++) {
      live.world.now += 15;
      await live.detector.advance(live.world.targets);
    }
    expect([...(await roundOf(live)).values()].every(({ state }) => state === "normal")).toBe(true);
  });

  it("says so when the models need more memory than there is, or cannot be read", async () => {
    live = liveWorld(recording, { mostBytes: 1 });
    addWithModel(live, model, "web-1");
    expect(await readingOf(live)).toMatchObject({ state: "withheld", withheldBecause: "no_memory" });

    live = liveWorld(recording);
    addWithModel(live, model, "web-1");
    const [sha256] = live.world.files.keys();
    live.world.files.set(sha256 ?? "", new Uint8Array(100));
    expect(await readingOf(live)).toMatchObject({ state: "withheld", withheldBecause: "unusable_model" });
    live.world.rows.clear();
    live.adopt("web-1", learn(recording.train, 3), "web-1-2");
    expect(await readingOf(live)).toMatchObject({ state: "normal" });
  });
});

describe("looks of people", () => {
  it("answers for many targets from the newest round, and says that it looked at no window", async () => {
    for (let i = 0; i < 60; i++) addWithModel(live, model, `web-${i}`, quiet);
    await live.detector.advance(live.world.targets);
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
