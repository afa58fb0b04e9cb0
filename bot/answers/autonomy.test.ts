import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, teamPolicy, type World } from "../../fixtures/fakes/core.ts";
import { createMetricsHistory, type MetricsHistory } from "../../infra/database/metrics-history.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import type { HistoryDb } from "../../infra/database/metrics-history-tables.ts";
import { approve } from "../../remediation/approve.ts";
import { execute } from "../../remediation/execute.ts";
import { raiseAlert } from "../../remediation/incident.ts";
import { suspectMonitoring } from "../../remediation/mass-event.ts";
import { getPlan } from "../../remediation/plans.ts";
import { proposeForIncident } from "../../remediation/propose.ts";
import { noteQuarantines } from "../../remediation/quarantine.ts";
import { parseRulesFile } from "../../remediation/rules.ts";
import { judge } from "../../remediation/verify.ts";
import type { Bot } from "../bot.ts";
import { planCard } from "../cards/plan-card.ts";
import { respond } from "../respond.ts";

/** `autonomy` and `backtest` as somebody says them, over a real core and store. */

const catalog = createCatalog();
const quick =
  "{cooldown: 0s, tries: 2, disruptions_per_hour: 99, disruptions_per_10m: 99}\nautonomy: {cures: 1}";
let world: World;
let history: MetricsHistory;

beforeEach(async () => {
  world = await coreWorld({ policy: teamPolicy(quick), now: Date.parse("2026-11-20T09:00:00Z") });
  // The tables of all folders are in one database; each folder knows the types of its own.
  const db = world.ctx.store.db as unknown as HistoryDb;
  history = createMetricsHistory({ db, source: "prometheus", stepSeconds: 60 });
});
afterEach(() => world.close());

const scene = () => ({
  nowMs: world.now,
  metricNow: world.now / 1_000,
  timeZone: "UTC",
  replay: false,
  dryRun: true,
  catalog,
});

const bot = () =>
  ({
    scene,
    targets: () => [...world.targets.values()],
    core: world.ctx,
    detector: {
      catalog,
      live: () => [],
      survey: async () => ({ readings: [], partial: false, warnings: [] }),
    },
    history,
    watchOnly: false,
    watchState: () => ({ lastCycleAt: null, problem: null }),
    run: () => undefined,
  }) as unknown as Bot;

type Change = "on" | "off" | "promote" | "demote" | "release";

function say(person: string, change?: Change, subject?: string) {
  const asker = { person: personIn(world.ctx.policy, person), surface: "slack" };
  const intent = {
    kind: "autonomy" as const,
    ...(change ? { change } : {}),
    ...(subject ? { subject } : {}),
  };
  return respond(intent, asker, bot());
}

async function proposed(): Promise<string> {
  world.now += 60_000;
  const { incident } = await raiseAlert(memoryAlert("web-1", { startsAt: world.now / 1_000 }), world.ctx);
  const plan = await proposeForIncident(incident, world.ctx);
  if (!plan?.ok) throw new Error(JSON.stringify(plan));
  return plan.plan.id;
}

async function cure(): Promise<void> {
  const plan = await proposed();
  await approve({ plan, person: personIn(world.ctx.policy, "mara"), surface: "slack" }, world.ctx);
  await execute(plan, world.ctx);
  const done = (await getPlan(plan, world.ctx))?.doneMetricAt ?? 0;
  world.metric = ({ end }) => ({ mean: end <= done ? 40 : 10, samples: 9, low: 8, high: 12, partial: false });
  world.now += 3_600_000;
  await judge(world.ctx);
}

describe("autonomy", () => {
  it("shows everybody what rules may do alone", async () => {
    const empty = await say("vic");
    expect(empty.draft.title).toBe("People decide everything");
    expect(empty.draft.text).toContain("memory-leak (restart-service): approve, never used yet");
    await cure();
    expect((await say("vic")).draft.text).toContain(
      "memory-leak (restart-service) on app: approve, 1 of 1 cures towards veto",
    );
  });

  it("is promoted by an admin only, counts down on the card, and offers to object", async () => {
    await cure();
    expect(await say("mara", "promote", "memory-leak")).toMatchObject({
      private: true,
      draft: { tone: "refused" },
    });
    expect((await say("ada", "promote", "memory-leak")).draft).toMatchObject({
      title: "memory-leak was promoted",
      text: "On app: approve, now veto: it runs unless somebody objects in time.",
    });
    const plan = await getPlan(await proposed(), world.ctx);
    if (!plan) throw new Error("no plan");
    world.now += 150_000;
    const card = planCard(plan, "", null, scene());
    expect(card.text).toContain("Runs by itself in 8 min (10:12 UTC) unless somebody objects.");
    expect(card.buttons.map(({ label }) => label)).toEqual(
      expect.arrayContaining(["Approve restart", "Deny", "Object"]),
    );
    expect((await say("olga", "demote", "memory-leak")).draft.title).toBe("memory-leak was demoted");
  });

  it("that was turned off by a mass event says so in status, and an approver turns it on", async () => {
    await suspectMonitoring({ targets: ["a", "b", "c", "d", "e"], fleet: 20, silent: 0 }, world.ctx);
    const asker = { person: personIn(world.ctx.policy, "vic"), surface: "slack" };
    const status = await respond({ kind: "status" }, asker, bot());
    expect(status.draft.text).toContain("suspect monitoring: 5 of 20 targets");
    expect(await say("olga", "on")).toMatchObject({ private: true });
    expect((await say("mara", "on")).draft.title).toBe("Autonomy is on again");
    expect((await respond({ kind: "status" }, asker, bot())).draft.text).not.toContain("suspect");
  });

  it("names a target in quarantine in status, and a person releases it", async () => {
    await cure();
    await cure();
    await noteQuarantines(world.ctx);
    const asker = { person: personIn(world.ctx.policy, "vic"), surface: "slack" };
    expect((await respond({ kind: "status" }, asker, bot())).draft.text).toContain(
      "web-1 is in quarantine (2 runs in 6h",
    );
    expect(await say("olga", "release", "web-1")).toMatchObject({ private: true });
    expect((await say("mara", "release", "WEB-1")).draft.title).toBe("web-1 is out of quarantine");
    expect((await respond({ kind: "status" }, asker, bot())).draft.text).not.toContain("quarantine");
  });
});

describe("backtest", () => {
  const ask = (rule?: string, window?: string) =>
    respond(
      { kind: "backtest", ...(rule ? { rule } : {}), ...(window ? { window } : {}) },
      { person: personIn(world.ctx.policy, "olga"), surface: "slack" },
      bot(),
    );

  it("tells when a rule would have fired over the collected history", async () => {
    const text =
      "rules: [{name: full, when: {metric: {name: memory_usage_percent, above: 90}, for: 5m}, runbook: clean-disk}]";
    Object.assign(world.ctx, parseRulesFile(text, "r.yaml"));
    const now = world.now / 1_000;
    const rows = Array.from({ length: 3 * 1_440 }, (_, n) => ({
      target: "web-1",
      at: now - (3 * 1_440 - n) * 60,
      metrics: ["memory_usage_percent"],
      values: [n >= 1_000 && n < 1_020 ? 95 : 40],
    }));
    await history.append(rows);
    const { draft } = await ask("full", "7d");
    expect(draft.title).toBe("full would have fired 1 time in 7 days");
    expect(draft.text).toContain("fired 18 Nov 01:45 UTC web-1 no incident");
    expect(draft.text).toContain("lacks the first 4d of the window");
  });

  it("names the rules there are, and refuses a window that is none", async () => {
    expect((await ask("nope")).draft.text).toContain("there are: service-down, disk-fill");
    expect((await ask("disk-fill", "soon")).draft.title).toBe("I cannot use that duration");
    expect((await ask("disk-fill")).draft.text).toContain("No metrics were collected yet.");
  });
});
