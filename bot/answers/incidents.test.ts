import { afterEach, beforeEach, expect, test } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../../fixtures/fakes/core.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import { understand } from "../../intents/understand.ts";
import { getIncident, raiseAlert } from "../../remediation/incident.ts";
import type { Bot } from "../bot.ts";
import { respond } from "../respond.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
  await raiseAlert(memoryAlert("web-1"), world.ctx);
  await raiseAlert(memoryAlert("web-2"), world.ctx);
});
afterEach(() => world.close());

async function say(text: string) {
  const bot = {
    scene: () => sceneAt(world.now),
    targets: () => [...world.targets.values()],
    core: world.ctx,
    watchState: () => ({ lastCycleAt: null, problem: null }),
  } as unknown as Bot;
  const asker = { person: personIn(world.ctx.policy, "olga"), surface: "slack" };
  return (await respond(understand(text).intent, asker, bot)).draft;
}
const statusOf = async (id: string) => (await getIncident(id, world.ctx))?.status;

test("a silence is ended by name, or alone where only one is silenced", async () => {
  expect((await say("unsilence")).title).toBe("Nothing is silenced");
  await say("silence web-2 2h");
  expect(await statusOf("inc-2")).toBe("silenced");
  expect((await say("unmute web-1")).text).toBe("inc-1 is not silenced; there is nothing to end.");
  await say("unsilence");
  expect(await statusOf("inc-2")).toBe("open");
  await say("mute inc-1 for 1h");
  await say("mute inc-2 for 1h");
  expect((await say("unsilence")).text).toBe("Name one of inc-2, inc-1.");
  await say("lift the silence for inc-1");
  expect([await statusOf("inc-1"), await statusOf("inc-2")]).toEqual(["open", "silenced"]);
});

test("nothing is silenced by a bare word: which incident is asked, and named with how", async () => {
  expect(await say("silence")).toMatchObject({
    title: "Which incident do you want to silence?",
    text: expect.stringMatching(/^Name one of inc-2, inc-1, and for how long: "silence inc-2 2h"/) as string,
  });
  expect([await statusOf("inc-1"), await statusOf("inc-2")]).toEqual(["open", "open"]);
});

test("more than a page of open incidents are counted, told and picked from", async () => {
  for (let target = 3; target <= 230; target++) await raiseAlert(memoryAlert(`batch-${target}`), world.ctx);
  const card = await say("incidents");
  expect(card.title).toBe("230 open incidents");
  expect(card.text).toContain("and 210 more");
  expect((await say("ack")).text).toMatch(/^Name one of inc-230, .*inc-211 and 210 more\.$/);
  expect((await say("summary")).title).toContain("230 incidents, 0 plans, 230 still open");
});
