import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTarget, coreWorld, memoryAlert, webTarget, type World } from "../fixtures/fakes/core.ts";
import { sceneAt } from "../fixtures/fakes/scene.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import { type CommandKind, commands } from "../intents/commands.ts";
import type { Intent } from "../intents/intent.ts";
import { listAudit } from "../remediation/audit.ts";
import { raiseAlert } from "../remediation/incident.ts";
import type { Person } from "../remediation/people.ts";
import { listPlans } from "../remediation/plans.ts";
import { propose } from "../remediation/propose.ts";
import type { Asker, Bot } from "./bot.ts";
import { respond } from "./respond.ts";

/** The router over a real core and store. */

const catalog = createCatalog();
let world: World;

const bot = (parts: Partial<Bot> = {}): Bot =>
  ({
    scene: () => sceneAt(world.now, { dryRun: true, catalog }),
    targets: () => [...world.targets.values()],
    core: world.ctx,
    detector: { catalog },
    watchOnly: false,
    watchState: () => ({ lastCycleAt: null, problem: null }),
    run: () => undefined,
    ...parts,
  }) as unknown as Bot;

const stranger: Person = { id: "slack:T9/U9", name: "Stranger", role: null, identities: ["slack:T9/U9"] };
const asking = (person: Person): Asker => ({ person, surface: "slack" });
const operator: Person = { ...stranger, id: "jon", name: "Jon", role: "operator" };

beforeEach(async () => {
  world = await coreWorld();
});

afterEach(() => world.close());

describe("somebody without a role", () => {
  const guarded = (Object.keys(commands) as CommandKind[]).filter((kind) => commands[kind].role !== "viewer");

  it.each(guarded.filter((kind) => kind !== "approve" && kind !== "deny"))(
    "is refused %s, privately and with an audit entry",
    async (kind) => {
      const response = await respond({ kind, id: "inc-1" } as Intent, asking(stranger), bot());
      expect(response).toMatchObject({ private: true, draft: { tone: "refused" } });
      const [entry] = await listAudit({ limit: 1 }, world.ctx);
      expect(entry).toMatchObject({ actor: stranger.id, verb: `refused ${kind.replaceAll("_", " ")}` });
    },
  );

  it("cannot decide a plan, and the try is audited", async () => {
    const { plan } = await proposedPlan();
    for (const kind of ["approve", "deny"] as const) {
      const response = await respond({ kind, id: plan.id }, asking(stranger), bot());
      expect(response).toMatchObject({ private: true, draft: { tone: "refused" } });
    }
    expect((await listPlans({}, world.ctx))[0]?.status).toBe("proposed");
    const verbs = (await listAudit({ subject: plan.id, limit: 10 }, world.ctx)).map(({ verb }) => verb);
    expect(verbs).toEqual(expect.arrayContaining(["refused approve", "refused deny"]));
  });
});

it("proposes and approves nothing when it may only watch, whoever asks", async () => {
  const response = await respond(
    { kind: "remediate", target: "web-1", runbook: "reboot" },
    asking(operator),
    bot({ watchOnly: true }),
  );
  expect(response.draft.text).toContain("SMARTCLOUDOPS_WATCH_ONLY");
  expect(await listPlans({}, world.ctx)).toEqual([]);
});

it("lists what waits for a bare approve, with each plan's buttons, and decides nothing", async () => {
  const { plan } = await proposedPlan();
  const response = await respond({ kind: "approve" }, asking(operator), bot());
  expect(response.draft.buttons.map(({ label }) => label)).toEqual([
    `Approve restart ${plan.id}`,
    `Deny ${plan.id}`,
  ]);
  const denial = await respond({ kind: "deny" }, asking(operator), bot());
  expect(denial.draft.buttons.map(({ label }) => label)).toEqual([`Deny ${plan.id}`]);
  expect((await listPlans({}, world.ctx))[0]?.status).toBe("proposed");
});

it("asks back instead of guessing a target", async () => {
  const near = await respond(
    { kind: "remediate", target: "wbe-1", runbook: "reboot" },
    asking(operator),
    bot(),
  );
  expect(near.draft.title).toBe('There is no "wbe-1"');
  expect(near.draft.buttons[0]).toMatchObject({ intent: { kind: "remediate", runbook: "reboot" } });
  const far = await respond(
    { kind: "remediate", target: "zzzzzz", runbook: "reboot" },
    asking(operator),
    bot(),
  );
  expect(far.draft).toMatchObject({ tone: "refused", title: "I do not know that target" });
  expect(await listPlans({}, world.ctx)).toEqual([]);
});

it("never acts on a protected target and says why", async () => {
  addTarget(world, webTarget("prom-1", { protectedBecause: "Prometheus runs on it" }));
  const response = await respond(
    { kind: "remediate", target: "prom-1", runbook: "reboot" },
    asking(operator),
    bot(),
  );
  expect(response.draft.text).toContain("Prometheus runs on it");
  expect(await listPlans({}, world.ctx)).toEqual([]);
});

it("says honestly what is not built, and names unknown ids and runbooks", async () => {
  const told = async (intent: Intent) => (await respond(intent, asking(operator), bot())).draft;
  expect(await told({ kind: "forecast", target: "web-1" })).toMatchObject({ title: "Not built yet" });
  expect((await told({ kind: "acknowledge", id: "inc-99" })).title).toBe("There is no inc-99");
  expect((await told({ kind: "remediate", target: "web-1", runbook: "terminate" })).text).toContain(
    "restart-service",
  );
});

async function proposedPlan() {
  const { incident } = await raiseAlert(memoryAlert(), world.ctx);
  const proposed = await propose(
    { runbook: "restart-service", target: "web-1", incident: incident.id, requester: "system" },
    world.ctx,
  );
  if (!proposed.ok) throw new Error(proposed.message);
  return proposed;
}
