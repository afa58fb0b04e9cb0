import { describe, expect, it } from "vitest";
import { readingAt } from "../../fixtures/fakes/reading.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import type { Reading } from "../detector.ts";
import { type CloserLook, noCloserLook, orderSentence, partOfWeek } from "./closer-look.ts";
import {
  agreement,
  finding,
  findingSentence,
  readingLine,
  vanishedFinding,
  vanishedSentence,
} from "./reading-parts.ts";

/** Friday, 20 November 2026. */
const at = (hour: number) => Date.UTC(2026, 10, 20, hour, 30);
const scene = sceneAt(at(8));
const now = scene.metricNow;

const model = (parts: object = {}): Reading["model"] =>
  ({ model: { demo: false, stage: "settled", learnedMinutes: 9 * 1_440, ...parts } }) as Reading["model"];

const reading = (parts: Partial<Reading> = {}): Reading =>
  readingAt(now, {
    state: "anomalous",
    score: 2.4,
    rarityDays: 30,
    since: now - 600,
    top: [
      {
        metric: "disk_read_bytes_per_second",
        value: 56e6,
        usual: [1e6, 9e6],
        share: 0.7,
        window: { feature: "mean", seconds: 300 },
      },
      {
        metric: "cpu_usage_percent",
        value: 71,
        usual: [10, 30],
        share: 0.2,
        window: { feature: "value", seconds: 60 },
      },
    ],
    agreeing: 4,
    model: model(),
    ...parts,
  });

const look = (parts: Partial<CloserLook> = {}): CloserLook => ({ ...noCloserLook, ...parts });
const fridayMornings = new Map([
  ["disk_read_bytes_per_second", { low: 2e6, high: 6e6, middle: 4e6, weeks: 3 }],
]);

describe("what is unusual, in words", () => {
  it("compares with this hour of the week, and says what follows, who agrees and how rare it is", () => {
    const seen = look({
      thisHour: fridayMornings,
      onsets: [
        { metric: "disk_read_bytes_per_second", at: now - 600 },
        { metric: "cpu_usage_percent", at: now - 540 },
      ],
    });
    expect(finding(reading(), scene, seen)).toBe("web-1: disk reads are 14x the usual for a Friday morning");
    expect(findingSentence(reading(), scene, seen)).toBe(
      "Disk reads are 56 MB/s, 14x the usual for a Friday morning (2-6 MB/s). " +
        "It moved first; CPU usage followed 60 s later. " +
        "Four of five models agree; a normal moment scores this high about once in 30 days.",
    );
  });

  it("claims nothing about the hour where it was hardly seen", () => {
    expect(finding(reading(), scene)).toBe("web-1: disk reads are far above usual");
    expect(findingSentence(reading(), scene)).toMatch(
      /^Disk reads are 56 MB\/s, usually 1-9 MB\/s\. CPU usage moves with it\./,
    );
  });

  it("says so when a value is usual for the hour but not otherwise", () => {
    const nightly = new Map([
      ["disk_read_bytes_per_second", { low: 50e6, high: 60e6, middle: 55e6, weeks: 4 }],
    ]);
    const seen = look({ thisHour: nightly });
    expect(finding(reading(), scene, seen)).not.toContain("x the usual");
    expect(findingSentence(reading(), scene, seen)).toContain(
      "which is usual for a Friday morning (50-60 MB/s), but not otherwise (1-9 MB/s)",
    );
  });

  it("gives a ramp its rate per minute, and a level its standing", () => {
    const climbing = look({ course: { kind: "climbing", perMinute: 2.6e6 } });
    expect(findingSentence(reading(), scene, climbing)).toContain(", and climbing at 2.6 MB/s a minute.");
    const memory = reading({
      top: [{ ...reading().top[0]!, metric: "memory_usage_percent", value: 41, usual: [8, 10] }],
    });
    const falling = look({ course: { kind: "falling", perMinute: -2.6 } });
    expect(findingSentence(memory, scene, falling)).toContain(", and falling at 2.6 points a minute.");
    const flat = look({ course: { kind: "flat", perMinute: Number.NaN } });
    expect(findingSentence(memory, scene, flat)).toContain("usually 8-10 %, and has stayed there.");
  });

  it("says of a target without a model what is outside everything seen so far", () => {
    const learning = reading({ state: "learning", model: null, top: [] });
    expect(readingLine(learning, scene)).toBe("web-1: still learning what is usual");
    const novel = [{ metric: "memory_usage_percent", value: 41, seen: [8, 10] as [number, number] }];
    expect(readingLine({ ...learning, novel }, scene)).toBe(
      "web-1: still learning what is usual; memory usage is 41 %, far from the 8-10 % seen so far",
    );
  });

  it("says what the reader must know of the detector itself", () => {
    expect(findingSentence(reading({ thresholdFactor: 1.6 }), scene)).toMatch(
      /I alarm less readily for now: more alarms came than the alarm budget allows, so the threshold is 1\.6 times what it was\.$/,
    );
    const young = reading({ model: model({ stage: "first_days", learnedMinutes: 14 * 60 }) });
    expect(findingSentence(young, scene)).toMatch(
      /It is still learning \(14 h so far\): I warn, and propose nothing by myself\.$/,
    );
    expect(findingSentence(reading(), scene)).not.toContain("were real");
    expect(findingSentence(reading(), scene, look({ alike: { real: 17, of: 20 } }))).toMatch(
      /Of the 20 judged alarms most like it, 17 were real\.$/,
    );
  });

  it("never claims a rarity beyond what was seen", () => {
    const rare = reading({ rarityDays: 90 });
    expect(findingSentence(rare, scene)).toContain(
      "never in the 9 days it has seen did a normal moment score this high",
    );
  });
});

it("counts who agrees", () => {
  expect(agreement({ agreeing: 5, members: 5 })).toBe("all five models agree");
  expect(agreement({ agreeing: 1, members: 5 })).toBe("one of five models agrees");
  expect(agreement({ agreeing: 0, members: 5 })).toBe("");
  expect(agreement({ agreeing: 1, members: 1 })).toBe("");
});

describe("what moved first", () => {
  const order = (...onsets: [metric: string, secondsAgo: number][]) =>
    orderSentence(
      "memory_usage_percent",
      onsets.map(([metric, ago]) => ({ metric, at: now - ago })),
      scene,
    );

  it("names the order, also when something else came before", () => {
    expect(order(["memory_usage_percent", 300], ["cpu_usage_percent", 180], ["load1", 60])).toBe(
      "It moved first; CPU usage followed 2 min later and load (1 min) 4 min later.",
    );
    expect(order(["requests_per_second", 300], ["memory_usage_percent", 180])).toBe(
      "Requests moved first, 2 min before it.",
    );
    expect(order(["memory_usage_percent", 300], ["cpu_usage_percent", 300])).toBe("CPU usage moved with it.");
  });

  it("does not tell the same quantity in another unit, nor an order of one", () => {
    expect(order(["memory_usage_percent", 300], ["memory_usage_bytes", 300])).toBe("");
    expect(order(["cpu_usage_percent", 300])).toBe("");
  });
});

it("knows the parts of the week in the reader's zone", () => {
  expect([3, 8, 14, 19, 23].map((hour) => partOfWeek(sceneAt(at(hour))))).toEqual([
    "Friday night",
    "Friday morning",
    "Friday afternoon",
    "Friday evening",
    "Friday night",
  ]);
  expect(partOfWeek({ ...sceneAt(at(23)), timeZone: "Asia/Tokyo" })).toBe("Saturday morning");
});

it("tells a metric that is not measured any more, without calling it healthy or broken", () => {
  const one = reading({ state: "normal", vanished: ["memory_usage_percent"] });
  expect(vanishedFinding(one, scene)).toBe("web-1: memory usage is not measured any more");
  const more = reading({ vanished: ["disk_read_bytes_per_second", "load1"] });
  expect(vanishedFinding(more, scene)).toBe("web-1: two metrics are not measured any more");
  expect(vanishedSentence(more, scene)).toBe(
    "Disk reads and load (1 min) had samples nearly always and have had none for minutes, while the other metrics " +
      "arrive. Nothing is known about that part meanwhile; look at its exporter.",
  );
});
