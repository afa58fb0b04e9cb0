import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openChatWorld, speakerOf, team, type ChatWorld } from "../fixtures/fakes/chat-world.ts";
import { memoryAlert } from "../fixtures/fakes/core.ts";
import { listAudit } from "../remediation/audit.ts";
import { raiseAlert } from "../remediation/incident.ts";
import { getPlan } from "../remediation/plans.ts";
import { proposeForIncident } from "../remediation/propose.ts";
import type { Card } from "./card.ts";
import type { SurfaceName } from "./surface.ts";

const surfaces: SurfaceName[] = ["slack", "discord", "console"];

let chat: ChatWorld;
beforeEach(async () => {
  chat = await openChatWorld();
});
afterEach(async () => {
  expect(chat.problems).toEqual([]);
  await chat.close();
});

/** An incident with its waiting plan, told on every home channel. */
async function told(): Promise<string> {
  const { incident } = await raiseAlert(memoryAlert(), chat.world.ctx);
  const proposal = await proposeForIncident(incident, chat.world.ctx);
  if (!proposal?.ok) throw new Error(JSON.stringify(proposal));
  await chat.refresher.announce(incident.id, chat.homes);
  await chat.settled();
  return proposal.plan.id;
}

function tokenOf(card: Card | undefined, label: string): string {
  const button = card?.buttons.find((each) => each.label.startsWith(label));
  if (button === undefined) throw new Error(`"${card?.title}" has no button ${label}`);
  return button.token;
}

const first = (on: SurfaceName) => chat.chats[on].shown[0];
const faces = () =>
  surfaces.map((on) => ({ ...first(on), id: "", buttons: first(on)?.buttons.map(({ label }) => label) }));

describe("one request on three surfaces", () => {
  it("is decided by the first valid click, and all cards become the same", async () => {
    const plan = await told();
    const [slack, discord, page] = surfaces.map((on) => tokenOf(first(on), "Approve"));
    expect(new Set([slack, discord, page]).size).toBe(3);
    expect(await chat.press("slack", team.olga, slack ?? "")).toMatchObject({ refused: true });
    expect(await chat.press("discord", team.jon, discord ?? "")).toMatchObject({ refused: false });
    expect(await chat.press("console", team.ada, page ?? "")).toMatchObject({
      refused: true,
      card: { text: expect.stringContaining("approved by Jon") },
    });
    await chat.settled();
    const [one, ...others] = faces();
    expect(one?.text).toContain("Approved by Jon");
    for (const other of others) expect(other).toEqual(one);
    expect(one?.buttons?.filter((label) => /^(Approve|Deny)/.test(label))).toEqual([]);
    expect((await getPlan(plan, chat.world.ctx))?.status).toBe("done");
    expect(chat.world.cloud.accepted).toHaveLength(1);
  });

  it("has one winner among 64 clicks of several people on all of them, approving and denying at once", async () => {
    const plan = await told();
    const people = [
      { on: "slack", who: team.mara },
      { on: "discord", who: team.maraOnDiscord },
      { on: "discord", who: team.jon },
      { on: "console", who: team.ada },
      { on: "slack", who: team.olga },
      { on: "slack", who: team.vic },
    ] as const;
    const clicks = Array.from({ length: 64 }, (_, n) => {
      const { on, who } = people[n % people.length] ?? people[0];
      return chat.press(on, who, tokenOf(first(on), n % 5 === 4 ? "Deny" : "Approve"));
    });
    await Promise.all(clicks);
    await chat.settled();
    const verbs = (await listAudit({ subject: plan, limit: 300 }, chat.world.ctx)).map(({ verb }) => verb);
    const decided = verbs.filter((verb) => verb === "approve" || verb === "deny");
    expect(decided).toHaveLength(1);
    expect(verbs.filter((verb) => /^refused (approve|deny)$/.test(verb))).toHaveLength(63);
    expect(chat.world.cloud.accepted).toHaveLength(decided[0] === "approve" ? 1 : 0);
    const [one, ...others] = faces();
    for (const other of others) expect(other).toEqual(one);
  });
});

describe("a button's token", () => {
  it("is worth what its presser may: stolen, it decides nothing, and it still works for who may", async () => {
    await told();
    const token = tokenOf(first("slack"), "Approve");
    const thieves = [
      team.olga,
      team.vic,
      speakerOf("slack:T9/U3"),
      { ...team.mara, outsider: true },
      speakerOf("slack:T1/U77", { groups: ["slack:T1/S8"] }),
    ];
    for (const thief of thieves) {
      expect(await chat.press("slack", thief, token)).toMatchObject({
        refused: true,
        answer: { private: true },
      });
    }
    expect(await chat.press("discord", team.jon, token)).toMatchObject({ refused: false });
    await chat.settled();
    const refused = (await listAudit({ subject: "plan-1", limit: 50 }, chat.world.ctx)).filter(
      ({ verb }) => verb === "refused approve",
    );
    expect(refused.map(({ actor }) => actor).sort()).toEqual([
      "mara",
      "olga",
      "slack:T1/U77",
      "slack:T9/U3",
      "vic",
    ]);
  });

  it("is refused once the plan is decided, expired or replaced, however often it is sent again", async () => {
    const plan = await told();
    const token = tokenOf(first("slack"), "Approve");
    const expiresAt = (await getPlan(plan, chat.world.ctx))?.expiresAt ?? 0;
    chat.world.now = expiresAt + 1;
    for (let n = 0; n < 3; n += 1)
      expect(await chat.press("slack", team.mara, token)).toMatchObject({ refused: true });
    expect((await getPlan(plan, chat.world.ctx))?.status).toBe("expired");
    await chat.settled();
    const again = tokenOf(first("discord"), "Propose a fix");
    await chat.press("discord", team.jon, again);
    await chat.settled();
    expect(await chat.press("slack", team.mara, token)).toMatchObject({ refused: true });
    expect((await getPlan("plan-2", chat.world.ctx))?.status).toBe("proposed");
    expect(chat.world.cloud.accepted).toEqual([]);
  });

  it("is unknown when it is made up, cut, of another case, or the hash that the database holds", async () => {
    await told();
    const token = tokenOf(first("slack"), "Approve");
    const rows = await chat.storedHashes();
    const forged = ["", "x", token.slice(0, -1), `${token}A`, token.toLowerCase() + "!", ...rows, "plan-1"];
    for (const each of forged) expect(await chat.press("slack", team.mara, each)).toBeNull();
    expect((await getPlan("plan-1", chat.world.ctx))?.status).toBe("proposed");
  });
});
