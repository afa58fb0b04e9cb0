import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import type { CloudMutations } from "./cloud.ts";
import { execute } from "./execute.ts";
import { raiseAlert } from "./incident.ts";
import { lease } from "./journal.ts";
import { pause } from "./pause.ts";
import { parsePolicy } from "./policy.ts";
import { propose } from "./propose.ts";
import { bumpGeneration } from "./store/switches.ts";

/** What is looked at again when a plan is claimed, and once more before its first call; and what is told of it. */

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

const mara = () => personIn(world.ctx.policy, "mara");

async function approved(
  parts: { incident?: string; runbook?: string; params?: Record<string, string> } = {},
) {
  const asked = { runbook: "restart-service", target: "web-1", requester: "system" as const, ...parts };
  const answer = await propose(asked, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  const { id } = answer.plan;
  const decided = await approve({ plan: id, person: mara(), surface: "slack" }, world.ctx);
  if (!decided.ok) throw new Error(decided.message);
  world.changes.length = 0;
  return decided.plan;
}
async function incident(): Promise<string> {
  const raised = await raiseAlert(memoryAlert(), world.ctx);
  return `inc-${raised.incident.number}`;
}
const newest = async () => (await listAudit({ limit: 1 }, world.ctx))[0];
const verbsOf = async (plan: string) =>
  (await listAudit({ subject: plan, limit: 50 }, world.ctx)).map(({ verb }) => verb).toReversed();

/** After the claim and before the first call, when rights for it are asked for. */
function justBefore(happens: () => unknown): void {
  world.ctx.cloud = {
    ...world.cloud,
    limitedTo: async (reach): Promise<CloudMutations> => {
      await happens();
      return world.cloud.limitedTo(reach);
    },
  };
}

describe("a plan that is claimed", () => {
  it("is a plan", async () => {
    expect(await execute("everything", world.ctx)).toEqual({
      ok: false,
      reason: "unknown_plan",
      message: '"everything" is no plan.',
      plan: null,
    });
  });

  it("may begin in the last millisecond of its time", async () => {
    const plan = await approved();
    world.now = plan.runBy;
    expect(await execute(plan.id, world.ctx)).toMatchObject({ ok: true, plan: { status: "done" } });
  });

  it("is nobody else's: whoever holds it keeps it", async () => {
    const plan = await approved();
    const other = { ...world.ctx, holder: "another process" };
    await world.ctx.store.transaction((trx) => lease(trx, plan.number, false, other));
    expect(await execute(plan.id, world.ctx)).toMatchObject({
      ok: false,
      reason: "stale",
      plan: { status: "approved" },
    });
    expect([world.cloud.accepted, world.changes]).toEqual([[], []]);
  });

  it("is the newest of its target", async () => {
    const plan = await approved();
    await world.ctx.store.transaction((trx) => bumpGeneration(trx, "web-1"));
    expect(await execute(plan.id, world.ctx)).toMatchObject({
      reason: "stale",
      plan: { status: "approved" },
    });
    expect(world.cloud.accepted).toEqual([]);
  });

  it("is told to the cards when it begins and when it ends, with its incident", async () => {
    const id = await incident();
    const plan = await approved({ incident: id });
    await execute(plan.id, world.ctx);
    expect(world.changes[0]).toEqual({ plan: plan.id });
    expect(world.changes.at(-1)).toEqual({ plan: plan.id, incident: id });
    world.changes.length = 0;
    const bare = await propose({ runbook: "diagnostics", target: "db-1", requester: "system" }, world.ctx);
    if (!bare.ok) throw new Error(bare.message);
    await execute(bare.plan.id, world.ctx);
    expect(world.changes.at(-1)).toEqual({ plan: bare.plan.id });
  });

  it("is not told of when nothing changed", async () => {
    const plan = await approved();
    await pause(mara(), "a moment", world.ctx);
    world.changes.length = 0;
    expect(await execute(plan.id, world.ctx)).toMatchObject({ reason: "paused" });
    expect(await execute("plan-9", world.ctx)).toMatchObject({ reason: "unknown_plan" });
    expect(world.changes).toEqual([]);
  });
});

describe("a plan that is dropped when it is claimed", () => {
  const dropped = async (
    plan: { id: string },
    status: "cancelled" | "expired",
    verb: string,
    reason: string,
  ) => {
    const executed = await execute(plan.id, world.ctx);
    expect(executed).toMatchObject({ ok: false, reason, plan: { status } });
    expect(await newest()).toMatchObject({ actor: "system", verb, subject: plan.id, detail: { reason } });
    expect(await verbsOf(plan.id)).not.toContain("execute");
    expect(world.changes).toEqual([{ plan: plan.id }]);
    return executed.ok ? "" : executed.message;
  };

  it("was made for the other cloud", async () => {
    const plan = await approved();
    world.ctx.dryRun = false;
    expect(await dropped(plan, "cancelled", "cancel", "other_cloud")).toBe(
      "plan-1 will not run: it was made for the dry-run cloud",
    );
  });

  it("belongs to an incident that was resolved", async () => {
    const id = await incident();
    const plan = await approved({ incident: id });
    await world.ctx.store.db.updateTable("incidents").set({ status: "resolved" }).execute();
    expect(await dropped(plan, "cancelled", "cancel", "incident_resolved")).toBe(
      "plan-1 will not run: inc-1 was resolved meanwhile",
    );
  });

  it("was approved by people whose word does not count any more", async () => {
    const plan = await approved();
    world.ctx.policy = parsePolicy('people: {jon: {role: approver, identities: ["key:j"]}}', "later.yaml");
    expect(await dropped(plan, "cancelled", "cancel", "approval")).toBe(
      "plan-1 will not run: 0 of 1 approvals still count",
    );
  });

  it("did not begin in time", async () => {
    const plan = await approved();
    world.now = plan.runBy + 1;
    expect(await dropped(plan, "expired", "expire", "expired")).toBe(
      "plan-1 will not run: plan-1 did not begin in time.",
    );
  });
});

describe("between the claim and the first call", () => {
  const cases: [string, string, string, (plan: { number: number; runBy: number }) => unknown][] = [
    ["it was paused", "cancelled", "automation was paused", () => pause(mara(), "stop", world.ctx)],
    ["its time ran out", "expired", "the time in which it might", (plan) => (world.now = plan.runBy + 1)],
    ["the cloud became the other one", "cancelled", "the other cloud", () => (world.ctx.dryRun = false)],
    [
      "its approver was struck from the policy",
      "cancelled",
      "its approvals do not count any more",
      () => (world.ctx.policy = parsePolicy("people: {}", "empty.yaml")),
    ],
  ];
  it.each(cases)("%s: nothing is called and it is %s", async (_what, status, note, happens) => {
    const plan = await approved();
    justBefore(() => happens(plan));
    const ended = await execute(plan.id, world.ctx);
    expect(ended.plan).toMatchObject({ status });
    expect(ended.plan?.notes.join()).toContain(note);
    expect(world.cloud.accepted).toEqual([]);
    expect((await newest())?.detail).toMatchObject({ note: expect.stringContaining(note) });
  });

  it("nothing happened: in the last millisecond of its time it is called", async () => {
    const plan = await approved();
    justBefore(() => (world.now = plan.runBy));
    expect((await execute(plan.id, world.ctx)).plan).toMatchObject({ status: "done" });
  });

  it("its incident was resolved: nothing is called", async () => {
    const id = await incident();
    const plan = await approved({ incident: id });
    justBefore(() => world.ctx.store.db.updateTable("incidents").set({ status: "resolved" }).execute());
    const ended = await execute(plan.id, world.ctx);
    expect(ended.plan?.notes.join()).toContain("its incident was resolved meanwhile");
    expect([ended.plan?.status, world.cloud.accepted]).toEqual(["cancelled", []]);
  });

  it("its row says that it does not run: nothing is called, and its status is left alone", async () => {
    const plan = await approved();
    justBefore(() => world.ctx.store.db.updateTable("plans").set({ status: "needs_human" }).execute());
    const ended = await execute(plan.id, world.ctx);
    expect([ended.plan?.status, world.cloud.accepted]).toEqual(["needs_human", []]);
    expect(await verbsOf(plan.id)).toEqual(["propose", "approve", "execute"]);
  });

  it("its target left the inventory, or no rights are given: it is said so", async () => {
    const plan = await approved();
    world.cloud.noRights = true;
    const without = await execute(plan.id, world.ctx);
    expect(without.plan?.notes.join()).toMatch(/not run: no rights for it were given: AccessDenied/);
    world.cloud.noRights = false;
    world.now += 31 * 60_000;
    const second = await approved();
    world.targets.delete("web-1");
    const ended = await execute(second.id, world.ctx);
    expect(ended.plan?.notes.join()).toBe("not run: web-1 is not in the inventory any more");
  });

  it("its check fails or cannot be made: nothing is called", async () => {
    const plan = await approved();
    world.cloud.offline.add("i-web-1");
    const offline = await execute(plan.id, world.ctx);
    expect(offline.plan?.notes.join()).toMatch(/^not run: SSM cannot reach web-1/);
    world.cloud.offline.clear();
    const second = await approved();
    world.ctx.cloud = {
      ...world.cloud,
      managed: async () => {
        throw new Error("SSM is down");
      },
    };
    const ended = await execute(second.id, world.ctx);
    expect(ended.plan?.notes.join()).toBe("not run: the check before it failed: SSM is down");
    expect(world.cloud.accepted).toEqual([]);
  });
});

describe("a plan that another process takes over while it runs", () => {
  it("is left alone by this one, which says so", async () => {
    const plan = await approved();
    const { sendCommand } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      sendCommand: async (command) => {
        const other = { ...world.ctx, holder: "another process" };
        await world.ctx.store.transaction((trx) => lease(trx, plan.number, true, other));
        return sendCommand(command);
      },
    };
    const ended = await execute(plan.id, world.ctx);
    expect(ended).toMatchObject({ ok: false, reason: "lease_lost", plan: { status: "executing" } });
    expect(world.events.at(-1)).toMatchObject({ level: "warn", event: "lease lost", plan: "plan-1" });
    expect(await verbsOf(plan.id)).toEqual(["propose", "approve", "execute", "step intent"]);
  });
});

describe("once the first call of a plan was made", () => {
  const change = () => approved({ runbook: "change-type", params: { type: "t3.small" } });
  /** While the instance stops, which is the first of three steps. */
  const afterTheStop = (happens: () => unknown) => {
    const { stop } = world.cloud;
    world.ctx.cloud = {
      ...world.cloud,
      stop: async (instanceId) => {
        await stop(instanceId);
        await happens();
      },
    };
  };

  it("neither its time nor a change of the policy stops it half way", async () => {
    const plan = await change();
    afterTheStop(() => {
      world.now = plan.runBy + 1;
      world.ctx.policy = parsePolicy("people: {}", "empty.yaml");
    });
    expect((await execute(plan.id, world.ctx)).plan?.status).toBe("done");
    expect(world.cloud.accepted).toHaveLength(3);
  });

  it("the end of its incident does not stop it half way", async () => {
    const id = await incident();
    const plan = await approved({ runbook: "change-type", params: { type: "t3.small" }, incident: id });
    afterTheStop(() => world.ctx.store.db.updateTable("incidents").set({ status: "resolved" }).execute());
    expect((await execute(plan.id, world.ctx)).plan?.status).toBe("done");
  });

  it("its note says before which step it stopped, or which one failed", async () => {
    const stopped = await change();
    afterTheStop(() => world.targets.delete("web-1"));
    const gone = await execute(stopped.id, world.ctx);
    expect(gone.plan?.notes.join()).toMatch(
      /^stopped before step 2: web-1 is not in the inventory any more\. Way back/,
    );
    expect(gone.plan?.doneAt).toBeNull();
  });

  it("its note says which step failed, and why, as a sentence", async () => {
    const plan = await change();
    world.cloud.refuses.set("type", "Client.Invalid");
    const failed = await execute(plan.id, world.ctx);
    expect(failed.plan?.notes.join()).toMatch(/^step 2: Client\.Invalid\. Way back/);
    expect(await newest()).toMatchObject({ verb: "failed", detail: { note: failed.plan?.notes.join() } });
  });

  it("a plan of one step tells what became of it, and its end in the audit has no note when all went well", async () => {
    world.cloud.refuses.set("SmartCloudOps-RestartService", "InvalidInstanceId");
    const plan = await approved();
    const failed = await execute(plan.id, world.ctx);
    expect(failed.plan).toMatchObject({ status: "failed", notes: ["InvalidInstanceId."], doneAt: null });
    world.cloud.refuses.clear();
    await execute((await approved()).id, world.ctx);
    expect(await newest()).toMatchObject({ verb: "done", detail: {} });
  });
});

it("what only reads runs for an incident whose alert is over", async () => {
  const id = await incident();
  const asked = { runbook: "diagnostics", target: "web-1", requester: "system" as const, incident: id };
  const made = await propose(asked, world.ctx);
  if (!made.ok) throw new Error(made.message);
  await raiseAlert(memoryAlert("web-1", { status: "resolved", endsAt: 2000 }), world.ctx);
  await world.ctx.store.db.updateTable("incidents").set({ status: "open" }).execute();
  expect((await execute(made.plan.id, world.ctx)).plan).toMatchObject({ status: "done" });
});
