import { describe, expect, it } from "vitest";
import { worldsStandOnPostgres } from "../fixtures/fakes/core-on-postgres.ts";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { crowd } from "../fixtures/fakes/crowd.ts";
import { hasPostgres } from "../fixtures/fakes/postgres-server.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { execute } from "./execute.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { resumeStranded } from "./recover.ts";

const skews = [-600_000, -61_000, 0, 61_000, 600_000];

/** The same bot with another clock. */
function skewed(world: World, holder: string, byMs: number): Context {
  const wall = () => world.now + byMs;
  return { ...world.ctx, holder, clock: { wall, metric: () => wall() / 1_000 } };
}

const isEnd = (status: string | undefined) =>
  ["done", "failed", "needs_human", "cancelled", "expired"].includes(status ?? "lost");

function neverTwice(seeds: number): void {
  it.each(skews)("make no call twice when the other's is %i ms away", async (skew) => {
    let takeovers = 0;
    for (let seed = 1; seed <= seeds; seed += 1) {
      const world = await coreWorld();
      const { random, crowded } = crowd(seed);
      const asked = { runbook: "change-type", params: { type: "t3.small" }, target: "web-1" };
      await propose({ ...asked, requester: "system" }, world.ctx);
      await approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx);
      const one = crowded(skewed(world, "one", 0), world.ctx.wait);
      const other = crowded(skewed(world, "other", skew), world.ctx.wait);
      const beat = async () => {
        const isOver = async () => isEnd((await getPlan("plan-1", world.ctx))?.status);
        for (let round = 0; round < 40 && !(await isOver()); round += 1) {
          await other.wait(Math.floor(random() * 2_000));
          await (
            await resumeStranded(other)
          ).ended;
        }
      };
      await Promise.all([execute("plan-1", one), beat()]);
      const calls = [...world.cloud.accepted];
      expect(new Set(calls).size, `seed ${seed}: ${calls.join(", ")}`).toBe(calls.length);
      const plan = await getPlan("plan-1", world.ctx);
      const left = `seed ${seed}: ${plan?.status} after ${calls.join(", ")}`;
      expect(isEnd(plan?.status), left).toBe(true);
      // Whoever was overtaken wrote nothing any more: what is done was called once, and nothing else was.
      const called = plan?.steps.filter(({ intentAt }) => intentAt !== null) ?? [];
      expect(calls.length, left).toBeLessThanOrEqual(called.length);
      const told = await listAudit({ subject: "plan-1", limit: 500 }, world.ctx);
      takeovers += told.filter(({ verb }) => verb === "recover").length;
      await world.close();
    }
    // To a clock that is ahead by more than a lease lasts, the first one's has always run out.
    if (skew > 60_000) expect(takeovers).toBeGreaterThan(0);
  });
}

describe("two bots with different clocks on SQLite", () => neverTwice(20));
describe.runIf(hasPostgres())("two bots with different clocks on PostgreSQL", () => {
  worldsStandOnPostgres();
  neverTwice(3);
});
