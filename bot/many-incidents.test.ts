import { afterEach, beforeEach, expect, it } from "vitest";
import { openChatWorld, team, type ChatWorld } from "../fixtures/fakes/chat-world.ts";
import { memoryAlert } from "../fixtures/fakes/core.ts";
import { raiseAlert } from "../remediation/incident.ts";

let chat: ChatWorld;
beforeEach(async () => {
  chat = await openChatWorld();
  await raiseAlert(memoryAlert("web-1"), chat.world.ctx);
  for (let n = 0; n < 230; n += 1) await raiseAlert(memoryAlert(`elsewhere-${n}`), chat.world.ctx);
});
afterEach(async () => {
  expect(chat.problems).toEqual([]);
  await chat.close();
});

it("what is open names the known target first, counts all of them, and says how many more there are", async () => {
  const card = await chat.say("slack", team.vic, "incidents");
  expect(card.title).toBe("231 open incidents");
  const lines = card.text.split("\n");
  expect(lines[0]).toContain("inc-1 web-1: memory is climbing");
  expect(lines.at(-1)).toBe("and 211 more");
});

it("what somebody missed does so too", async () => {
  const card = await chat.say("slack", team.vic, "what did I miss overnight");
  expect(card.title).toContain("231 incidents");
  expect(card.title).toContain("231 still open");
  expect(card.text.split("\n")[0]).toContain("inc-1 web-1");
  expect(card.text.split("\n").at(-1)).toBe("and 201 more");
});

it("an old silence is found to be ended", async () => {
  await chat.say("slack", team.olga, "mute web-1 for 2h");
  const card = await chat.say("slack", team.olga, "unmute");
  expect(card.incident).toBe("inc-1");
});
