import { afterEach, beforeEach, expect, it } from "vitest";
import { openChatWorld, team, type ChatWorld } from "../../fixtures/fakes/chat-world.ts";

let chat: ChatWorld;
beforeEach(async () => {
  chat = await openChatWorld();
});
afterEach(async () => {
  expect(chat.problems).toEqual([]);
  await chat.close();
});

it.each([
  ["help decide", "approve [plan-N]: let a plan run"],
  ["help look", "status [TARGET]"],
  ["help scale", "remediate TARGET|inc-N"],
  ["help drill", "drill approval: one that does nothing"],
  ["help break glass", "break glass: REASON | seal glass"],
  ["help limits", "and then 10000 a minute"],
  ["help kill switch", "pause [because REASON]"],
])("%s has an answer", async (asked, told) => {
  const card = await chat.say("slack", team.mara, asked);
  expect(card.title).toBe("How to say it");
  expect(card.text).toContain(told);
});

it("names what there is here, and what may be asked", async () => {
  const card = await chat.say("slack", team.olga, "help");
  expect(card.title).toBe("What you can ask me (you may: look, propose)");
  expect(card.text).toContain('Remedies: "restart app on web-1"');
  expect(card.text).not.toContain("You may only look");
  expect((await chat.say("slack", team.olga, "  ")).title).toBe(card.title);
});

it("tells who may only look why nothing is proposed to them, and who may", async () => {
  const card = await chat.say("slack", team.vic, "help");
  expect(card.title).toBe("What you can ask me (you may: look)");
  expect(card.text).toContain(
    "You may only look, so I propose nothing to you. To propose one must be operator",
  );
  expect(await chat.say("slack", team.vic, "help pause")).toMatchObject({
    title: "pause is not for you",
    text: expect.stringContaining("It asks for the role operator; you are viewer."),
  });
});

it("asks for the time again where it cannot be read, in its own zone, and offers nothing for now", async () => {
  const card = await chat.say("slack", team.olga, "reboot web-1 at 02:00 CET");
  expect(card.text).toContain("Times are those of this machine: it is 22:13 UTC.");
  expect(card.buttons.map(({ label }) => label)).toEqual(["status web-1"]);
});

it("says what a name that is none resembles", async () => {
  const card = await chat.say("slack", team.olga, "reboot web-9");
  expect(card.title).toBe('There is no "web-9"');
  expect(card.buttons.map(({ label }) => label)).toContain("web-1");
});
