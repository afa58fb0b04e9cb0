import { describe, expect, it } from "vitest";
import { recorded, recordedFaults } from "../fixtures/fakes/recorded.ts";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { beforeWindow, besideCourse, compare } from "./compare.ts";
import type { Measurement } from "./context.ts";
import { execute } from "./execute.ts";
import { clearAlert, getIncident, incidentOfTarget, raiseAlert } from "./incident.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { judge } from "./verify.ts";
import type { Course } from "./without-action.ts";

const measured = (mean: number | null, parts: Partial<Measurement> = {}): Measurement => ({
  mean,
  samples: 20,
  low: 9,
  high: 11,
  partial: false,
  ...parts,
});
const noBand = { low: undefined, high: undefined };

async function ran(world: World): Promise<void> {
  await raiseAlert(memoryAlert(), world.ctx);
  await propose(
    { runbook: "restart-service", target: "web-1", incident: "inc-1", requester: "system" },
    world.ctx,
  );
  await approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx);
  await execute("plan-1", world.ctx);
}

describe("the verdict", () => {
  const cases: [string, Measurement, Measurement, "above" | "below" | null, string][] = [
    ["back in the band", measured(41), measured(10), "above", "improved"],
    ["far below the band, when only above is trouble", measured(41), measured(2), "above", "improved"],
    ["nearly back", measured(41), measured(18), "above", "improved"],
    ["a quarter of a percent less, far outside", measured(25.4), measured(25.2), "above", "unchanged"],
    ["hardly less, no band", measured(25.4, noBand), measured(25.2, noBand), "above", "unchanged"],
    ["half way back", measured(41), measured(26), "above", "unchanged"],
    ["the same", measured(41), measured(41), "above", "unchanged"],
    ["further away", measured(41), measured(60), "above", "worse"],
    ["usual before and after", measured(10), measured(10.5), "above", "unchanged"],
    ["usual before and not after", measured(10), measured(30), null, "worse"],
    [
      "a service that answers again",
      measured(0, { low: 1, high: 1 }),
      measured(1, { low: 1, high: 1 }),
      "below",
      "improved",
    ],
    [
      "a service that still does not",
      measured(0, { low: 1, high: 1 }),
      measured(0, { low: 1, high: 1 }),
      "below",
      "unchanged",
    ],
    ["no band, much less", measured(100, noBand), measured(50, noBand), "above", "improved"],
    ["no band, much more", measured(50, noBand), measured(100, noBand), "above", "worse"],
    [
      "no band, much more of what is missing",
      measured(50, noBand),
      measured(100, noBand),
      "below",
      "improved",
    ],
    ["no band, a little less", measured(100, noBand), measured(90, noBand), "above", "unchanged"],
    ["no band and no side", measured(100, noBand), measured(50, noBand), null, "unverified"],
    ["no samples before", measured(null), measured(10), "above", "unverified"],
    ["no samples after", measured(41), measured(null), "above", "unverified"],
    ["two samples after", measured(41), measured(10, { samples: 2 }), "above", "unverified"],
    ["partial data after", measured(41), measured(10, { partial: true }), "above", "unverified"],
    ["NaN after", measured(41), measured(Number.NaN), "above", "unverified"],
    ["infinity before", measured(Number.POSITIVE_INFINITY), measured(10), "above", "unverified"],
  ];
  for (const [name, before, after, direction, verdict] of cases) {
    it(`of ${name} is ${verdict}`, () => {
      expect(compare("memory_usage_percent", direction, before, after).verdict).toBe(verdict);
    });
  }

  it("says its numbers", () => {
    expect(compare("memory_usage_percent", "above", measured(41.23), measured(9.87)).detail).toEqual({
      metric: "memory_usage_percent",
      before: 41.23,
      after: 9.87,
      usual: [9, 11],
      text: "memory_usage_percent was 41.2 and is 9.87 (usually 9 to 11).",
    });
  });
});

describe("judging", () => {
  it("waits for the settle time, measures before the call and after it, and resolves what improved", async () => {
    const world = await coreWorld();
    const windows: { start: number; end: number }[] = [];
    await ran(world);
    const done = world.now / 1000;
    world.metric = (window) => {
      windows.push(window);
      return window.end <= done ? measured(41) : measured(10);
    };
    world.now += 299_000;
    expect(await judge(world.ctx)).toEqual([]);
    world.now += 1_000;
    expect(await judge(world.ctx)).toMatchObject([{ id: "plan-1", status: "done", verdict: "improved" }]);
    expect(windows).toEqual([
      { start: done - 300, end: done },
      { start: done + 150, end: done + 300 },
      // The line that it was on is looked for from where the trouble began, an hour back at most.
      { start: done - 3_600, end: done + 300 },
    ]);
    expect(await judge(world.ctx)).toEqual([]);
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({
      status: "resolved",
      resolvedBy: "system",
      resolution: "plan-1 improved it",
      alerts: [{ status: "resolved" }],
    });
    expect((await listAudit({ subject: "plan-1", limit: 1 }, world.ctx))[0]).toMatchObject({
      verb: "improved",
      detail: { before: 41, after: 10 },
    });
    await world.close();
  });

  it("leaves the incident open when nothing changed, and frees the service's slot", async () => {
    const world = await coreWorld();
    await ran(world);
    world.metric = () => measured(41);
    world.now += 300_000;
    expect(await judge(world.ctx)).toMatchObject([{ verdict: "unchanged" }]);
    expect(await incidentOfTarget("web-1", world.ctx)).toMatchObject({ id: "inc-1", status: "open" });
    expect(
      await propose({ runbook: "reboot", target: "web-2", requester: "system" }, world.ctx),
    ).toMatchObject({ ok: true });
    await world.close();
  });

  it("does not say that trouble went away by itself when a plan had run for it", async () => {
    const world = await coreWorld();
    await ran(world);
    world.metric = () => measured(41);
    world.now += 300_000;
    expect(await judge(world.ctx)).toMatchObject([{ verdict: "unchanged" }]);
    expect(await clearAlert("anomaly:web-1", world.ctx)).toMatchObject({
      status: "resolved",
      resolution: "its alerts ended after plan-1",
    });
    await world.close();
  });

  it("goes without the course of the metric when that alone cannot be read", async () => {
    const world = await coreWorld();
    await ran(world);
    const done = world.now / 1000;
    world.metric = (window) => {
      if (window.end - window.start > 400) throw new Error("too many samples");
      return window.end <= done ? measured(41) : measured(10);
    };
    world.now += 300_000;
    expect(await judge(world.ctx)).toEqual([]);
    world.now += 120_000;
    expect(await judge(world.ctx)).toMatchObject([{ verdict: "improved" }]);
    await world.close();
  });

  it("waits a little for data that is missing or cannot be read, and is then unverified", async () => {
    const world = await coreWorld();
    await ran(world);
    world.metric = () => measured(10, { partial: true });
    world.now += 300_000;
    expect(await judge(world.ctx)).toEqual([]);
    world.ctx.measure = async () => {
      throw new Error("Prometheus does not answer");
    };
    world.now += 60_000;
    expect(await judge(world.ctx)).toEqual([]);
    world.now += 60_000;
    expect(await judge(world.ctx)).toMatchObject([{ verdict: "unverified" }]);
    expect((await getIncident("inc-1", world.ctx))?.status).toBe("open");
    await world.close();
  });

  it("gives no verdict on what only reads, and waits for none", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    world.cloud.outcome = { status: "Success", responseCode: 0, output: "x".repeat(5_000) };
    const asked = { runbook: "diagnostics", target: "web-1", incident: "inc-1" };
    await propose({ ...asked, requester: "system" }, world.ctx);
    await execute("plan-1", world.ctx);
    world.now += 3_600_000;
    expect(await judge(world.ctx)).toEqual([]);
    expect(await getPlan("plan-1", world.ctx)).toMatchObject({
      status: "done",
      verdict: null,
      verdictDetail: null,
      settleSeconds: 0,
      steps: [{ evidence: { output: "x".repeat(3_000) } }],
    });
    expect(await clearAlert("anomaly:web-1", world.ctx)).toMatchObject({
      status: "resolved",
      resolution: "it went away by itself",
    });
    await world.close();
  });
});

it("compares with the time before the call, but not with the calm before the trouble", () => {
  const window = (began: number) => beforeWindow({ called: 1_000, began, settleSeconds: 300 }).start;
  expect([window(0), window(850), window(990)]).toEqual([700, 850, 940]);
});

describe("beside the line that it was on", () => {
  const line = (rows: number, perRow: number): Course => ({
    time: Array.from({ length: rows }, (_, row) => row * 5),
    values: Array.from({ length: rows }, (_, row) => 20 + perRow * row),
  });
  const when = { called: 120, settled: 180, settleSeconds: 60, direction: "above" as const };

  it("what climbs on as before was not made worse", () => {
    const outcome = compare("memory_usage_percent", "above", measured(30), measured(52));
    expect(outcome.verdict).toBe("worse");
    const beside = besideCourse(outcome, line(37, 1), when);
    expect(beside).toMatchObject({ verdict: "unchanged", detail: { withoutAction: { at: 180, value: 56 } } });
  });

  it("what climbs faster than before was", () => {
    const outcome = compare("memory_usage_percent", "above", measured(30), measured(90));
    expect(besideCourse(outcome, line(25, 1), when).verdict).toBe("worse");
  });

  it("nor was what had come as far before the call, and stayed", () => {
    const { time, values } = line(37, 1);
    const stayed = { time, values: values.map((value) => Math.min(value, 40)) };
    const outcome = compare("memory_usage_percent", "above", measured(25), measured(40));
    expect(outcome.verdict).toBe("worse");
    expect(besideCourse(outcome, stayed, when).verdict).toBe("unchanged");
  });

  it("a cure says what it would have come to, and when it had come", () => {
    const { time, values } = line(37, 1);
    const cured = { time, values: values.map((value, row) => ((time[row] ?? 0) > 140 ? 10 : value)) };
    const outcome = compare("memory_usage_percent", "above", measured(30), measured(10));
    const { verdict, detail } = besideCourse(outcome, cured, when);
    expect(verdict).toBe("improved");
    expect(detail).toMatchObject({ withoutAction: { value: 56, from: { at: 120 } }, curedAfterSeconds: 25 });
  });

  it("without a line nothing is said", () => {
    const outcome = compare("memory_usage_percent", "above", measured(41), measured(10));
    expect(besideCourse(outcome, { time: [], values: [] }, when)).toEqual(outcome);
  });
});

describe("on the recording", () => {
  const telling: Record<string, [metric: string, direction: "above" | "below"]> = {
    memory_leak: ["memory_usage_percent", "above"],
    error_storm: ["error_rate", "above"],
    cpu_saturation: ["cpu_usage_percent", "above"],
    disk_fill: ["disk_usage_percent", "above"],
    latency: ["response_time_p95_seconds", "above"],
    service_down: ["service_up", "below"],
    memory_pressure: ["memory_usage_percent", "above"],
  };
  const measure = (metric: string, start: number, end: number): Measurement => {
    const band = recorded("train", metric).values.toSorted((one, other) => one - other);
    const { values } = recorded("test", metric, start, end);
    const known = values.filter((value) => !Number.isNaN(value));
    const at = (share: number) => band[Math.floor((band.length - 1) * share)] ?? Number.NaN;
    const mean = known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
    return { mean, samples: known.length, low: at(0.01), high: at(0.99), partial: false };
  };

  /** The verdict on an action of five seconds in a trouble that was noticed at `began`. */
  function verdictAt(fault: string, began: number, called: number, settleSeconds: number): string {
    const [metric, direction] = telling[fault] ?? ["", "above"];
    const settled = called + 5 + settleSeconds;
    const window = beforeWindow({ called, began, settleSeconds });
    const before = measure(metric, window.start, window.end);
    const after = measure(metric, settled - settleSeconds / 2, settled);
    const outcome = compare(metric, direction, before, after);
    const course = recorded("test", metric, began, settled);
    return besideCourse(outcome, course, { called, settled, settleSeconds, direction }).verdict;
  }

  it("tells cures, no effect and making it worse apart", () => {
    const wrong: string[] = [];
    let tried = 0;
    const expectVerdict = (
      verdict: string,
      fault: string,
      [began, called, settle]: [began: number, called: number, settle: number],
    ) => {
      tried += 1;
      const got = verdictAt(fault, began, called, settle);
      if (got !== verdict) wrong.push(`${fault}: ${got}, not ${verdict}`);
    };
    for (const { fault, start, end } of recordedFaults()) {
      // Half a minute is how long the recording's faults take to be noticed; a rate needs its window.
      const [noticed, length] = [start + 20, end - start];
      for (const early of [0, 5, 10]) {
        // The recorded end of the fault stands for an action that cured it; its middle for one that did nothing.
        expectVerdict("improved", fault, [noticed, end - 5 - early, 60]);
        expectVerdict("unchanged", fault, [noticed, start + length * 0.35 + early, length * 0.4]);
        // The calm just before a fault, and the fault itself after the action.
        expectVerdict("worse", fault, [start - 70, start - 10 - early, Math.min(60, length / 2)]);
      }
    }
    expect(tried).toBe(63);
    // A fault that is two thirds of a minute old, in samples five seconds apart, is too young for a line.
    expect(wrong.length, wrong.join("; ")).toBeLessThanOrEqual(3);
  });
});
