import { afterEach, beforeEach, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../../fixtures/fakes/core.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import { understand } from "../../intents/understand.ts";
import { approve } from "../../remediation/approve.ts";
import { tellChange } from "../../remediation/changes.ts";
import { execute } from "../../remediation/execute.ts";
import { incidentOfTarget, raiseAlert } from "../../remediation/incident.ts";
import { getPlan } from "../../remediation/plans.ts";
import { propose } from "../../remediation/propose.ts";
import type { Bot } from "../bot.ts";
import { changeMarks, followUp } from "../follow-up.ts";
import { respond } from "../respond.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

const bot = (parts: Partial<Bot> = {}) =>
  ({
    scene: () => sceneAt(world.now),
    targets: () => [...world.targets.values()],
    core: world.ctx,
    watchOnly: false,
    run: () => undefined,
    ...parts,
  }) as unknown as Bot;

const olga = () => ({ person: personIn(world.ctx.policy, "olga"), surface: "slack" });

async function say(text: string, parts: Partial<Bot> = {}) {
  return respond(understand(text).intent, olga(), bot(parts));
}

async function resized(): Promise<void> {
  const proposal = { runbook: "change-type", params: { type: "t3.small" }, target: "web-1" };
  const proposed = await propose({ ...proposal, requester: "system" }, world.ctx);
  if (!proposed.ok) throw new Error(proposed.message);
  await approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx);
  await execute("plan-1", world.ctx);
}

it("undoes the last change when asked in words, by a plan that waits for approval", async () => {
  await resized();
  const answer = await say("undo the last change");
  expect(answer).toMatchObject({ private: false, view: { kind: "plan", id: "plan-2" } });
  expect(await getPlan("plan-2", world.ctx)).toMatchObject({
    status: "proposed",
    rollsBack: "plan-1",
    requester: { id: "olga" },
  });
  expect(await say("rollback plan-1")).toMatchObject({ view: { kind: "plan", id: "plan-2" } });
  expect(world.cloud.instances.get("i-web-1")?.type).toBe("t3.small");
});

it("tells only the asker why nothing can be undone", async () => {
  expect(await say("undo the last change")).toMatchObject({
    private: true,
    draft: { title: "There is nothing to take back", tone: "refused" },
  });
  await resized();
  expect(await say("rollback web-2")).toMatchObject({ private: true });
  expect(await say("rollback plan-1", { watchOnly: true })).toMatchObject({
    private: true,
    draft: { title: "I only watch" },
  });
  expect(await getPlan("plan-2", world.ctx)).toBeNull();
});

it("gives what changed before to the card and to the charts, of the target it concerns", async () => {
  const ci = { id: "key:ci" };
  const deploy = { key: null, kind: "deploy", title: "4f2c", by: "CI", url: null };
  await tellChange({ ...deploy, scope: { target: "web-1" }, at: world.now - 720_000 }, ci, world.ctx);
  await raiseAlert(memoryAlert("web-1", { startsAt: world.now / 1_000 }), world.ctx);
  const incident = await incidentOfTarget("web-1", world.ctx);
  const { changes } = await followUp(incident, null, bot());
  expect(changes).toMatch(/^Changed before this: deploy 4f2c by CI at \d\d:\d\d UTC \(12 min before\)\.$/);
  const window = { start: world.now / 1_000 - 1_800, end: world.now / 1_000 };
  expect(await changeMarks("web-1", window, bot())).toEqual([
    { time: world.now / 1_000 - 720, label: "deploy 4f2c" },
  ]);
  expect(await changeMarks("web-2", window, bot())).toEqual([]);
  expect(await changeMarks("nobody", window, bot())).toEqual([]);
});
