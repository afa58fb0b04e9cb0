import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../../fixtures/fakes/core.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import { listAudit } from "../../remediation/audit.ts";
import { approve, deny } from "../../remediation/approve.ts";
import { clearAlert, getIncident, raiseAlert } from "../../remediation/incident.ts";
import { propose } from "../../remediation/propose.ts";
import type { Asker, Bot } from "../bot.ts";
import { judgedAlarms } from "../judged-alarms.ts";
import { respond } from "../respond.ts";

let world: World;
let adjusted: { target: string; factor: number; by: string }[];
let trained: { target: string; because: string; leftOut: number }[];
let adjustment: { ok: true } | { ok: false; message: string };

beforeEach(async () => {
  world = await coreWorld();
  adjusted = [];
  trained = [];
  adjustment = { ok: true };
});

afterEach(() => world.close());

const bot = () =>
  ({
    scene: () => sceneAt(world.now, { dryRun: true }),
    core: world.ctx,
    ...world.memory,
    targets: () => [...world.targets.values()],
    trainer: {
      adjustThreshold: async (target: string, factor: number, by: { id: string }) => {
        adjusted.push({ target, factor, by: by.id });
        return adjustment;
      },
      train: async (target: { name: string }, how: { because: string; leftOut: object[] }) => {
        trained.push({ target: target.name, because: how.because, leftOut: how.leftOut.length });
        return { ok: true, version: "web-1 v2" };
      },
    },
    watchState: () => ({ lastCycleAt: null, problem: null }),
    watchOnly: false,
    recentLog: () => [],
  }) as unknown as Bot;

const asker = (id: string): Asker => ({ person: personIn(world.ctx.policy, id), surface: "slack" });
const feedback = (
  slots: { id?: string; verdict?: "problem" | "new_normal"; accept?: boolean },
  who = "olga",
) => respond({ kind: "feedback", ...slots }, asker(who), bot());

/** An alarm of web-1 with that peak, which ended long ago. */
async function alarm(peak: number, target = "web-1"): Promise<string> {
  world.now += 3_600_000;
  const detail = { top: [{ metric: "memory_usage_percent", share: 0.9 }], score: 1, rarity: "", peak };
  const startsAt = world.now / 1_000;
  const { incident } = await raiseAlert(memoryAlert(target, { detail, startsAt }), world.ctx);
  await clearAlert(`anomaly:${target}`, world.ctx);
  return incident.id;
}

async function judged(noProblem: number[], real: number[]): Promise<void> {
  for (const peak of noProblem) await feedback({ id: await alarm(peak) });
  for (const peak of real) await feedback({ id: await alarm(peak), verdict: "problem" });
}

describe("a person's word", () => {
  it("ends the incident and shows its own card", async () => {
    const { incident } = await raiseAlert(memoryAlert(), world.ctx);
    const response = await feedback({ id: incident.id });
    expect(response).toMatchObject({ private: false, view: { kind: "incident", id: "inc-1" } });
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({ resolution: "not a problem, said Olga" });
  });

  it("needs a role, and the try is kept", async () => {
    await raiseAlert(memoryAlert(), world.ctx);
    const refused = await feedback({ id: "inc-1" }, "vic");
    expect(refused).toMatchObject({ private: true, draft: { tone: "refused" } });
    expect(refused.draft.text).toContain("To give feedback one must be operator; your role is viewer.");
    expect((await listAudit({ subject: "inc-1", limit: 9 }, world.ctx))[0]).toMatchObject({
      actor: "vic",
      verb: "refused feedback",
    });
    expect(await getIncident("inc-1", world.ctx)).toMatchObject({ status: "open" });
  });

  it("teaches the detector a new normal, with that stretch", async () => {
    await raiseAlert(memoryAlert("web-1", { startsAt: world.now / 1_000 }), world.ctx);
    world.now += 25 * 3_600_000;
    await feedback({ id: "inc-1", verdict: "new_normal" });
    await expect.poll(() => trained).toEqual([{ target: "web-1", because: "new_normal", leftOut: 0 }]);
  });
});

describe("a threshold that verdicts suggest", () => {
  it("is offered after enough of them, and changed only when somebody accepts it", async () => {
    await judged([1.05, 1.1, 1.15, 3.2], [1.6, 2, 2.4, 5]);
    const offered = await world.memory.thresholds.newestOf("web-1");
    expect(offered).toMatchObject({ id: "threshold-1", factor: 1.18, status: "open" });
    expect(offered?.text).toBe(
      "Raise web-1's threshold by 18 %? 3 of 4 alarms that were called no problem or whose remedy was denied would " +
        "not have been raised; all four real ones still would.",
    );
    expect(adjusted).toEqual([]);
    const accepted = await feedback({ id: "threshold-1", accept: true });
    expect(accepted.draft.title).toBe("web-1's threshold is 18 % higher now");
    expect(adjusted).toEqual([{ target: "web-1", factor: 1.18, by: "olga" }]);
    expect((await listAudit({ subject: "threshold-1", limit: 9 }, world.ctx))[0]).toMatchObject({
      actor: "olga",
      verb: "accept threshold",
      detail: { target: "web-1", factor: 1.18 },
    });
  });

  it("is decided once", async () => {
    await judged([1.05, 1.1, 1.15], [2]);
    const answers = await Promise.all([
      feedback({ id: "threshold-1", accept: true }),
      feedback({ id: "threshold-1", accept: true }, "otto"),
    ]);
    expect(answers.map((response) => response.private).sort()).toEqual([false, true]);
    expect(adjusted).toHaveLength(1);
  });

  it("is not offered again out of the verdicts that were decided on", async () => {
    await judged([1.05, 1.1, 1.15], [2]);
    await feedback({ id: "threshold-1", accept: false });
    await judged([1.08], []);
    expect(await world.memory.thresholds.newestOf("web-1")).toMatchObject({
      id: "threshold-1",
      status: "left",
    });
    expect(adjusted).toEqual([]);
  });

  it("waits again when it could not be changed, and says why", async () => {
    await judged([1.05, 1.1, 1.15], [2]);
    adjustment = { ok: false, message: "web-1 has no model yet" };
    const answer = await feedback({ id: "threshold-1", accept: true });
    expect(answer.draft).toMatchObject({
      title: "The threshold was not changed",
      text: "web-1 has no model yet",
    });
    expect(await world.memory.thresholds.find("threshold-1")).toMatchObject({ status: "open" });
  });

  it("needs a role to be accepted", async () => {
    await judged([1.05, 1.1, 1.15], [2]);
    expect(await feedback({ id: "threshold-1", accept: true }, "vic")).toMatchObject({ private: true });
    expect(await world.memory.thresholds.find("threshold-1")).toMatchObject({ status: "open" });
  });
});

describe("what decisions say of an alarm", () => {
  const decided = async (peak: number, decision: typeof approve | typeof deny) => {
    const detail = { top: [], score: 1, rarity: "", peak };
    world.now += 3_600_000;
    const startsAt = world.now / 1_000;
    const { incident } = await raiseAlert(memoryAlert("web-1", { detail, startsAt }), world.ctx);
    const made = await propose(
      { runbook: "restart-service", target: "web-1", incident: incident.id, requester: "system" },
      world.ctx,
    );
    if (!made.ok) throw new Error(made.message);
    const { id, digest } = made.plan;
    const taken = await decision(
      { plan: id, digest, person: personIn(world.ctx.policy, "mara"), surface: "slack" },
      world.ctx,
    );
    expect(taken).toMatchObject({ ok: true });
    return incident.id;
  };

  it("is read from them, and an explicit word counts more", async () => {
    const incident = await decided(4, deny);
    expect(await judgedAlarms(bot(), "web-1")).toMatchObject([{ incident, peak: 4, real: false }]);
    await feedback({ id: incident, verdict: "problem" });
    expect(await judgedAlarms(bot(), "web-1")).toMatchObject([{ incident, peak: 4, real: true }]);
  });

  it("takes an approval for a real problem", async () => {
    const incident = await decided(4, approve);
    expect(await judgedAlarms(bot())).toMatchObject([{ incident, real: true }]);
    expect(await judgedAlarms(bot(), "web-2")).toEqual([]);
  });
});
