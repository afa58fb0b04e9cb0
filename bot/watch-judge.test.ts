import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { personIn } from "../fixtures/fakes/core.ts";
import { type WatchWorld, watchWorld } from "../fixtures/fakes/watch-world.ts";
import { giveFeedback } from "../remediation/feedback.ts";
import { listIncidents } from "../remediation/incident.ts";
import type { Reading } from "./detector.ts";

let stage: WatchWorld;

beforeEach(async () => {
  stage = await watchWorld();
});

afterEach(() => stage.close());

describe("what a person called no problem", () => {
  const noProblem = (incident = "inc-1") =>
    giveFeedback(
      { incident, verdict: "not_a_problem", reason: null, score: 2, metrics: ["memory_usage_percent"] },
      personIn(stage.world.ctx.policy, "olga"),
      stage.world.memory.feedback.record,
      stage.world.ctx,
    );
  const minutes = async (cycle: () => Promise<void>, count: number, seen: () => Reading) => {
    for (let minute = 0; minute < count; minute += 1) {
      stage.world.now += 60_000;
      stage.see([seen()]);
      await cycle();
    }
  };
  const since = () => stage.world.now / 1_000 - 60;

  it("is not told again while it goes on, also after a restart", async () => {
    const began = since();
    const going = () => ({ ...stage.leaking("web-1"), since: began });
    const { cycle } = stage.watch();
    await minutes(cycle, 1, going);
    await noProblem();
    await minutes(cycle, 30, going);
    await minutes(stage.watch().cycle, 30, going);
    expect(await listIncidents({ unresolvedOnly: false }, stage.world.ctx)).toHaveLength(1);
  });

  it("is told again when it is over and comes back", async () => {
    const { cycle } = stage.watch();
    await minutes(cycle, 1, () => stage.leaking("web-1"));
    await noProblem();
    await minutes(cycle, 12, () => stage.reading("web-1"));
    await minutes(cycle, 1, () => stage.leaking("web-1"));
    expect((await stage.open()).map(({ id }) => id)).toEqual(["inc-2"]);
  });

  it("is told at once when it becomes half as bad again, or another metric leads", async () => {
    const { cycle } = stage.watch();
    await minutes(cycle, 1, () => stage.leaking("web-1"));
    await noProblem();
    await minutes(cycle, 2, () => ({ ...stage.leaking("web-1"), score: 2.9 }));
    expect(await stage.open()).toEqual([]);
    await minutes(cycle, 1, () => ({ ...stage.leaking("web-1"), score: 3.1 }));
    expect((await stage.open()).map(({ id }) => id)).toEqual(["inc-2"]);
    await noProblem("inc-2");
    const other = () => ({
      ...stage.leaking("web-1"),
      top: [{ ...stage.leaking("web-1").top[0]!, metric: "cpu_usage_percent" }],
    });
    await minutes(cycle, 1, other);
    expect((await stage.open()).map(({ metric }) => metric)).toEqual(["cpu_usage_percent"]);
  });
});
