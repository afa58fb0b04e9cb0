import { expect, it } from "vitest";
import { coreWorld, personIn } from "../../fixtures/fakes/core.ts";
import { approve } from "../../remediation/approve.ts";
import { getPlan } from "../../remediation/plans.ts";
import { propose } from "../../remediation/propose.ts";
import { keepTime } from "./keep-time.ts";

it("begins by itself what is approved and was not begun, and waits for it at a stop", async () => {
  const world = await coreWorld();
  await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
  const person = personIn(world.ctx.policy, "mara");
  await approve({ plan: "plan-1", person, surface: "x" }, world.ctx);
  const problems: unknown[] = [];
  let ended = (): void => undefined;
  const end = new Promise<void>((resolve) => (ended = resolve));
  const look = async () => {
    if ((await getPlan("plan-1", world.ctx))?.status === "done") ended();
  };
  world.ctx.changed = () => void look();
  const nothing = async () => undefined;
  const time = keepTime({
    bot: {
      core: world.ctx,
      scene: () => ({ nowMs: world.now }),
      targets: () => [],
      detector: { live: () => [] },
      retraining: { step: nothing },
      watchState: () => ({ lastCycleAt: null, problem: null }),
    },
    intake: { work: async () => undefined },
    watch: { cycle: nothing },
    collector: { beat: nothing, sweep: nothing, stop: () => undefined },
    inventory: { isComplete: () => true, refresh: nothing },
    delivery: { flush: nothing },
    conversations: { forgetOld: nothing },
    guard: { beat: nothing },
    metrics: { watchSeconds: { startTimer: () => () => 0 } },
    cycleMs: 60_000,
    collectMs: 60_000,
    onError: (error: unknown) => problems.push(error),
  } as unknown as Parameters<typeof keepTime>[0]);
  time.start();
  await end;
  await time.stop();
  expect(world.cloud.accepted).toHaveLength(1);
  expect(problems).toEqual([]);
  await world.close();
});
