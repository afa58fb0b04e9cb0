import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Mishap, runningInstance } from "../fixtures/fakes/cloud.ts";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit, verifyAudit } from "./audit.ts";
import { execute } from "./execute.ts";
import { pause, resume } from "./pause.ts";
import { mayHaveHappened, type Plan } from "./plan.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { recover } from "./recover.ts";

type Ordeal = {
  runbook: "restart-service" | "reboot" | "change-type" | "new-hardware" | "scale" | "take-out";
  member: boolean;
  /** Of the mutations, in order; null: this one goes well. */
  mishaps: (Mishap | null)[];
  /** Mutations that are accepted and do nothing. */
  ignored: string[];
  refused: string[];
  /** After so many commits and calls the process is dead, and another recovers; null: it lives. */
  dies: (number | null)[];
  /** The kill switch goes on at the commit of this number, and off before the last recovery; null: never. */
  pausedAt: number | null;
  /** Somebody else changes the group or the type at the call of this number; null: nobody does. */
  meddledAt: number | null;
};

const verbs = ["reboot", "stop", "start", "type", "standby", "service", "desired", "deregister"];
const ordeal: fc.Arbitrary<Ordeal> = fc.record({
  runbook: fc.constantFrom("restart-service", "reboot", "change-type", "new-hardware", "scale", "take-out"),
  member: fc.boolean(),
  mishaps: fc.array(
    fc.option(fc.constantFrom("throttle", "timeout after accept", "timeout before accept"), {
      nil: null,
      freq: 2,
    }),
    { maxLength: 6 },
  ),
  ignored: fc.subarray(verbs, { maxLength: 2 }),
  refused: fc.subarray(verbs, { maxLength: 1 }),
  dies: fc.array(fc.option(fc.integer({ min: 0, max: 30 }), { nil: null }), { maxLength: 3 }),
  pausedAt: fc.option(fc.integer({ min: 1, max: 25 }), { nil: null, freq: 4 }),
  meddledAt: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null, freq: 4 }),
});

class Killed extends Error {}

/** The journal's own words of one step, in the order in which they may follow each other. */
const next: Record<string, readonly string[]> = {
  begin: ["step intent", "step done", "step needs_human"],
  "step intent": ["step called", "step unknown", "step failed", "step needs_human"],
  "step called": ["step unknown", "step done", "step failed", "step needs_human"],
  "step unknown": ["step done", "step failed", "step needs_human"],
};

async function standing({ runbook, member }: Ordeal): Promise<World> {
  const world = await coreWorld();
  world.cloud.balancers.set(
    "app",
    new Map([
      ["i-web-1:80", "healthy"],
      ["i-web-2:80", "healthy"],
    ]),
  );
  if (!member && runbook !== "scale") return world;
  const members = ["i-web-1", "i-web-2", "i-web-3"];
  world.cloud.groups.set("web", {
    name: "web",
    min: 1,
    max: 5,
    desired: 3,
    members: new Map(members.map((id) => [id, { lifecycle: "InService", healthy: true }])),
    refreshes: [],
  });
  world.cloud.instances.set("i-web-1", runningInstance({ autoScalingGroup: "web" }));
  return world;
}

const params: Partial<Record<Ordeal["runbook"], Record<string, string>>> = {
  "change-type": { type: "t3.small" },
  scale: { to: "4" },
  "take-out": { "target-group": "app", port: "80" },
};

async function approved(world: World, { runbook }: Ordeal): Promise<string> {
  const proposal = { runbook, params: params[runbook] ?? {}, target: "web-1", requester: "system" as const };
  const answer = await propose(proposal, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  const asked = { plan: answer.plan.id, person: personIn(world.ctx.policy, "mara"), surface: "slack" };
  await approve(asked, world.ctx);
  return answer.plan.id;
}

/** The same world for a process that dies after so many moments and is then unable to do anything. */
function mortal(world: World, life: number, lives: number | null, trouble: Ordeal): World["ctx"] {
  let moments = 0;
  const moment = () => {
    moments += 1;
    if (lives !== null && moments > lives) throw new Killed();
  };
  let calls = 0;
  const { store } = world.ctx;
  const around = <Input extends unknown[], Answer>(call: (...input: Input) => Promise<Answer>) =>
    async function (...input: Input): Promise<Answer> {
      moment();
      calls += 1;
      if (calls === trouble.meddledAt) meddle(world);
      const answer = await call(...input);
      moment();
      return answer;
    };
  const cloud = { ...world.cloud };
  for (const name of ["reboot", "stop", "start", "modifyType", "setDesired"] as const)
    Object.assign(cloud, { [name]: around(world.cloud[name] as (...input: unknown[]) => Promise<unknown>) });
  for (const name of ["enterStandby", "exitStandby", "register", "deregister", "sendCommand"] as const)
    Object.assign(cloud, { [name]: around(world.cloud[name] as (...input: unknown[]) => Promise<unknown>) });
  return {
    ...world.ctx,
    holder: `process-${life}`,
    cloud,
    store: {
      ...store,
      transaction: async (work) => {
        moment();
        if (moments === trouble.pausedAt)
          await pause(personIn(world.ctx.policy, "mara"), "enough", world.ctx);
        const result = await store.transaction(work);
        moment();
        return result;
      },
    },
  };
}

function meddle(world: World): void {
  const group = world.cloud.groups.get("web");
  if (group) group.max += 1;
  else world.cloud.instances.set("i-web-1", { ...runningInstance(), type: "m5d.large" });
}

async function orDead(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
}

async function suffer(world: World, trouble: Ordeal): Promise<Plan> {
  const id = await approved(world, trouble);
  // Null in the list of mishaps lets one mutation pass, so it must be taken like the others.
  world.cloud.mishaps = trouble.mishaps as Mishap[];
  for (const verb of trouble.ignored) world.cloud.ignores.add(verb);
  for (const verb of trouble.refused) world.cloud.refuses.set(verb, "AccessDenied");
  const lives = [...trouble.dies, null];
  for (const [life, moments] of lives.entries()) {
    const isLast = life === lives.length - 1;
    if (isLast && trouble.pausedAt !== null)
      await resume(personIn(world.ctx.policy, "mara"), "go on", world.ctx);
    const ctx = mortal(world, life, moments, isLast ? { ...trouble, pausedAt: null } : trouble);
    world.now += 61_000;
    await orDead(life === 0 ? execute(id, ctx) : recover(ctx).then(({ ended }) => ended));
  }
  const plan = await getPlan(id, world.ctx);
  if (!plan) throw new Error("the plan is gone");
  return plan;
}

/** What of the rules was broken, in words. */
async function broken(world: World, plan: Plan): Promise<string[]> {
  const problems: string[] = [];
  const say = (isBroken: boolean, words: string) => isBroken && problems.push(words);
  const ends = ["done", "failed", "needs_human", "cancelled", "expired"];
  say(!ends.includes(plan.status), `it stands at ${plan.status}`);
  const [forth, back] = [
    plan.steps.filter(({ undoes }) => undoes === null),
    plan.steps.filter(({ undoes }) => undoes !== null),
  ];
  const begun = plan.steps.filter(({ intentAt }) => intentAt !== null).length;
  const { accepted } = world.cloud;
  say(accepted.length > begun, `${accepted.length} calls for ${begun} intents`);
  say(
    plan.steps.some(({ attempt }) => attempt > 1),
    "a step was begun twice",
  );
  say(plan.status === "done" && forth.some(({ state }) => state !== "done"), "done with a step that is not");
  say(plan.status === "done" && back.some(({ state }) => state !== "ready"), "done and taken back");
  say(["cancelled", "expired"].includes(plan.status) && accepted.length > 0, "cancelled after a call");
  say(
    plan.status === "failed" &&
      plan.steps.some(({ state }) => ["intent", "called", "unknown"].includes(state)),
    "failed with a step that nobody knows the end of",
  );
  const unwalked = back.filter(
    ({ undoes, state }) =>
      state === "ready" && plan.steps.some((step) => step.n === undoes && mayHaveHappened(step)),
  );
  say(["failed", "needs_human"].includes(plan.status) && unwalked.length > 0, "a way back was forgotten");
  say(!(await verifyAudit(world.ctx.store)).ok, "the audit is broken");
  const entries = (await listAudit({ subject: plan.id, limit: 200 }, world.ctx)).reverse();
  const at = new Map<number, string>();
  for (const { verb, detail } of entries) {
    if (!verb.startsWith("step ")) continue;
    const n = Number(detail["step"]);
    const before = at.get(n) ?? "begin";
    say(!(next[before] ?? []).includes(verb), `step ${n} went from ${before} to ${verb}`);
    at.set(n, verb);
  }
  return problems;
}

const runs = Number(process.env.ORDEAL_RUNS ?? 1000);

describe("a plan, whatever goes wrong and however often its process dies", () => {
  it(
    "keeps to its states, calls nothing twice, forgets no way back, and comes to an end",
    async () => {
      await fc.assert(
        fc.asyncProperty(ordeal, async (trouble) => {
          const world = await standing(trouble);
          const plan = await suffer(world, trouble);
          const problems = await broken(world, plan);
          await world.close();
          expect(problems).toEqual([]);
        }),
        { numRuns: runs },
      );
    },
    60_000 + runs * 100,
  );
});
