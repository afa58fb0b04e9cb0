import { describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import {
  coreWorld,
  memoryAlert,
  personIn,
  teamPolicy,
  webTarget,
  type World,
} from "../fixtures/fakes/core.ts";
import { approve, cancel } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { conclude } from "./conclude.ts";
import { execute } from "./execute.ts";
import { expire } from "./expire.ts";
import { raiseAlert } from "./incident.ts";
import { pause, resume } from "./pause.ts";
import { getPlan } from "./plans.ts";
import { denyAllPolicy, parsePolicy } from "./policy.ts";
import { propose } from "./propose.ts";
import { executeApproved } from "./recover.ts";
import { resolve } from "./triage.ts";
import { judge } from "./verify.ts";

async function approved(world: World, runbook = "restart-service", target = "web-1"): Promise<string> {
  const answer = await propose({ runbook, target, requester: "system" }, world.ctx);
  if (!answer.ok) throw new Error(answer.message);
  const asked = { plan: answer.plan.id, person: personIn(world.ctx.policy, "mara"), surface: "slack" };
  const decided = await approve(asked, world.ctx);
  if (!decided.ok) throw new Error(decided.message);
  return answer.plan.id;
}

const sent = 'SmartCloudOps-RestartService {"Service":["app"]} i-web-1';

describe("an approved plan", () => {
  it("runs each step once, with its journal, and is done without a verdict", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    const executed = await execute(id, world.ctx);
    expect(executed).toMatchObject({
      ok: true,
      plan: {
        status: "done",
        verdict: null,
        startedAt: world.now,
        doneAt: world.now,
        doneMetricAt: world.now / 1000,
        steps: [
          {
            state: "done",
            attempt: 1,
            reference: "command-1",
            evidence: { status: "Success", response_code: "0", output: "result: done" },
            message: "The document ran to its end.",
          },
        ],
      },
    });
    expect(world.cloud.accepted).toEqual([sent]);
    const verbs = (await listAudit({ subject: id, limit: 20 }, world.ctx))
      .map((entry) => entry.verb)
      .reverse();
    expect(verbs).toEqual([
      "propose",
      "approve",
      "execute",
      "step intent",
      "step called",
      "step done",
      "done",
    ]);
    await world.close();
  });

  it("is claimed by one of many who start it", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    const runs = await Promise.all(Array.from({ length: 32 }, () => execute(id, world.ctx)));
    expect(runs.filter((run) => run.ok)).toHaveLength(1);
    expect(world.cloud.accepted).toEqual([sent]);
    expect(await execute(id, world.ctx)).toMatchObject({ ok: false, reason: "not_approved" });
    await world.close();
  });

  it("that only reads runs without anybody's approval", async () => {
    const world = await coreWorld();
    await propose(
      { runbook: "diagnostics", target: "web-1", requester: personIn(world.ctx.policy, "olga") },
      world.ctx,
    );
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: true, plan: { status: "done" } });
    await world.close();
  });

  it("is not run before it is approved", async () => {
    const world = await coreWorld();
    await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: false, reason: "not_approved" });
    expect(await execute("plan-7", world.ctx)).toMatchObject({ ok: false, reason: "unknown_plan" });
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });
});

describe("before the first call a plan is dropped when", () => {
  const cases: [string, string, (world: World, id: string) => unknown][] = [
    ["its time is over", "expired", (world) => (world.now += 1_200_001)],
    [
      "a row was changed",
      "cancelled",
      (world) => world.ctx.store.db.updateTable("steps").set({ params: '{"Service":"sshd"}' }).execute(),
    ],
    [
      "its status was set by hand without an approval",
      "cancelled",
      (world) => world.ctx.store.db.deleteFrom("decisions").execute(),
    ],
    [
      "an approval was written by hand",
      "cancelled",
      (world) => world.ctx.store.db.updateTable("decisions").set({ person: "ada" }).execute(),
    ],
    ["it was made for another cloud", "cancelled", (world) => (world.ctx.dryRun = false)],
    ["nobody may approve any more", "cancelled", (world) => (world.ctx.policy = denyAllPolicy("withdrawn"))],
    [
      "the instance was stopped meanwhile",
      "cancelled",
      (world) => world.cloud.instances.set("i-web-1", runningInstance({ state: "stopped" })),
    ],
    [
      "the instance has another type",
      "cancelled",
      (world) => world.cloud.instances.set("i-web-1", runningInstance({ type: "m5.large" })),
    ],
    ["the instance is gone", "cancelled", (world) => world.cloud.instances.delete("i-web-1")],
    [
      "the name means another instance now",
      "cancelled",
      (world) => world.targets.set("web-1", webTarget("web-1", { instanceId: "i-new" })),
    ],
    [
      "the target became protected",
      "cancelled",
      (world) => world.targets.set("web-1", webTarget("web-1", { protectedBecause: "the bot runs on it" })),
    ],
    ["the target left the inventory", "cancelled", (world) => world.targets.delete("web-1")],
    ["the cloud cannot be read", "cancelled", (world) => (world.cloud.unreachable = true)],
    ["its agent went offline", "cancelled", (world) => world.cloud.offline.add("i-web-1")],
  ];
  for (const [name, status, change] of cases) {
    it(name, async () => {
      const world = await coreWorld();
      const id = await approved(world);
      await change(world, id);
      const executed = await execute(id, world.ctx);
      expect(executed.plan).toMatchObject({ status, notes: [expect.stringMatching(/^not run: /)] });
      expect(world.cloud.accepted).toEqual([]);
      await world.close();
    });
  }

  it("Alertmanager says that what it told of is over, though no end was heard of", async () => {
    const world = await coreWorld();
    const detail = { alertmanager: { labels: { alertname: "HighMemory", instance: "web-1" } } };
    await raiseAlert(memoryAlert("web-1", { key: "outside:1", cause: "alert", detail }), world.ctx);
    const asked: unknown[] = [];
    const answers = [
      { ok: false as const, message: "it is away" },
      { ok: true as const, value: false },
    ];
    world.ctx.firesOutside = async (labels) => {
      asked.push(labels);
      return answers.shift() ?? { ok: true, value: true };
    };
    const proposal = { runbook: "restart-service", target: "web-1", requester: "system" as const };
    const run = async () => {
      const proposed = await propose({ ...proposal, incident: "inc-1" }, world.ctx);
      if (!proposed.ok) throw new Error(proposed.message);
      const person = personIn(world.ctx.policy, "mara");
      await approve({ plan: proposed.plan.id, person, surface: "slack" }, world.ctx);
      return (await execute(proposed.plan.id, world.ctx)).plan;
    };
    // Who cannot be asked says nothing.
    expect((await run())?.status).toBe("done");
    world.now += 3_600_000;
    await judge(world.ctx);
    const over = await run();
    expect(over?.status).toBe("cancelled");
    expect(over?.notes.join()).toContain("its alert is over");
    expect(asked).toEqual([detail.alertmanager.labels, detail.alertmanager.labels]);
    expect(world.cloud.accepted).toHaveLength(1);
    await world.close();
  });

  it("its incident was closed", async () => {
    const world = await coreWorld();
    await raiseAlert(memoryAlert(), world.ctx);
    await propose(
      { runbook: "restart-service", target: "web-1", incident: "inc-1", requester: "system" },
      world.ctx,
    );
    await approve({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" }, world.ctx);
    await resolve("inc-1", personIn(world.ctx.policy, "olga"), null, world.ctx);
    expect(await execute("plan-1", world.ctx)).toMatchObject({ ok: false, plan: { status: "cancelled" } });
    await world.close();
  });

  it("is refused by its claim when a row was changed, and by its journal when it is changed after that", async () => {
    const forge = (world: World) =>
      world.ctx.store.db.updateTable("steps").set({ params: '{"Service":"sshd"}' }).execute();
    const early = await coreWorld();
    await approved(early);
    await forge(early);
    expect(await execute("plan-1", early.ctx)).toMatchObject({ ok: false, reason: "tampered" });
    await early.close();
    const late = await coreWorld();
    await approved(late);
    const managed = late.cloud.managed;
    late.cloud.managed = async (instanceId) => {
      await forge(late);
      return managed(instanceId);
    };
    expect(await execute("plan-1", late.ctx)).toMatchObject({
      plan: { status: "cancelled", notes: ["not run: the plan's rows are not what was approved"] },
    });
    expect(late.cloud.accepted).toEqual([]);
    await late.close();
  });

  it("the policy changed so that its requester's own approval or its number of tries does not count", async () => {
    const text = (own: boolean, tries: number) =>
      `people: {me: {role: approver, identities: ["key:me"]}}\nrequester_may_approve: ${own}\nlimits: {tries: ${tries}}`;
    for (const [policy, reason] of [
      [text(false, 2), "approval"],
      [text(true, 0), "quarantine"],
    ] as const) {
      const world = await coreWorld({ policy: parsePolicy(text(true, 2), "p.yaml") });
      const person = personIn(world.ctx.policy, "me");
      await propose({ runbook: "restart-service", target: "web-1", requester: person }, world.ctx);
      await approve({ plan: "plan-1", person, surface: "http" }, world.ctx);
      world.ctx.policy = parsePolicy(policy, "p.yaml");
      expect(await execute("plan-1", world.ctx)).toMatchObject({
        ok: false,
        reason,
        plan: { status: "cancelled" },
      });
      expect(world.cloud.accepted).toEqual([]);
      await world.close();
    }
  });

  it("an approver was taken out of the policy", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    const people = Object.fromEntries(
      Object.entries(world.ctx.policy.people).filter(([name]) => name !== "mara"),
    );
    world.ctx.policy = { ...world.ctx.policy, people, hash: "another" };
    expect(await execute(id, world.ctx)).toMatchObject({
      ok: false,
      reason: "approval",
      plan: { status: "cancelled" },
    });
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });
});

describe("the kill switch", () => {
  it("keeps an approved plan waiting, which begins after it or expires", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    await pause(personIn(world.ctx.policy, "olga"), "freeze", world.ctx);
    expect(await execute(id, world.ctx)).toMatchObject({
      ok: false,
      reason: "paused",
      plan: { status: "approved" },
    });
    expect(await resume(personIn(world.ctx.policy, "olga"), null, world.ctx)).toMatchObject({
      ok: false,
      reason: "not_allowed",
    });
    expect(await resume(personIn(world.ctx.policy, "mara"), null, world.ctx)).toEqual({ ok: true });
    expect(await executeApproved(world.ctx)).toMatchObject([{ id, status: "done" }]);
    expect(await executeApproved(world.ctx)).toEqual([]);
    await world.close();
  });

  it("stops a plan between its claim and its call", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    const managed = world.cloud.managed;
    world.cloud.managed = async (instanceId) => {
      await pause(personIn(world.ctx.policy, "olga"), "now", world.ctx);
      return managed(instanceId);
    };
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "cancelled", notes: ["not run: automation was paused"] },
    });
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });

  it("that cannot be read lets nothing run", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    await world.ctx.store.db
      .insertInto("switches")
      .values({ name: "pause", position: "maybe", person: "", reason: "", at: 0 })
      .execute();
    await expect(execute(id, world.ctx)).rejects.toThrow(/stands on "maybe"/);
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });
});

describe("a call that goes wrong", () => {
  it("and was refused before it was accepted fails the plan, and is not repeated", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    world.cloud.mishaps.push("throttle");
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "failed", steps: [{ state: "failed", evidence: { error: "RequestLimitExceeded" } }] },
    });
    expect(world.cloud.accepted).toEqual([]);
    await world.close();
  });

  it("by a timeout after it was accepted is found by its comment", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    world.cloud.mishaps.push("timeout after accept");
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "done", steps: [{ state: "done", reference: "command-1", attempt: 1 }] },
    });
    expect(world.cloud.accepted).toEqual([sent]);
    await world.close();
  });

  it("by a timeout of which nothing is found waits for a person, who settles it", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    world.cloud.mishaps.push("timeout before accept");
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "needs_human", steps: [{ state: "needs_human" }] },
    });
    expect(world.cloud.accepted).toEqual([]);
    expect(
      await propose({ runbook: "clean-disk", target: "web-1", requester: "system" }, world.ctx),
    ).toMatchObject({ ok: false, reason: "target_busy" });
    const settle = (person: string, outcome: "happened" | "did_not_happen") =>
      conclude({ plan: id, outcome, person: personIn(world.ctx.policy, person) }, world.ctx);
    expect(await settle("olga", "happened")).toMatchObject({ ok: false, reason: "not_allowed" });
    expect(await settle("jon", "happened")).toMatchObject({
      ok: true,
      plan: { status: "done", verdict: null, doneAt: world.now },
    });
    expect(await settle("jon", "did_not_happen")).toMatchObject({ ok: false, reason: "done" });
    await world.close();
  });

  it("can be cancelled no more while it runs", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    const answers: unknown[] = [];
    const command = world.cloud.command;
    world.cloud.command = async (commandId, instanceId) => {
      answers.push(
        await cancel({ plan: id, person: personIn(world.ctx.policy, "ada"), surface: "x" }, world.ctx),
      );
      return command(commandId, instanceId);
    };
    expect(await execute(id, world.ctx)).toMatchObject({ plan: { status: "done" } });
    expect(answers).toMatchObject([{ ok: false, reason: "executing" }]);
    await world.close();
  });
});

describe("a call that did not happen", () => {
  const ask = (world: World) =>
    propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
  const concluded = async (world: World, outcome: "happened" | "did_not_happen") => {
    const id = await approved(world);
    world.cloud.mishaps.push("timeout before accept");
    await execute(id, world.ctx);
    return conclude({ plan: id, outcome, person: personIn(world.ctx.policy, "jon") }, world.ctx);
  };

  it("as the cloud said, starts no cooldown and counts as no try", async () => {
    const world = await coreWorld({ policy: teamPolicy("{tries: 1}") });
    const id = await approved(world);
    world.cloud.mishaps.push("throttle");
    expect(await execute(id, world.ctx)).toMatchObject({ plan: { status: "failed" } });
    expect(await ask(world)).toMatchObject({ ok: true });
    await world.close();
  });

  it("as a person said, starts no cooldown and counts as no try", async () => {
    const world = await coreWorld({ policy: teamPolicy("{tries: 1}") });
    expect(await concluded(world, "did_not_happen")).toMatchObject({
      plan: { status: "failed", steps: [{ message: "According to Jon, it did not happen." }] },
    });
    expect(await ask(world)).toMatchObject({ ok: true });
    await world.close();
  });

  it("is not one that a person says happened, or that the cloud accepted and ended badly", async () => {
    const happened = await coreWorld();
    expect(await concluded(happened, "happened")).toMatchObject({ plan: { status: "done" } });
    expect(await ask(happened)).toMatchObject({ ok: false, reason: "cooldown" });
    await happened.close();
    const failed = await coreWorld();
    failed.cloud.outcome = { status: "Failed", responseCode: 1, output: '"happened":"no"' };
    await execute(await approved(failed), failed.ctx);
    expect(await ask(failed)).toMatchObject({ ok: false, reason: "cooldown" });
    await failed.close();
  });
});

describe("the words about a step", () => {
  it("are sentences with a full stop, and one full stop only", async () => {
    for (const prepare of [
      (world: World) => void (world.cloud.outcome = { status: "Failed", responseCode: 1, output: "" }),
      (world: World) => void (world.cloud.outcome = { status: "TimedOut", responseCode: 1, output: "" }),
      (world: World) => void world.cloud.mishaps.push("throttle"),
      (world: World) => void world.cloud.mishaps.push("timeout before accept"),
      () => undefined,
    ]) {
      const world = await coreWorld();
      const id = await approved(world);
      prepare(world);
      await execute(id, world.ctx);
      expect((await getPlan(id, world.ctx))?.steps[0]?.message).toMatch(/[^.]\.$/);
      await world.close();
    }
  });

  it("name what a plan waits for in words of people", async () => {
    const world = await coreWorld();
    const id = await approved(world);
    world.cloud.mishaps.push("timeout before accept");
    await execute(id, world.ctx);
    const answer = await propose({ runbook: "clean-disk", target: "web-1", requester: "system" }, world.ctx);
    expect(answer).toMatchObject({
      message: "plan-1 (Restart app on web-1) needs a person on this target: say first whether it happened.",
    });
    const person = personIn(world.ctx.policy, "ada");
    expect(await cancel({ plan: id, person, surface: "x" }, world.ctx)).toMatchObject({
      message: "plan-1 needs a person already.",
    });
    await world.close();
  });
});

describe("what SSM says", () => {
  const words: [string, number | null, string][] = [
    ["Success", 0, "done"],
    ["Success", 1, "failed"],
    ["Success", null, "needs_human"],
    ["Failed", 1, "failed"],
    ["Cancelled", -1, "failed"],
    ["Delivery Timed Out", -1, "failed"],
    ["DeliveryTimedOut", -1, "failed"],
    ["Execution Timed Out", -1, "failed"],
    ["Undeliverable", -1, "failed"],
    ["Terminated", -1, "failed"],
    ["AccessDenied", -1, "failed"],
    ["InvalidPlatform", -1, "failed"],
    ["TimedOut", -1, "needs_human"],
    ["Pending", null, "needs_human"],
    ["InProgress", -1, "needs_human"],
    ["Delayed", null, "needs_human"],
    ["Cancelling", null, "needs_human"],
    ["SomethingNew", 0, "needs_human"],
    ["__proto__", 0, "needs_human"],
  ];
  for (const [status, responseCode, ends] of words) {
    it(`as ${status} with exit code ${responseCode} ends as ${ends}`, async () => {
      const world = await coreWorld();
      const id = await approved(world);
      world.cloud.outcome = { status, responseCode, output: "" };
      expect(await execute(id, world.ctx)).toMatchObject({ plan: { status: ends } });
      expect(world.cloud.accepted).toHaveLength(1);
      await world.close();
    });
  }
});

describe("a reboot", () => {
  it("is done when the boot time is newer, and only then", async () => {
    const world = await coreWorld();
    world.ctx.dryRun = false;
    const id = await approved(world, "reboot");
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "done", steps: [{ message: "web-1 booted again." }] },
    });
    expect(world.cloud.accepted).toEqual(["reboot i-web-1"]);
    await world.close();
  });

  it("in the dry run says that the dry run answered and nothing booted", async () => {
    const world = await coreWorld();
    const id = await approved(world, "reboot");
    const message = "The dry run answered its own boot probe for web-1; nothing booted.";
    expect(await execute(id, world.ctx)).toMatchObject({ plan: { status: "done", steps: [{ message }] } });
    await world.close();
  });

  it("that was accepted and did not happen has failed", async () => {
    const world = await coreWorld();
    world.cloud.ignores.add("reboot");
    const id = await approved(world, "reboot");
    const before = world.now;
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "failed", notes: [expect.stringContaining("unchanged after 12 min")] },
    });
    expect(world.now - before).toBe(12 * 60_000);
    expect(world.cloud.accepted).toHaveLength(1);
    await world.close();
  });

  it("of which the answer was lost and nothing happened waits for a person", async () => {
    const world = await coreWorld();
    const id = await approved(world, "reboot");
    world.cloud.mishaps.push("timeout before accept");
    expect(await execute(id, world.ctx)).toMatchObject({ plan: { status: "needs_human" } });
    await world.close();
  });

  it("that nobody can see waits for a person", async () => {
    const world = await coreWorld();
    world.cloud.boots.clear();
    const id = await approved(world, "reboot");
    world.cloud.ignores.add("reboot");
    expect(await execute(id, world.ctx)).toMatchObject({
      plan: { status: "needs_human", notes: [expect.stringContaining("cannot be measured")] },
    });
    await world.close();
  });
});

describe("the limits", () => {
  it("are cooldown per action, then tries per target, then quarantine", async () => {
    const world = await coreWorld({ policy: teamPolicy("{disruptions_per_service: 9}") });
    const ask = (runbook: string) => propose({ runbook, target: "web-1", requester: "system" }, world.ctx);
    await execute(await approved(world), world.ctx);
    expect(await ask("restart-service")).toMatchObject({
      ok: false,
      reason: "cooldown",
      message: expect.stringContaining("another 30m"),
    });
    await execute(await approved(world, "clean-disk"), world.ctx);
    world.now += 31 * 60_000;
    expect(await ask("restart-service")).toMatchObject({ ok: false, reason: "quarantine" });
    expect(await ask("diagnostics")).toMatchObject({ ok: true });
    world.now += 6 * 3_600_000;
    await expire(world.ctx);
    expect(await ask("restart-service")).toMatchObject({ ok: true });
    await world.close();
  });

  it("hold a service's slot until the verdict", async () => {
    const world = await coreWorld();
    await execute(await approved(world), world.ctx);
    expect(
      await propose({ runbook: "clean-disk", target: "web-2", requester: "system" }, world.ctx),
    ).toMatchObject({ ok: false, reason: "service_busy" });
    expect(
      await propose({ runbook: "restart-service", target: "db-1", requester: "system" }, world.ctx),
    ).toMatchObject({ ok: true });
    await world.close();
  });

  it("are three disruptions in ten minutes and three proposals of one person", async () => {
    const world = await coreWorld();
    for (const n of [1, 2, 3, 4]) {
      const tags = { service: `service-${n}` };
      world.targets.set(`t-${n}`, webTarget(`t-${n}`, { tags }));
      world.cloud.instances.set(`i-t-${n}`, runningInstance());
    }
    for (const n of [1, 2, 3]) await execute(await approved(world, "restart-service", `t-${n}`), world.ctx);
    expect(
      await propose({ runbook: "clean-disk", target: "t-4", requester: "system" }, world.ctx),
    ).toMatchObject({ ok: false, reason: "disruption_budget" });
    const olga = personIn(world.ctx.policy, "olga");
    const asked = [];
    for (const target of ["t-1", "t-2", "t-3", "t-4"]) {
      asked.push(await propose({ runbook: "diagnostics", target, requester: olga }, world.ctx));
    }
    expect(asked.map((answer) => (answer.ok ? "ok" : answer.reason))).toEqual([
      "ok",
      "ok",
      "ok",
      "too_many_proposals",
    ]);
    expect((await getPlan("plan-3", world.ctx))?.status).toBe("done");
    await world.close();
  });
});
