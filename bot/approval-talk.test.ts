import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openChatWorld, team, type ChatWorld } from "../fixtures/fakes/chat-world.ts";
import { memoryAlert, teamPolicy } from "../fixtures/fakes/core.ts";
import { sealOverdueGlass } from "../remediation/break-glass.ts";
import { raiseAlert } from "../remediation/incident.ts";
import { getPlan } from "../remediation/plans.ts";
import { proposeForIncident } from "../remediation/propose.ts";
import { executeApproved } from "../remediation/recover.ts";
import { remind } from "../remediation/remind.ts";
import type { Card } from "./card.ts";

const minute = 60_000;
let chat: ChatWorld;
beforeEach(async () => {
  chat = await openChatWorld();
});
afterEach(async () => {
  expect(chat.problems).toEqual([]);
  await chat.close();
});

const labels = (card: Card | undefined) => card?.buttons.map(({ label }) => label);
const newest = (on: "slack" | "discord" | "console" = "slack") => chat.chats[on].shown.at(-1);

/** An incident with its waiting plan, told on every home channel. */
async function told(): Promise<void> {
  const { incident } = await raiseAlert(memoryAlert(), chat.world.ctx);
  await proposeForIncident(incident, chat.world.ctx);
  await chat.refresher.announce(incident.id, chat.homes);
  await chat.settled();
}

async function later(minutes: number): Promise<void> {
  chat.world.now += minutes * minute;
  await remind(chat.world.ctx);
  await sealOverdueGlass(chat.world.ctx);
  await chat.tell();
}

describe("a plan that nobody decides", () => {
  it("is told again once, then addressed to the people on call, and both cards end with the plan", async () => {
    await told();
    await later(5);
    await later(0);
    expect(chat.chats.slack.shown).toHaveLength(2);
    const reminder = newest();
    expect(reminder?.title).toBe("Nobody has decided yet: Restart app on web-1");
    expect(reminder?.text).toContain("It has waited for 5 min and expires at 22:28 UTC, in 10 min.");
    expect(reminder?.text).toContain(
      "Mara, Jon, Ada, members of slack:T1/S7 or members of discord:G1/R7 may approve",
    );
    expect(labels(reminder)).toEqual(["Approve restart", "Deny", "Escalate"]);
    expect(reminder?.mentions).toBeUndefined();
    expect(chat.chats.slack.shown[0]?.text).toContain("people were reminded at 22:18");
    await later(5);
    await later(0);
    const asked = newest();
    expect(asked).toMatchObject({ title: "plan-1 needs a decision: Restart app on web-1", tone: "critical" });
    expect(asked?.text).toContain("Mara, Jon and Ada, please decide: it expires at 22:28 UTC, in 5 min.");
    expect(asked?.mentions).toEqual(["slack:T1/U3", "discord:G1/U3", "discord:G1/U4"]);
    for (const on of ["slack", "discord", "console"] as const) expect(chat.chats[on].shown).toHaveLength(3);
    await chat.press("discord", team.jon, asked?.buttons[0]?.token ?? "");
    await chat.settled();
    for (const on of ["slack", "discord", "console"] as const)
      for (const card of chat.chats[on].shown) {
        expect(card.text).toContain("Approved by Jon");
        expect(labels(card)?.filter((label) => /^(Approve|Deny|Escalate)/.test(label))).toEqual([]);
      }
  });

  it("is not told about any more once it was decided, also by a notice that waited", async () => {
    await told();
    chat.world.now += 5 * minute;
    await remind(chat.world.ctx);
    await chat.say("slack", team.olga, "deny plan-1 because of the sale");
    await chat.tell();
    expect(chat.chats.discord.shown).toHaveLength(1);
  });

  it("is escalated by word or button at once, and says so to who asks twice", async () => {
    await told();
    expect((await chat.say("slack", team.olga, "escalate inc-1")).title).toBe(
      "Mara, Jon and Ada were called about plan-1",
    );
    await chat.tell();
    expect(newest("discord")?.text).toContain("Olga asks for help.");
    expect(await chat.say("slack", team.olga, "escalate plan-1")).toMatchObject({ tone: "refused" });
    expect((await chat.say("slack", team.vic, "escalate plan-1")).tone).toBe("refused");
  });

  it("says that nobody was reached, and what to configure, where no home channel can call", async () => {
    chat.bot.homes = [chat.chats.console.home];
    await told();
    expect(await chat.say("slack", team.olga, "escalate inc-1")).toMatchObject({
      title: "Nobody was reached about plan-1",
      tone: "warning",
      text: "Nobody was reached: I have no home channel in a chat. Set SMARTCLOUDOPS_SLACK_CHANNEL or SMARTCLOUDOPS_DISCORD_CHANNEL, and call Mara, Jon and Ada yourself.",
    });
    expect(chat.chats.slack.shown[0]?.text).toContain("Nobody was reached: I have no home channel");
  });

  it("says whom a call does not reach, because the policy knows no account there", async () => {
    chat.bot.homes = [chat.chats.slack.home];
    await told();
    expect((await chat.say("slack", team.olga, "escalate inc-1")).text).toBe(
      "The call stands on every home channel. This did not reach Jon and Ada: the policy links Jon and Ada to no account in a chat where I have a home channel. Add it under `identities`, and call Jon and Ada yourself.",
    );
  });
});

describe("a pause", () => {
  it("stands first on the card of a plan that waits, which then offers no Approve, until somebody resumes", async () => {
    await told();
    await chat.say("slack", team.olga, "pause because of the sale");
    const [card] = chat.chats.discord.shown;
    expect(card?.text).toMatch(
      /^Paused by Olga since 22:13 UTC.*\. Nothing can be approved or run; only an approver may resume\.\n/,
    );
    expect(labels(card)).toEqual(["Deny", "Details", "Why?", "Not a problem", "Silence 2 h"]);
    expect((await chat.say("slack", team.olga, "explain plan-1")).buttons.map(({ label }) => label)).toEqual([
      "Deny",
    ]);
    expect((await chat.say("slack", team.mara, "approve plan-1")).text).toMatch(
      /^Automation was paused by Olga .* ago, so nothing can be approved\. Only an approver may resume: Mara, Jon, Ada/,
    );
    await chat.say("slack", team.mara, "resume");
    expect(labels(chat.chats.discord.shown[0])?.[0]).toBe("Approve restart");
    expect(chat.chats.discord.shown[0]?.text).not.toContain("Paused");
  });
});

describe("the card of an incident that is over", () => {
  it("never carries the buttons of a plan for a later one on the same target", async () => {
    await told();
    await chat.say("slack", team.olga, "resolve inc-1");
    const later = memoryAlert("web-1", { key: "limit:service_up", startsAt: 2_000 });
    const { incident } = await raiseAlert(later, chat.world.ctx);
    await proposeForIncident(incident, chat.world.ctx);
    await chat.refresher.announce(incident.id, chat.homes);
    await chat.settled();
    chat.refresher.changed({ incident: "inc-1" });
    await chat.settled();
    const [over, open] = chat.chats.discord.shown;
    expect(over).toMatchObject({ incident: "inc-1", buttons: [] });
    expect(open?.plan).toBe("plan-2");
    expect(labels(open)?.[0]).toBe("Approve restart");
  });
});

describe("approve now, run later", () => {
  it("says the window in the reader's zone before and after the approval, and runs in it", async () => {
    const card = await chat.say("slack", team.olga, "reboot web-1 tonight between 2 and 4");
    expect(card.title).toBe("Reboot web-1?");
    expect(card.text).toContain("Once approved it runs between 15 Nov 02:00 and 04:00 UTC.");
    expect(labels(card)).toEqual(["Approve reboot for later", "Deny", "Details"]);
    await chat.press("slack", team.mara, card.buttons[0]?.token ?? "");
    await chat.settled();
    expect(newest()?.text).toContain("it runs between 15 Nov 02:00 and 04:00 UTC.");
    expect(labels(newest())).toEqual(["Cancel reboot"]);
    expect(chat.world.cloud.accepted).toEqual([]);
    chat.world.now = Date.parse("2023-11-15T02:00:00Z");
    expect((await chat.say("console", team.ada, "explain plan-1")).text).toContain(
      "it starts as soon as no limit stands in its way, until 04:00 UTC",
    );
    await executeApproved(chat.world.ctx);
    await chat.settled();
    expect(chat.world.cloud.accepted).toEqual(["reboot i-web-1"]);
  });

  it("is shown on the card of an incident that opens meanwhile, with the way to make room", async () => {
    await chat.say("slack", team.olga, "reboot web-1 at 02:00");
    await chat.say("slack", team.mara, "approve plan-1");
    await told();
    const card = newest("console");
    expect(card?.text).toContain("it runs between 15 Nov 02:00 and 02:30 UTC.");
    expect(labels(card)).toEqual(["Cancel reboot", "Why?", "Not a problem", "Silence 2 h"]);
    await chat.press("discord", team.jon, card?.buttons[0]?.token ?? "");
    await chat.settled();
    expect(labels(newest("console"))).toContain("Propose a fix");
  });

  it("is refused with what to say instead where the time, the window or the remedy is missing", async () => {
    const none = await chat.say("slack", team.olga, "reboot web-1 in the next maintenance window");
    expect(none).toMatchObject({ tone: "refused", text: expect.stringContaining("say a time") });
    const rule = await chat.say("slack", team.olga, "fix web-1 at 02:00");
    expect(rule).toMatchObject({
      tone: "refused",
      text: expect.stringContaining('"remediate web-1 RUNBOOK at 02:00"'),
    });
    expect(labels(rule)).toEqual([
      "Propose diagnostics",
      "Propose clean",
      "Propose reboot",
      "Propose restart",
    ]);
    for (const text of ["restart web-1 at 25:00", "reboot web-1 at 25:00", "drill approval at 25:00"])
      expect(await chat.say("slack", team.olga, text)).toMatchObject({
        title: "Nothing was proposed",
        text: 'I do not understand the time "at 25:00": write at 02:00, between 02:00 and 04:00, or in 10m.',
      });
  });

  it("is told by status and incidents while it waits, also while automation is paused", async () => {
    await chat.say("slack", team.olga, "reboot web-1 at 02:00");
    expect((await chat.say("slack", team.vic, "status")).text).toContain(
      "plan-1 Reboot web-1, asked for by Olga 22:13 UTC. Once approved it runs between 15 Nov 02:00 and 02:30 UTC.",
    );
    await chat.say("slack", team.mara, "approve plan-1");
    const waits = "it runs between 15 Nov 02:00 and 02:30 UTC.";
    for (const question of ["status", "status web-1", "incidents"])
      expect((await chat.say("slack", team.vic, question)).text).toContain(waits);
    expect((await chat.say("slack", team.vic, "status web-2")).text).not.toContain("plan-1");
    await chat.say("slack", team.olga, "pause");
    const paused = await chat.say("slack", team.vic, "status");
    expect(paused.title).toMatch(/^Automation is paused\. /);
    expect(paused.tone).toBe("warning");
    expect(paused.text).toContain(waits);
    await chat.say("slack", team.olga, "cancel plan-1");
    expect((await chat.say("slack", team.vic, "who approved the last reboot")).title).toBe(
      "plan-1 was approved by Mara 22:13 UTC, then cancelled by Olga 22:13 UTC",
    );
  });

  it("waits for as long as was said", async () => {
    const card = await chat.say("slack", team.olga, "reboot web-1 in 10 minutes");
    expect(card.text).toContain("Once approved it runs between 22:23 and 22:53 UTC.");
    await chat.say("slack", team.mara, "approve plan-1");
    await executeApproved(chat.world.ctx);
    expect(chat.world.cloud.accepted).toEqual([]);
    chat.world.now += 10 * minute;
    await executeApproved(chat.world.ctx);
    await chat.settled();
    expect(chat.world.cloud.accepted).toEqual(["reboot i-web-1"]);
  });
});

describe("an emergency", () => {
  it("is told loudly everywhere when it begins and ends, and the plan's card says who and why", async () => {
    await chat.say("slack", team.mara, "restart app on web-1");
    const refused = await chat.say("slack", team.mara, "approve plan-1");
    expect(refused).toMatchObject({
      tone: "refused",
      text: expect.stringContaining("someone else must approve it"),
    });
    expect((await chat.say("slack", team.olga, "status")).text).not.toContain("Emergency");
    const opened = await chat.say("slack", team.mara, "break glass: payments are down and Jon is asleep");
    expect((await chat.say("slack", team.olga, "status")).text).toContain(
      'Emergency until 22:28 UTC: Mara may approve alone ("payments are down and Jon is asleep"); "seal glass" ends it.',
    );
    expect(opened.title).toBe("You may approve alone until 22:28 UTC");
    await chat.tell();
    expect(newest("console")).toMatchObject({
      title: "Mara broke the glass until 22:28 UTC",
      tone: "critical",
      text: expect.stringContaining("payments are down and Jon is asleep."),
      mentions: ["discord:G1/U4"],
    });
    await chat.say("discord", team.maraOnDiscord, "approve plan-1");
    expect((await getPlan("plan-1", chat.world.ctx))?.status).toBe("done");
    expect(newest("discord")?.text).toContain(
      "Mara broke the glass and approved alone 22:13 UTC: payments are down and Jon is asleep",
    );
    const told = await chat.say("console", team.ada, "history");
    expect(told.text).toContain("Mara broke the glass: payments are down and Jon is asleep");
    const decided = await chat.say("console", team.ada, "history plan-1");
    expect(decided.text).toContain("alone, in an emergency: payments are down and Jon is asleep");
    await later(16);
    for (const on of ["slack", "discord", "console"] as const)
      expect(newest(on)).toMatchObject({
        title: "The glass is sealed again",
        text: expect.stringContaining("Its 15 minutes are over."),
      });
  });

  it("needs an approver and a reason, never comes from other words, and any operator seals it", async () => {
    expect((await chat.say("slack", team.olga, "break glass: the site is down")).tone).toBe("refused");
    expect((await chat.say("slack", team.mara, "break glass")).text).toContain("at least 10 characters");
    expect((await chat.say("slack", team.mara, "please break the glass")).title).not.toContain("alone");
    await chat.say("slack", team.mara, "break glass: the site is down");
    expect((await chat.say("discord", team.olgaOnDiscord, "seal glass")).title).toBe(
      "The glass is sealed again",
    );
    expect((await chat.say("slack", team.mara, "seal glass")).tone).toBe("refused");
  });

  it("is not for a policy that forbids it", async () => {
    chat.world.ctx.policy = { ...teamPolicy(), breakGlass: false };
    expect((await chat.say("slack", team.mara, "break glass: the site is down")).text).toContain(
      "break_glass: false",
    );
  });
});

describe("a practice", () => {
  it("says plainly that nothing will be touched, and goes from button to done", async () => {
    const card = await chat.say("slack", team.olga, "drill approval");
    expect(card.title).toBe("Practise an approval (nothing will be touched)?");
    expect(card.fields[0]?.value).toContain("Nothing will be touched: no call leaves this program");
    expect(labels(card)).toEqual(["Approve practice", "Deny", "Details"]);
    expect(await chat.press("slack", team.olga, card.buttons[0]?.token ?? "")).toMatchObject({
      refused: true,
    });
    await chat.press("slack", team.mara, card.buttons[0]?.token ?? "");
    await chat.settled();
    expect(newest()).toMatchObject({
      tone: "ok",
      title: "Practised an approval: done, nothing was touched",
    });
    expect(newest()?.text).toContain("Approved by Mara");
    expect(newest()?.text).not.toContain("verdict");
    expect(chat.world.cloud.accepted).toEqual([]);
  });
});

describe("denying", () => {
  it("decides with one click, and takes the reason afterwards from who denied", async () => {
    await told();
    const deny = chat.chats.slack.shown[0]?.buttons[1]?.token ?? "";
    await chat.press("slack", team.olga, deny);
    await chat.settled();
    expect(chat.chats.discord.shown[0]?.text).toContain(
      'Denied by Olga 22:13 UTC without a reason ("deny plan-1 because ..." adds it). Nothing was run.',
    );
    expect(await chat.say("discord", team.jon, "deny plan-1 because I like it")).toMatchObject({
      tone: "refused",
    });
    await chat.say("discord", team.olgaOnDiscord, "deny plan-1 because the sale is on");
    for (const on of ["slack", "discord", "console"] as const)
      expect(chat.chats[on].shown[0]?.text).toContain(
        "Denied by Olga 22:13 UTC: the sale is on. Nothing was run.",
      );
    expect(await chat.say("slack", team.olga, "deny plan-1 because of more")).toMatchObject({
      tone: "refused",
    });
  });
});
