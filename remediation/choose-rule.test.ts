import { describe, expect, it } from "vitest";
import { coreWorld, memoryAlert, packageRunbooks, personIn, type World } from "../fixtures/fakes/core.ts";
import { chooseRule } from "./choose-rule.ts";
import type { Measurement } from "./context.ts";
import { type Alert, raiseAlert } from "./incident.ts";
import { listPlans } from "./plans.ts";
import { proposeForIncident } from "./propose.ts";
import { parseRulesFile, rulesJsonSchema } from "./rules.ts";

/** Friday, 20 November 2026, 10:00 in Berlin. */
const now = Date.parse("2026-11-20T09:00:00Z");
const full: Measurement = {
  mean: 95,
  samples: 6,
  missing: 0,
  lowest: 92,
  highest: 97,
  latest: 96,
  partial: false,
};

async function worldWith(yaml: string, measured: Partial<Measurement> = {}): Promise<World> {
  const world = await coreWorld({ now });
  const { rules, quietTimes } = parseRulesFile(yaml, "rules.yaml");
  Object.assign(world.ctx, { rules, quietTimes });
  world.metric = () => ({ ...full, ...measured });
  return world;
}

async function chosen(yaml: string, measured: Partial<Measurement> = {}, alert: Partial<Alert> = {}) {
  const world = await worldWith(yaml, measured);
  const raised = await raiseAlert(memoryAlert("web-1", { startsAt: now / 1000 - 120, ...alert }), world.ctx);
  const target = world.targets.get("web-1");
  if (!target) throw new Error("the world has no web-1");
  const found = await chooseRule(raised.incident, target, world.ctx);
  await world.close();
  return found === null ? null : found.ok ? found.rule.name : found.reason;
}

const rule = (when: string, more = "") =>
  `rules: [{name: leak, when: ${when}, runbook: restart-service${more}}]`;
const metric = "{metric: {name: memory_usage_percent, above: 90}}";
const lasting = "{metric: {name: memory_usage_percent, above: 90}, for: 5m}";

describe("a rule's condition on a metric", () => {
  it("looks at the newest value, and with a duration at every value of it", async () => {
    expect(await chosen(rule(metric))).toBe("leak");
    expect(await chosen(rule(metric), { latest: 90 })).toBe("not_yet");
    expect(await chosen(rule(metric), { lowest: 10 })).toBe("leak");
    expect(await chosen(rule(lasting), { lowest: 91 })).toBe("leak");
    expect(await chosen(rule(lasting), { lowest: 90 })).toBe("not_yet");
    const between = "{metric: {name: memory_usage_percent, above: 90, below: 97}, for: 5m}";
    expect(await chosen(rule(between))).toBe("not_yet");
    expect(await chosen(rule(between), { highest: 96.9 })).toBe("leak");
  });

  it.each<[string, Partial<Measurement>]>([
    ["a partial answer", { partial: true }],
    ["no fresh sample", { latest: undefined }],
    ["a newest value that is no number", { latest: Number.NaN }],
    ["an infinite value", { latest: Number.POSITIVE_INFINITY }],
    ["a hole in the time it asks for", { missing: 1 }],
    ["nobody counting what is missing", { missing: undefined }],
  ])("is never fulfilled by %s", async (_what, measured) => {
    expect(await chosen(rule(lasting), measured)).toBe("no_data");
  });

  it("is not fulfilled when the metric cannot be read", async () => {
    const world = await worldWith(rule(metric));
    world.ctx.measure = () => Promise.reject(new Error("connection refused"));
    const { incident } = await raiseAlert(memoryAlert(), world.ctx);
    expect(await proposeForIncident(incident, world.ctx)).toMatchObject({
      ok: false,
      reason: "no_data",
      message: expect.stringContaining("connection refused"),
    });
    expect(await listPlans({}, world.ctx)).toEqual([]);
    await world.close();
  });
});

describe("a rule's time", () => {
  it("is how long the alert has fired, where no metric is named", async () => {
    expect(await chosen(rule("{for: 2m}"))).toBe("leak");
    expect(await chosen(rule("{for: 3m}"))).toBe("not_yet");
    expect(await chosen(rule("{for: 1m, cause: [alert]}"))).toBeNull();
  });

  it("of day is read in its zone", async () => {
    const office = (zone: string) =>
      rule(`{hours: {days: [fri], from: "10:00", to: "11:00", zone: ${zone}}}`);
    expect(await chosen(office("Europe/Berlin"))).toBe("leak");
    expect(await chosen(office("UTC"))).toBe("not_yet");
  });

  it("that has not come lets the next rule speak", async () => {
    const two = `rules:
  - {name: later, when: {for: 1h}, runbook: reboot}
  - {name: first, when: {}, runbook: restart-service}`;
    expect(await chosen(two)).toBe("first");
  });
});

describe("a maintenance window or change freeze", () => {
  const frozen = (runbook: string, more = "") => `rules: [{name: leak, when: {}, runbook: ${runbook}}]
freezes: [{name: holidays, from: "2026-11-20T08:00", to: "2026-11-21T08:00", zone: Europe/Berlin${more}}]
maintenance: [{name: patching, days: [sun], from: "02:00", to: "04:00", zone: UTC}]`;

  it("keeps rules from proposing what changes something, and lets diagnostics pass", async () => {
    expect(await chosen(frozen("restart-service"))).toBe("quiet_time");
    expect(await chosen(frozen("diagnostics"))).toBe("leak");
    expect(await chosen(frozen("restart-service", ", tags: {service: shop}"))).toBe("leak");
  });

  it("is told to whoever presses, with what would work", async () => {
    const world = await worldWith(frozen("restart-service"));
    const { incident } = await raiseAlert(memoryAlert(), world.ctx);
    const olga = personIn(world.ctx.policy, "olga");
    expect(await proposeForIncident(incident, world.ctx, olga)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/change freeze holidays \(until .* Europe\/Berlin\); name a runbook/),
    });
    await world.close();
  });
});

describe("a rule that only suggests", () => {
  it("makes no plan by itself, and one when somebody presses", async () => {
    const world = await worldWith(rule("{}", ", autonomy: suggest"));
    const { incident } = await raiseAlert(memoryAlert(), world.ctx);
    expect(await proposeForIncident(incident, world.ctx)).toBeNull();
    const pressed = await proposeForIncident(incident, world.ctx, personIn(world.ctx.policy, "olga"));
    expect(pressed).toMatchObject({ ok: true, plan: { requester: { id: "system" }, rule: "leak" } });
    await world.close();
  });
});

describe("rules files", () => {
  const problems = (text: string) => {
    try {
      parseRulesFile(text, "r.yaml", {
        runbooks: packageRunbooks,
        metrics: ["memory_usage_percent"],
        metricNamed: (alias) => (alias === "memory" ? "memory_usage_percent" : null),
      });
      return [];
    } catch (error) {
      return String((error as Error).message).split("\n");
    }
  };

  it("name the place of what is wrong with a time, a metric or a level", () => {
    const text = `rules:
  - name: leak
    when:
      metric: {name: memry, above: 90}
      for: 3 minutes
      hours: {from: "9:00", to: "17:00", zone: Berlin}
    autonomy: auto
    runbook: restart-service
freezes:
  - {name: x, from: "2026-12-24T18:00", to: "2026-12-24T17:00", zone: UTC}
  - {name: y, from: "2026-02-31T18:00", to: "18:00", zone: UTC}
  - {name: z, from: "01:00", to: "02:00", zone: UTC, rules: [lek]}`;
    const found = problems(text);
    for (const place of ["5:12", "6:21", "6:48", "7:15", "10:45", "11:21"])
      expect(found.some((line) => line.startsWith(`r.yaml:${place} `))).toBe(true);
    expect(found.join("\n")).toContain("earned by cures and granted with `autonomy promote RULE`");
    expect(problems(rule("{metric: {name: memry, above: 90}}"))).toEqual([
      'r.yaml:1:44 rules.0.when.metric.name: no metric of the catalog is called "memry"',
    ]);
    expect(
      problems(`${rule("{}")}\nfreezes: [{name: z, from: "01:00", to: "02:00", zone: UTC, rules: [lek]}]`),
    ).toEqual(['r.yaml:2:68 freezes.0.rules.0: there is no rule "lek"']);
  });

  it("may say a metric's other names, which become the catalog's own", () => {
    const known = {
      runbooks: packageRunbooks,
      metrics: ["memory_usage_percent"],
      metricNamed: (alias: string) => (alias === "memory" ? "memory_usage_percent" : null),
    };
    const text = rule("{leading: [memory], metric: {name: memory, above: 90}}");
    expect(parseRulesFile(text, "r.yaml", known).rules[0]?.when).toMatchObject({
      leading: ["memory_usage_percent"],
      metric: { name: "memory_usage_percent", above: 90 },
    });
  });

  it("have a schema that names windows, freezes and levels", () => {
    const schema = JSON.stringify(rulesJsonSchema());
    for (const word of ["maintenance", "freezes", "autonomy", "hours", "zone"])
      expect(schema).toContain(`"${word}"`);
  });
});
