import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, type World } from "../fixtures/fakes/core.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { giveFeedback } from "../remediation/feedback.ts";
import { listIncidents, raiseAlert } from "../remediation/incident.ts";
import type { Frame } from "../ml/frame.ts";
import { listPlans } from "../remediation/plans.ts";
import type { Bot } from "./bot.ts";
import type { Reading, Survey } from "./detector.ts";
import { createWatch } from "./watch.ts";

/** The watch over a real core and store; only what the detector reads is made up. */

const catalog = createCatalog();
let world: World;
let survey: Survey | Error;
let announced: string[];
let historyReads: number;

const reading = (target: string, parts: Partial<Reading> = {}): Reading => ({
  target,
  state: "normal",
  newest: world.now / 1_000,
  withheldBecause: null,
  score: 0.2,
  rarityDays: 0,
  since: null,
  top: [],
  agreeing: 0,
  members: 5,
  thresholdFactor: 1,
  vanished: [],
  nearestCalmAt: null,
  values: new Map([["memory_usage_percent", 9]]),
  beyond: [],
  model: null,
  frame: { stepSeconds: 60, time: new Float64Array(), metrics: [], columns: [] },
  novel: [],
  anomalies: [],
  ...parts,
});

const leaking = (target: string) =>
  reading(target, {
    state: "anomalous",
    score: 2,
    since: world.now / 1_000 - 60,
    top: [
      {
        metric: "memory_usage_percent",
        value: 41,
        usual: [8, 10],
        share: 0.9,
        window: { feature: "value", seconds: 60 },
      },
      {
        metric: "requests_per_second",
        value: 40,
        usual: [10, 75],
        share: 0.01,
        window: { feature: "value", seconds: 60 },
      },
    ],
  });

function watch(mayPropose = true) {
  const bot = {
    scene: () => ({
      nowMs: world.now,
      metricNow: world.now / 1_000,
      timeZone: "UTC",
      replay: false,
      dryRun: true,
      catalog,
    }),
    targets: () => [...world.targets.values()],
    detector: {
      catalog,
      advance: async () => {
        if (survey instanceof Error) throw survey;
        return survey;
      },
      recent: async () => null,
      survey: async () => ({ readings: [] }),
      usual: () => [8, 10],
      stepSeconds: 60,
    },
    history: {
      read: async (_target: string, { start, end, stepSeconds }: Frame & { start: number; end: number }) => {
        // This hour of earlier weeks was not collected; the last day was.
        if (end < world.now / 1_000 - 86_400) return null;
        historyReads += 1;
        const time = Float64Array.from(
          { length: (end - start) / stepSeconds },
          (_, row) => start + row * stepSeconds,
        );
        return { stepSeconds, time, metrics: ["memory_usage_percent"], columns: [time.map(() => 41)] };
      },
    },
    ...world.memory,
    core: world.ctx,
    run: () => undefined,
  } as unknown as Bot;
  return createWatch({
    bot,
    mayPropose,
    announce: async (incident) => void announced.push(incident),
    announceFleet: async (fleet) => void announced.push(fleet),
    log: { info: () => undefined, warn: () => undefined },
  });
}

const see = (readings: Reading[], partial = false) => {
  survey = { metricAt: world.now / 1_000, readings, warnings: [], partial };
};

const open = () => listIncidents({ unresolvedOnly: true }, world.ctx);

beforeEach(async () => {
  world = await coreWorld();
  announced = [];
  historyReads = 0;
  see([]);
});

afterEach(() => world.close());

it("opens one incident, lets the rule propose once, and tells it", async () => {
  const { cycle } = watch();
  for (let minute = 0; minute < 12; minute += 1) {
    see([leaking("web-1")]);
    await cycle();
    world.now += 60_000;
  }
  expect(await open()).toMatchObject([
    { target: "web-1", metric: "memory_usage_percent", severity: "warning" },
  ]);
  expect(await listPlans({}, world.ctx)).toMatchObject([
    { runbook: "restart-service", rule: "memory-leak", requester: { id: "system" } },
  ]);
  expect(new Set(announced)).toEqual(new Set(["inc-1"]));
});

it("proposes nothing out of a partial answer, and nothing when it may only watch", async () => {
  see([leaking("web-1")], true);
  await watch().cycle();
  see([leaking("web-2")]);
  await watch(false).cycle();
  expect(await open()).toHaveLength(2);
  expect(await listPlans({}, world.ctx)).toEqual([]);
});

it("keeps the finding while an alarm closes after its cause is gone", async () => {
  const { cycle } = watch(false);
  see([leaking("web-1")]);
  await cycle();
  world.now += 300_000;
  const closing = leaking("web-1");
  see([{ ...closing, top: closing.top.map((row) => ({ ...row, value: row.usual[0] + 1 })) }]);
  await cycle();
  expect(await open()).toMatchObject([{ title: "web-1: memory usage is far above usual" }]);
});

it("takes no data for neither healthy nor anomalous", async () => {
  const { cycle } = watch();
  see([reading("web-1", { state: "no_data", newest: null, values: new Map() })]);
  await cycle();
  expect(await open()).toEqual([]);
  see([leaking("web-1")]);
  await cycle();
  see([reading("web-1", { state: "no_data", values: new Map() })]);
  await cycle();
  expect(await open()).toHaveLength(1);
});

it("clears what was firing before a restart, also when the first look saw no data", async () => {
  see([leaking("web-1")]);
  await watch(false).cycle();
  const restarted = watch(false);
  see([reading("web-1", { state: "no_data", values: new Map() })]);
  await restarted.cycle();
  expect(await open()).toHaveLength(1);
  see([reading("web-1")]);
  await restarted.cycle();
  expect(await open()).toEqual([]);
});

it("lets a hard limit join the same incident", async () => {
  const { cycle } = watch(false);
  see([leaking("web-1")]);
  await cycle();
  const metric = catalog.find("memory_usage_percent");
  if (metric === null) throw new Error("the catalog lost memory_usage_percent");
  see([{ ...leaking("web-1"), beyond: [{ metric, value: 96 }] }]);
  await cycle();
  const incidents = await open();
  expect(incidents).toHaveLength(1);
  expect(incidents[0]?.alerts.map(({ cause }) => cause).sort()).toEqual(["alert", "anomaly"]);
  expect(incidents[0]?.severity).toBe("critical");
});

it("keeps its problem for status while Prometheus is silent, and forgets it afterwards", async () => {
  const { cycle, state } = watch();
  survey = new PrometheusError("unreachable", "Prometheus refused the connection", "Check PROMETHEUS_URL");
  await cycle();
  expect(state().problem).toContain("Prometheus refused the connection");
  see([reading("web-1")]);
  await cycle();
  expect(state().problem).toBeNull();
});

it("ends a limit's alert only when the metric is measured within its limit again", async () => {
  const { cycle } = watch(false);
  const metric = catalog.find("service_up");
  if (metric === null) throw new Error("the catalog lost service_up");
  const down = { values: new Map([["service_up", 0]]), beyond: [{ metric, value: 0 }] };
  see([reading("web-1", { state: "learning", ...down })]);
  await cycle();
  for (const values of [new Map<string, number>(), new Map([["service_up", 0]])]) {
    see([reading("web-1", { state: "learning", values })]);
    await cycle();
    expect(await open()).toHaveLength(1);
  }
  see([reading("web-1", { state: "learning", values: new Map([["service_up", 1]]) })]);
  await cycle();
  expect(await open()).toEqual([]);
});

it("proposes in a later round when what stood in the way has passed", async () => {
  const { cycle } = watch();
  see([leaking("web-1")], true);
  await cycle();
  expect(await listPlans({}, world.ctx)).toEqual([]);
  world.now += 60_000;
  see([leaking("web-1")]);
  await cycle();
  await cycle();
  expect(await listPlans({}, world.ctx)).toHaveLength(1);
});

describe("what a person called no problem", () => {
  const noProblem = (incident = "inc-1") =>
    giveFeedback(
      { incident, verdict: "not_a_problem", reason: null, score: 2, metrics: ["memory_usage_percent"] },
      personIn(world.ctx.policy, "olga"),
      world.memory.feedback.record,
      world.ctx,
    );
  const minutes = async (cycle: () => Promise<void>, count: number, seen: () => Reading) => {
    for (let minute = 0; minute < count; minute += 1) {
      world.now += 60_000;
      see([seen()]);
      await cycle();
    }
  };
  const since = () => world.now / 1_000 - 60;

  it("is not told again while it goes on, also after a restart", async () => {
    const began = since();
    const going = () => ({ ...leaking("web-1"), since: began });
    const { cycle } = watch();
    await minutes(cycle, 1, going);
    await noProblem();
    await minutes(cycle, 30, going);
    await minutes(watch().cycle, 30, going);
    expect(await listIncidents({ unresolvedOnly: false }, world.ctx)).toHaveLength(1);
  });

  it("is told again when it is over and comes back", async () => {
    const { cycle } = watch();
    await minutes(cycle, 1, () => leaking("web-1"));
    await noProblem();
    await minutes(cycle, 12, () => reading("web-1"));
    await minutes(cycle, 1, () => leaking("web-1"));
    expect((await open()).map(({ id }) => id)).toEqual(["inc-2"]);
  });

  it("is told at once when it becomes half as bad again, or another metric leads", async () => {
    const { cycle } = watch();
    await minutes(cycle, 1, () => leaking("web-1"));
    await noProblem();
    await minutes(cycle, 2, () => ({ ...leaking("web-1"), score: 2.9 }));
    expect(await open()).toEqual([]);
    await minutes(cycle, 1, () => ({ ...leaking("web-1"), score: 3.1 }));
    expect((await open()).map(({ id }) => id)).toEqual(["inc-2"]);
    await noProblem("inc-2");
    const other = () => ({
      ...leaking("web-1"),
      top: [{ ...leaking("web-1").top[0]!, metric: "cpu_usage_percent" }],
    });
    await minutes(cycle, 1, other);
    expect((await open()).map(({ metric }) => metric)).toEqual(["cpu_usage_percent"]);
  });
});

describe("a change of many targets", () => {
  const names = ["web-1", "web-2", "db-1", "web-4", "web-5"];

  it("is one card, and rules propose nothing for it", async () => {
    const { cycle } = watch();
    see(names.map((name) => leaking(name)));
    await cycle();
    expect(await open()).toHaveLength(5);
    expect(announced).toEqual(["fleet-1"]);
    for (let minute = 0; minute < 6; minute += 1) {
      world.now += 60_000;
      see(names.map((name) => leaking(name)));
      await cycle();
    }
    expect(announced).toEqual(["fleet-1"]);
    expect(await listPlans({}, world.ctx)).toEqual([]);
  });

  it("lets a later target join and edits that card, after a restart too", async () => {
    see(names.slice(0, 3).map((name) => leaking(name)));
    await watch().cycle();
    world.now += 240_000;
    see(
      names.map((name) => ({ ...leaking(name), since: world.now / 1_000 - (name === "web-4" ? 60 : 300) })),
    );
    await watch().cycle();
    expect(announced).toEqual(["fleet-1", "fleet-1"]);
    expect((await world.memory.fleet.summary("fleet-1", 9))?.targets).toBe(5);
  });

  it("is found after a crash between its incidents and its card", async () => {
    for (const name of names)
      await raiseAlert(memoryAlert(name, { startsAt: world.now / 1_000 - 60 }), world.ctx);
    see(names.map((name) => leaking(name)));
    await watch().cycle();
    expect(announced).toEqual(["fleet-1"]);
  });

  it("waits for targets that are about to alarm before it tells the first one alone", async () => {
    const { cycle } = watch();
    const about = (name: string) => reading(name, { score: 1.3 });
    see([leaking("web-1"), about("web-2"), about("db-1")]);
    await cycle();
    expect(announced).toEqual([]);
    world.now += 60_000;
    see(["web-1", "web-2", "db-1"].map((name) => leaking(name)));
    await cycle();
    expect(announced).toEqual(["fleet-1"]);
    expect(await listPlans({}, world.ctx)).toEqual([]);
  });
});

it("makes a finding of a metric that is not measured any more, and ends it when it is", async () => {
  const { cycle } = watch();
  const gone = () => reading("web-1", { vanished: ["memory_usage_percent"] });
  see([gone()], true);
  await cycle();
  expect(await open()).toEqual([]);
  see([gone()]);
  await cycle();
  expect(await open()).toMatchObject([{ title: "web-1: memory usage is not measured any more" }]);
  expect(await listPlans({}, world.ctx)).toEqual([]);
  see([reading("web-1")], true);
  await cycle();
  expect(await open()).toHaveLength(1);
  see([reading("web-1", { state: "withheld", withheldBecause: "warming_up" })]);
  await cycle();
  expect(await open()).toHaveLength(1);
  see([reading("web-1")]);
  await cycle();
  expect(await open()).toEqual([]);
});

it("only warns by a model of the first days, and lets no rule propose", async () => {
  const model = { model: { stage: "first_days", demo: false, learnedMinutes: 900 } } as Reading["model"];
  see([{ ...leaking("web-1"), score: 9, model }]);
  await watch().cycle();
  expect(await open()).toMatchObject([{ severity: "warning" }]);
  expect(await listPlans({}, world.ctx)).toEqual([]);
});

it("looks for a new normal after a day, once an hour", async () => {
  const { cycle } = watch(false);
  const began = world.now / 1_000;
  for (let hour = 0; hour <= 25; hour += 1) {
    see([{ ...leaking("web-1"), since: began }]);
    await cycle();
    world.now += 3_600_000;
  }
  const [incident] = await open();
  expect(incident?.detail.steadySince).toBe(world.now / 1_000 - 3_600 - 86_400);
  expect(historyReads).toBe(2);
});

it("keeps an episode's highest score for what people say of it, across a restart", async () => {
  for (const [score, restarted] of [
    [2, false],
    [7, false],
    [3, true],
  ] as const) {
    if (restarted) see([]);
    see([{ ...leaking("web-1"), score }]);
    await watch(false).cycle();
    world.now += 180_000;
  }
  expect((await open())[0]?.detail).toMatchObject({ score: 3, peak: 7 });
});

it("looks at ten thousand targets that are well without a statement for each, and lets others have their turn", async () => {
  const { cycle } = watch();
  see(Array.from({ length: 10_000 }, (_, n) => reading(`host-${n}`)));
  const { store } = world.ctx;
  let statements = 0;
  const db = new Proxy(store.db, {
    get(from, name) {
      if (["selectFrom", "insertInto", "updateTable"].includes(String(name))) statements += 1;
      const value = Reflect.get(from, name) as unknown;
      return typeof value === "function" ? (value.bind(from) as unknown) : value;
    },
  });
  world.ctx.store = {
    ...store,
    db,
    transaction: (work) => {
      statements += 1;
      return store.transaction(work);
    },
  };
  let longest = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 1);
  await cycle();
  clearInterval(timer);
  longest = Math.max(longest, performance.now() - before);
  expect(statements).toBeLessThan(10);
  // Measured 15 ms; a busy test machine gets room, a round in one piece takes far longer than a slice.
  expect(longest).toBeLessThan(200);
});
