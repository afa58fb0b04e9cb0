import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addTarget, coreWorld, teamPolicy, webTarget, type World } from "../fixtures/fakes/core.ts";
import { approve, deny } from "./approve.ts";
import { breakGlass, sealGlass } from "./break-glass.ts";
import { execute } from "./execute.ts";
import { personOf } from "./people.ts";
import { getPlan } from "./plans.ts";
import { denyAllPolicy, parsePolicy, roles, type Policy, type Role } from "./policy.ts";
import { propose } from "./propose.ts";

/**
 * Who may let a plan run, over policies, people, surfaces, emergencies and changes of the policy in between, against an
 * oracle that knows which human is behind each account and was written from safety.md, not from the code.
 */

const humans = [0, 1, 2, 3, 4] as const;
const minute = 60_000;
type Surface = "slack" | "discord";
const account = (human: number, surface: Surface) =>
  surface === "slack" ? `slack:T1/U${human}` : `discord:G1/U${human}`;

/** How a policy knows a human: under both accounts, under one, or not at all; then only groups give a role. */
type Known = { link: "both" | "slack" | "no"; role: Role; inSlackGroup: boolean; hasDiscordRole: boolean };
type Setup = {
  known: Known[];
  slackGroup: Role | null;
  discordRole: Role | null;
  own: boolean;
  glass: boolean;
  denied: boolean;
  approvers: number | null;
  adminOnly: boolean;
};
type Event =
  | { do: "approve" | "deny" | "break" | "seal"; human: number; surface: Surface; outsider: boolean }
  | { do: "wait"; minutes: number };
type Story = {
  setup: Setup;
  later: Setup | null;
  risk: 1 | 2 | 3;
  requester: "system" | { human: number; surface: Surface };
  events: Event[];
};

const role = fc.constantFrom(...roles, "approver" as const, "approver" as const, "admin" as const);
const known: fc.Arbitrary<Known> = fc.record({
  link: fc.constantFrom("both", "both", "slack", "no"),
  role,
  inSlackGroup: fc.boolean(),
  hasDiscordRole: fc.boolean(),
});
const seldom = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
const setup: fc.Arbitrary<Setup> = fc.record({
  known: fc.array(known, { minLength: humans.length, maxLength: humans.length }),
  slackGroup: fc.option(role),
  discordRole: fc.option(role),
  own: fc.boolean(),
  glass: fc.constantFrom(true, true, false),
  denied: seldom,
  approvers: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 2 }),
  adminOnly: seldom,
});
// Few people and many clicks, so that they meet.
const human = fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 4);
const surface = fc.constantFrom<Surface>("slack", "discord");
const said = fc.constantFrom(
  "approve",
  "approve",
  "approve",
  "approve",
  "approve",
  "break",
  "break",
  "seal",
  "deny",
);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: said, human, surface, outsider: seldom }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.integer({ min: 1, max: 20 }) }),
  },
) as fc.Arbitrary<Event>;
/** What an emergency is for: its person approves at once. */
const alone = fc.record({ human, surface }).map(({ human, surface }): Event[] => [
  { do: "break", human, surface, outsider: false },
  { do: "approve", human, surface, outsider: false },
]);
const events = fc.array(
  fc.oneof({ weight: 6, arbitrary: event.map((one) => [one]) }, { weight: 1, arbitrary: alone }),
  { minLength: 1, maxLength: 8 },
);
const story: fc.Arbitrary<Story> = fc.record({
  setup,
  later: fc.option(setup, { freq: 2 }),
  risk: fc.constantFrom(1, 2, 3),
  requester: fc.oneof(fc.constant("system" as const), fc.record({ human, surface })),
  events: events.map((each) => each.flat()),
});

function policyOf(setup: Setup): Policy {
  const people = setup.known.flatMap(({ link, role }, n) => {
    const identities = link === "no" ? [] : [account(n, "slack")];
    if (link === "both") identities.push(account(n, "discord"));
    return link === "no" ? [] : [[`h${n}`, { role, identities }]];
  });
  const groups = {
    ...(setup.slackGroup && { "slack:T1/S7": setup.slackGroup }),
    ...(setup.discordRole && { "discord:G1/R7": setup.discordRole }),
  };
  const stricter = {
    ...(setup.approvers === null ? {} : { approvers: setup.approvers }),
    ...(setup.adminOnly ? { role: "admin" } : {}),
  };
  const most = {
    expiry: "2h",
    run_grace: "2h",
    proposals_per_10m: 10_000,
    disruptions_per_service: 1_000,
    disruptions_per_10m: 10_000,
    disruptions_per_hour: 100_000,
    breaker_failures: 100,
  };
  const file = {
    people: Object.fromEntries(people),
    groups,
    requester_may_approve: setup.own,
    break_glass: setup.glass,
    actions: { "restart-service": stricter, "start-instance": stricter },
    limits: most,
  };
  const policy = parsePolicy(JSON.stringify(file), "generated");
  return setup.denied ? { ...policy, denied: "it was taken away", hash: `${policy.hash}-denied` } : policy;
}

// The oracle.

type Account = { human: number; surface: Surface };
type Approval = { by: string; human: number; at: number; alone: boolean };

const rank = (given: Role | null) => (given === null ? -1 : roles.indexOf(given));

/** The name under which the policy knows who speaks, and what that gives. */
function identify(setup: Setup, { human, surface }: Account, outsider: boolean) {
  const how = setup.known[human];
  if (how === undefined) throw new Error("no such human");
  const isLinked = how.link === "both" || (how.link === "slack" && surface === "slack");
  const group = surface === "slack" ? setup.slackGroup : setup.discordRole;
  const isMember = surface === "slack" ? how.inSlackGroup : how.hasDiscordRole;
  const given = isLinked ? how.role : isMember ? group : null;
  return { name: isLinked ? `h${human}` : account(human, surface), role: outsider ? null : given };
}

/** Whether a policy proves that two names are two humans. */
function provenTwo(setup: Setup, one: string, other: string): boolean {
  if (one === other) return false;
  if (one === "system" || other === "system") return true;
  const accounts = (name: string): Partial<Record<Surface, string>> & { listed: boolean } => {
    const human = /^h(\d)$/.exec(name)?.[1];
    if (human === undefined) {
      return { listed: false, ...(name.startsWith("slack") ? { slack: name } : { discord: name }) };
    }
    const link = setup.known[Number(human)]?.link ?? "no";
    return {
      listed: link !== "no",
      ...(link === "no" ? {} : { slack: account(Number(human), "slack") }),
      ...(link === "both" ? { discord: account(Number(human), "discord") } : {}),
    };
  };
  const [a, b] = [accounts(one), accounts(other)];
  if (a.listed && b.listed) return true;
  return (["slack", "discord"] as const).some(
    (on) => a[on] !== undefined && b[on] !== undefined && a[on] !== b[on],
  );
}

const wants = (setup: Setup, risk: number) =>
  ({
    count: Math.max(risk === 3 ? 2 : 1, setup.approvers ?? 0),
    role: setup.adminOnly ? "admin" : "approver",
  }) as { count: number; role: Role };
const ownIsFine = (setup: Setup, risk: number) => risk === 1 || (risk === 2 && setup.own);

function oracle({ setup, later, risk, requester, events }: Story) {
  const asker = requester === "system" ? "system" : identify(setup, requester, false).name;
  const approvals: Approval[] = [];
  const glass: { by: string; from: number; to: number }[] = [];
  const asked = wants(setup, risk);
  let status: "proposed" | "approved" | "denied" = "proposed";
  let now = 0;
  const countOf = (rules: Setup, pool: Approval[]): number => {
    const counted: string[] = [];
    for (const { by } of [...pool].sort((a, b) => a.at - b.at || (a.by < b.by ? -1 : 1))) {
      const rivals = ownIsFine(rules, risk) ? counted : [...counted, asker];
      if (rivals.every((rival) => provenTwo(rules, by, rival))) counted.push(by);
    }
    return counted.length;
  };
  const openFor = (by: string, at: number) =>
    glass.some((each) => each.by === by && each.from <= at && at <= each.to);
  for (const event of events) {
    // No two clicks fall into one millisecond.
    now += 1;
    if (event.do === "wait") {
      now += event.minutes * minute;
      continue;
    }
    const { name, role } = identify(setup, event, event.outsider);
    const reaches = (least: Role) => !setup.denied && rank(role) >= rank(least);
    if (event.do === "break" && reaches("approver") && setup.glass && !openFor(name, now))
      glass.push({ by: name, from: now, to: now + 15 * minute });
    if (event.do === "seal" && reaches("operator"))
      for (const each of glass) if (each.to >= now) each.to = Math.min(each.to, now);
    if (event.do === "deny" && reaches("operator") && status === "proposed") status = "denied";
    if (event.do !== "approve" || status !== "proposed" || !reaches("approver") || !reaches(asked.role))
      continue;
    const fit =
      (ownIsFine(setup, risk) || provenTwo(setup, name, asker)) &&
      approvals.every(({ by }) => provenTwo(setup, name, by));
    const enough = countOf(setup, approvals) + 1 >= asked.count;
    const alone = (!fit || !enough) && setup.glass && openFor(name, now);
    if (!fit && !alone) continue;
    const earlier = approvals.findIndex(({ by }) => by === name);
    if (earlier >= 0) approvals.splice(earlier, 1);
    approvals.push({ by: name, human: event.human, at: now, alone });
    if (alone || enough) status = "approved";
  }
  const rules = later ?? setup;
  const then = wants(rules, risk);
  const stillKnown = approvals.filter(({ by }) => {
    if (later === null) return true;
    const listed = /^h(\d)$/.exec(by)?.[1];
    const how = listed === undefined ? undefined : rules.known[Number(listed)];
    return !rules.denied && how !== undefined && how.link !== "no" && rank(how.role) >= rank(then.role);
  });
  const needed = Math.max(asked.count, then.count);
  const emergency =
    rules.glass && !rules.denied && stillKnown.some(({ alone, by, at }) => alone && openFor(by, at));
  const runs = status === "approved" && (emergency || countOf(rules, stillKnown) >= needed);
  return { status, runs, approvals, needed, emergency };
}

// The comparison.

let world: World;
let number = 0;
beforeAll(async () => {
  world = await coreWorld();
});
afterAll(() => world.close());

async function play(told: Story) {
  const { setup, later, risk, requester, events } = told;
  world.now += 7 * 86_400_000;
  world.ctx.policy = policyOf(setup);
  const name = `target-${(number += 1)}`;
  addTarget(world, webTarget(name, { tags: { service: name, ...(risk === 3 ? { critical: "1" } : {}) } }));
  if (risk === 1) stop(name);
  const speakerOf = ({ human, surface }: Account, outsider: boolean) => {
    const how = setup.known[human];
    const isMember = surface === "slack" ? how?.inSlackGroup : how?.hasDiscordRole;
    const groups = isMember ? [surface === "slack" ? "slack:T1/S7" : "discord:G1/R7"] : [];
    return { identity: account(human, surface), name: "n", groups, outsider };
  };
  const person = (who: Account, outsider: boolean) => personOf(world.ctx.policy, speakerOf(who, outsider));
  const proposal = await propose(
    {
      runbook: risk === 1 ? "start" : "restart-service",
      target: name,
      requester: requester === "system" ? "system" : person(requester, false),
    },
    world.ctx,
  );
  if (!proposal.ok) return null;
  const { id: plan } = proposal.plan;
  expect(proposal.plan.risk).toBe(risk);
  for (const event of events) {
    world.now += 1;
    if (event.do === "wait") world.now += event.minutes * minute;
    else {
      const by = person(event, event.outsider);
      if (event.do === "break") await breakGlass(by, "everything is on fire", world.ctx);
      else if (event.do === "seal") await sealGlass(by, world.ctx);
      else await { approve, deny }[event.do]({ plan, person: by, surface: event.surface }, world.ctx);
    }
  }
  const status = (await getPlan(plan, world.ctx))?.status;
  if (later !== null) world.ctx.policy = policyOf(later);
  const calls = world.cloud.accepted.length;
  await execute(plan, world.ctx);
  const ran = world.cloud.accepted.length > calls;
  world.ctx.policy = teamPolicy();
  return { status, ran };
}

function stop(name: string): void {
  const instance = world.cloud.instances.get(`i-${name}`);
  if (instance) world.cloud.instances.set(`i-${name}`, { ...instance, state: "stopped" });
}

it("lets exactly those plans run that enough certain people approved, on whatever surface and in every emergency", async () => {
  const seen = { ran: 0, refused: 0, alone: 0, lost: 0 };
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      const happened = await play(told);
      if (happened === null) return;
      const expected = oracle(told);
      expect(happened).toEqual({ status: expected.status, ran: expected.runs });
      if (!happened.ran) {
        seen[expected.status === "approved" ? "lost" : "refused"] += 1;
        return;
      }
      seen[expected.emergency ? "alone" : "ran"] += 1;
      // What no oracle may excuse: two accounts of one human never count as two people.
      const hands = new Set(expected.approvals.map(({ human }) => human));
      if (!expected.emergency) expect(hands.size).toBeGreaterThanOrEqual(expected.needed);
    }),
    { numRuns: runs },
  );
  // The stories must have reached every end, else the comparison says nothing.
  for (const [end, count] of Object.entries(seen)) expect([end, count > 0]).toEqual([end, true]);
}, 60_000);

it("lets nobody do anything under a policy that is empty, denies, or was taken away since the proposal", async () => {
  const everybody = [0, 9].flatMap((human) =>
    (["slack", "discord"] as const).flatMap((surface) =>
      [true, false].map((outsider) => ({ human, surface, outsider })),
    ),
  );
  const empty = parsePolicy("{}", "empty");
  const kept = { ...teamPolicy(), denied: "it was taken away" };
  for (const policy of [empty, denyAllPolicy("there is none"), kept]) {
    world.now += 86_400_000;
    world.ctx.policy = teamPolicy();
    const name = `target-${(number += 1)}`;
    addTarget(world, webTarget(name, { tags: { service: name } }));
    const asked = { runbook: "restart-service", target: name, requester: "system" as const };
    const proposal = await propose(asked, world.ctx);
    if (!proposal.ok) throw new Error(proposal.message);
    const { id: plan } = proposal.plan;
    world.ctx.policy = policy;
    const people = [
      ...everybody.map(({ human, surface, outsider }) => ({
        identity: account(human, surface),
        name: "n",
        groups: ["slack:T1/S7", "discord:G1/R7"],
        outsider,
      })),
      ...["slack:T1/U3", "discord:G1/U4", "console:ada"].map((identity) => ({
        identity,
        name: "n",
        groups: [],
        outsider: false,
      })),
    ];
    for (const speaker of people) {
      const person = personOf(policy, speaker);
      const asking = { plan, person, surface: "x" };
      expect((await approve(asking, world.ctx)).ok).toBe(false);
      expect((await deny(asking, world.ctx)).ok).toBe(false);
      expect((await breakGlass(person, "everything is on fire", world.ctx)).ok).toBe(false);
    }
    expect((await getPlan(plan, world.ctx))?.status).toBe("proposed");
    expect(await propose({ ...asked, target: "db-1" }, world.ctx)).toMatchObject({ reason: "no_approver" });
  }
});

/** A few seconds by default; more where somebody wants to search longer. */
const runs = Number(process.env["APPROVAL_RUNS"] ?? 400);
