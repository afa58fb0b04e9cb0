import { afterEach, beforeEach, expect, it } from "vitest";
import { openChatWorld, team, type ChatWorld } from "../../fixtures/fakes/chat-world.ts";
import { getPlan } from "../../remediation/plans.ts";

let chat: ChatWorld;
beforeEach(async () => {
  chat = await openChatWorld();
});
afterEach(async () => {
  expect(chat.problems).toEqual([]);
  await chat.close();
});

const ask = (text: string) => chat.say("slack", team.olga, text);
const service = async (plan: string | null) => (await getPlan(plan ?? "", chat.world.ctx))?.params.service;

it("are those of the unit that was named, else of the target's own service", async () => {
  const named = await ask("tail nginx on web-1");
  console.log(JSON.stringify(named, null, 1));
  expect(await service(named.plan)).toBe("nginx");
  expect(await service((await ask("tail web-1")).plan)).toBe("app");
});

it("are refused with the shape of a name where the unit cannot be one", async () => {
  expect(await ask("tail __proto__ on web-1")).toMatchObject({ tone: "refused", plan: null });
});
