import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { execute } from "./execute.ts";
import { raiseAlert, type Alert } from "./incident.ts";
import { nextOption, optionsFor } from "./options.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { resolve } from "./triage.ts";
import { causeOf, cureRank, recordOf, trackRecord, trackText } from "./track-record.ts";
import { judge } from "./verify.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(async () => {
  await world.close();
});

const key = {
  runbook: "restart-service",
  service: "app",
  cause: "memory_usage_percent above",
  cloud: "dry-run",
} as const;
const person = (id: string) => personIn(world.ctx.policy, id);

/** One incident, one run, and its verdict: what the metric reads as after the call. */
async function run(
  after: number | null,
  target = "web-1",
  alert: Partial<Alert> = {},
  runbook = "restart-service",
) {
  world.now += 24 * 3_600_000;
  const startsAt = world.now / 1_000;
  const { incident } = await raiseAlert(memoryAlert(target, { startsAt, ...alert }), world.ctx);
  const proposed = await propose({ runbook, target, incident: incident.id, requester: "system" }, world.ctx);
  if (!proposed.ok) throw new Error(proposed.message);
  await approve({ plan: proposed.plan.id, person: person("mara"), surface: "x" }, world.ctx);
  await execute(proposed.plan.id, world.ctx);
  const done = world.now / 1_000;
  world.metric = ({ start, end }) => {
    const time = Array.from({ length: Math.floor((end - start) / 5) }, (_, row) => start + row * 5);
    const course = { time, values: time.map((at) => (at > done + 60 ? (after ?? Number.NaN) : 41)) };
    return { mean: end <= done ? 41 : after, samples: 20, low: 8, high: 12, course, partial: false };
  };
  world.now += 600_000;
  await judge(world.ctx);
  const plan = await getPlan(proposed.plan.id, world.ctx);
  await resolve(incident.id, person("olga"), null, world.ctx);
  return { incident, plan };
}

describe("a track record", () => {
  it("counts the verdicts of this remedy, cause and service, with the median time to cure", async () => {
    expect(trackText(await trackRecord(key, world.ctx), world.now)).toBe("not tried for this cause here yet");
    await run(10);
    await run(41);
    const failedAt = world.now;
    await run(10);
    await run(null);
    expect(await trackRecord(key, world.ctx)).toMatchObject({
      cured: 2,
      tried: 3,
      unverified: 1,
      medianCureSeconds: 65,
    });
    const text = trackText(await trackRecord(key, world.ctx), failedAt);
    expect(text).toMatch(/^cured this cause 2 of 3 times here, median 65 s, last failure \d+ Nov$/);
  });

  it("knows nothing of other causes, services, remedies and clouds", async () => {
    await run(10);
    for (const other of [
      { ...key, cause: "memory_usage_percent below" },
      { ...key, service: "db" },
      { ...key, runbook: "reboot" },
      { ...key, cloud: "aws" as const },
    ])
      expect(await trackRecord(other, world.ctx)).toMatchObject({ tried: 0, unverified: 0 });
  });

  it("compares alerts from outside by their names", async () => {
    const detail = { alertmanager: { alertname: "HighMemory" } };
    await run(10, "web-1", { metric: null, direction: null, signals: [], detail });
    expect(causeOf({ metric: null, direction: null, detail })).toBe("alert HighMemory");
    // Without a metric nobody can see whether it helped.
    expect(await trackRecord({ ...key, cause: "alert HighMemory" }, world.ctx)).toMatchObject({ tried: 1 });
    expect(causeOf({ metric: null, direction: null, detail: {} })).toBeNull();
  });

  it("stands on the approval card, beside how long it took here", async () => {
    await run(10);
    await run(10);
    world.now += 24 * 3_600_000;
    await raiseAlert(memoryAlert("web-2", { startsAt: world.now / 1_000 }), world.ctx);
    const proposed = await propose(
      { runbook: "restart-service", target: "web-2", incident: "inc-3", requester: "system" },
      world.ctx,
    );
    const lines = proposed.ok ? proposed.plan.blastRadius.join("\n") : "";
    expect(lines).toContain("Cured this cause 2 of 2 times here, median 65 s.");
    expect(lines).toMatch(/It took under 1 s here \(median of 2 runs\)/);
  });
});

describe("ranking", () => {
  it("puts nine of ten before one of one, and what was never tried last", () => {
    const ranks = [
      { cured: 9, tried: 10 },
      { cured: 1, tried: 1 },
      { cured: 1, tried: 9 },
      { cured: 0, tried: 0 },
    ].map(cureRank);
    expect(ranks).toEqual(ranks.toSorted((one, other) => other - one));
    // Wilson's lower end at 90 % for 9 of 10, by hand: (0.9 + z²/20 - z·√(0.09/10 + z²/400)) / (1 + z²/10).
    expect(ranks[0]).toBeCloseTo(0.6522, 3);
    expect(ranks[3]).toBe(0);
  });

  it("does not depend on the order of the rows", () => {
    const incident = null;
    const row = (number: number, verdict: "improved" | "worse") => ({
      number,
      verdict,
      doneAt: number * 1_000,
      curedAfterSeconds: verdict === "improved" ? number : null,
      incident,
    });
    const rows = [row(1, "improved"), row(2, "worse"), row(3, "improved"), row(4, "improved")];
    expect(recordOf(rows)).toEqual(recordOf(rows.toReversed()));
  });
});

describe("what to try next", () => {
  it("is the rules' order first, then the record, then what a runbook says comes after", async () => {
    await run(10, "web-2", {}, "clean-disk");
    const { incident } = await run(41);
    const options = await optionsFor(incident, world.ctx);
    expect(options.map(({ runbook, rule, tried }) => [runbook.name, rule, tried])).toEqual([
      ["restart-service", "memory-leak", true],
      ["clean-disk", null, false],
      ["reboot", null, false],
    ]);
    expect((await nextOption(incident, world.ctx))?.runbook.name).toBe("clean-disk");
  });

  it("is nothing where nothing is left, or the target is gone", async () => {
    const { incident } = await raiseAlert(memoryAlert("web-1", { metric: "load1", signals: [] }), world.ctx);
    expect(await nextOption(incident, world.ctx)).toBeNull();
    expect(await optionsFor({ ...incident, target: "gone" }, world.ctx)).toEqual([]);
  });
});
