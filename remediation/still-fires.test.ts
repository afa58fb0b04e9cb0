import { describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { proposeByRule, trustedWorld } from "../fixtures/fakes/trusted-world.ts";
import { approve } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { decideAlone } from "./decide-alone.ts";
import { execute } from "./execute.ts";
import { getIncident, raiseAlert } from "./incident.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";
import { stillFires } from "./still-fires.ts";

const minute = 60_000;
const labels = { alertname: "HighMemory", instance: "web-1" };
const outside = (key: string) =>
  memoryAlert("web-1", { key, cause: "alert", detail: { alertmanager: { labels } } });

type Answer = Awaited<ReturnType<NonNullable<World["ctx"]["firesOutside"]>>>;
const [firing, over, away]: Answer[] = [
  { ok: true, value: true },
  { ok: true, value: false },
  { ok: false, message: "it is away" },
];

/** Alertmanager answers so; undefined: there is none. */
function answers(world: World, answer: Answer | undefined): void {
  if (answer === undefined) delete world.ctx.firesOutside;
  else world.ctx.firesOutside = async () => answer;
}

describe("whether an alert still fires", () => {
  const cases: [what: string, alerts: ("own" | "outside")[], answer: Answer | undefined, state: string][] = [
    ["is firing when Alertmanager says so", ["outside"], firing, "firing"],
    ["is over when Alertmanager says so", ["outside"], over, "over"],
    ["is unknown when Alertmanager does not answer", ["outside"], away, "unknown"],
    ["is unknown when there is no Alertmanager to ask", ["outside"], undefined, "unknown"],
    ["is our own watch's to say of its own alerts", ["own"], away, "firing"],
    ["is firing when one of several is, whatever the others", ["outside", "own"], away, "firing"],
    ["is firing when our own goes on and Alertmanager's is over", ["outside", "own"], over, "firing"],
  ];
  it.each(cases)("%s", async (_what, alerts, answer, state) => {
    const world = await coreWorld();
    for (const each of alerts)
      await raiseAlert(each === "own" ? memoryAlert() : outside("alertmanager:1"), world.ctx);
    answers(world, answer);
    const incident = await getIncident("inc-1", world.ctx);
    if (!incident) throw new Error("there is no inc-1");
    expect((await stillFires("web-1", incident, world.ctx)).state).toBe(state);
    await world.close();
  });
});

describe("a plan that its rule runs alone and that rests on an alert of Alertmanager's", () => {
  async function waiting(): Promise<{ world: World; plan: string }> {
    const world = await trustedWorld("veto");
    const plan = await proposeByRule(world);
    await raiseAlert({ ...outside("anomaly:web-1"), startsAt: world.now / 1000 }, world.ctx);
    world.now += 11 * minute;
    return { world, plan };
  }

  it.each([away, undefined])(
    "is left to people while nobody can say whether it fires (%o)",
    async (answer) => {
      const { world, plan } = await waiting();
      answers(world, answer);
      expect(await decideAlone(world.ctx)).toEqual([]);
      const said = [
        expect.stringMatching(/^Not run by rule memory-leak: whether .* still fires cannot be asked/),
      ];
      expect(await getPlan(plan, world.ctx)).toMatchObject({
        status: "proposed",
        decisions: [],
        notes: said,
      });
      const [entry] = await listAudit({ subject: plan, limit: 1 }, world.ctx);
      expect(entry).toMatchObject({ verb: "leave to people", detail: { reason: "alert_unknown" } });
      await world.close();
    },
  );

  it("runs when Alertmanager says that it fires", async () => {
    const { world, plan } = await waiting();
    answers(world, firing);
    expect(await decideAlone(world.ctx)).toEqual([plan]);
    expect(await execute(plan, world.ctx)).toMatchObject({ plan: { status: "done", notes: [] } });
    await world.close();
  });

  it("is cancelled, and says why, when Alertmanager is lost between the decision and the call", async () => {
    const { world, plan } = await waiting();
    answers(world, firing);
    expect(await decideAlone(world.ctx)).toEqual([plan]);
    answers(world, away);
    const calls = world.cloud.accepted.length;
    const ended = (await execute(plan, world.ctx)).plan;
    expect(ended?.status).toBe("cancelled");
    expect(ended?.notes.join()).toMatch(/cannot be asked: it is away; nobody approved it$/);
    expect(world.cloud.accepted).toHaveLength(calls);
    await world.close();
  });

  it("goes on when a person approved it, and its card and the audit say that nobody could be asked", async () => {
    const world = await coreWorld();
    await raiseAlert(outside("alertmanager:1"), world.ctx);
    answers(world, away);
    const proposal = { runbook: "restart-service", target: "web-1", incident: "inc-1" };
    await propose({ ...proposal, requester: "system" }, world.ctx);
    await approve(
      { plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "slack" },
      world.ctx,
    );
    const note = expect.stringMatching(/^It went on because a person approved it: whether .* it is away\.$/);
    expect(await execute("plan-1", world.ctx)).toMatchObject({ plan: { status: "done", notes: [note] } });
    const verbs = (await listAudit({ subject: "plan-1", limit: 20 }, world.ctx)).map(({ verb }) => verb);
    expect(verbs.filter((verb) => verb === "go on unasked")).toHaveLength(1);
    await world.close();
  });
});
