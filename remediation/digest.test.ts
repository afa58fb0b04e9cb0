import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDigest, decisionSeal, type Approved } from "./digest.ts";
import type { Decision } from "./plan.ts";

const key = Buffer.alloc(32, 7);
const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/);
const time = fc.integer({ min: 0, max: 2 ** 42 });
const params = fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true });
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

const state = fc.record({
  state: word,
  type: word,
  group: orNull(
    fc.record({ name: word, min: fc.nat(9), max: fc.nat(9), desired: fc.nat(9), lifecycle: word }),
  ),
  alert: fc.constantFrom("firing", "over", "none"),
});
const target = fc.record({
  name: word,
  instanceId: word,
  region: orNull(word),
  service: word,
  generation: fc.nat(99),
});
const step = fc.record({
  n: fc.integer({ min: 1, max: 20 }),
  action: word,
  target: word,
  instanceId: word,
  params,
  undoes: orNull(fc.integer({ min: 1, max: 20 })),
  pinned: orNull(word),
  executionId: word,
  state: fc.constant("ready" as const),
  attempt: fc.constant(0),
  fence: fc.constant(0),
  intentAt: fc.constant(null),
  calledAt: fc.constant(null),
  finishedAt: fc.constant(null),
  intentMetricAt: fc.constant(null),
  metricAt: fc.constant(null),
  reference: fc.constant(null),
  evidence: fc.constant({}),
  message: fc.constant(null),
});
const approved: fc.Arbitrary<Approved> = fc.record({
  number: fc.integer({ min: 1, max: 9999 }),
  incident: orNull(word),
  runbook: word,
  version: word,
  params,
  targets: fc.uniqueArray(target, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  risk: fc.constantFrom(0, 1, 2, 3),
  approvalsNeeded: fc.nat(3),
  fingerprint: fc.dictionary(word, state, { minKeys: 1, maxKeys: 2, noNullPrototype: true }),
  cloud: fc.constantFrom("dry-run", "aws"),
  requester: fc.record({ id: word, name: word }),
  createdAt: time,
  expiresAt: time,
  runBy: time,
  window: orNull(fc.record({ from: time, to: time })),
  rollsBack: orNull(word),
  settleSeconds: fc.nat(9999),
  metric: orNull(word),
  direction: fc.constantFrom("above", "below", null),
  rule: orNull(word),
  runsAlone: orNull(fc.record({ level: fc.constantFrom("veto", "auto"), at: time })),
});

/** Prose and progress: what may be reworded or written while the plan runs. */
const free = new Set(
  ["requester.name"].concat(
    "state attempt fence intentAt calledAt finishedAt intentMetricAt metricAt reference evidence message"
      .split(" ")
      .map((field) => `step.${field}`),
  ),
);

/** Every place in a plan that the digest must bind, as a path. */
function places(value: unknown, path: (string | number)[] = [], kind = ""): (string | number)[][] {
  if (free.has(kind)) return [];
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => {
    const owner = path[0] === "steps" && path.length === 2 ? "step" : String(path[0] ?? "");
    return places(inner, [...path, Array.isArray(value) ? Number(name) : name], `${owner}.${name}`);
  });
}

function changed(plan: Approved, path: readonly (string | number)[]): Approved {
  const copy = structuredClone(plan);
  const owner = path.slice(0, -1).reduce<unknown>((value, name) => (value as never)[name], copy);
  const last = path.at(-1) ?? "";
  const fields = owner as Record<string | number, unknown>;
  const value = fields[last];
  fields[last] = typeof value === "number" ? value + 1 : value === null ? "x" : `${String(value)}x`;
  return copy;
}

describe("the digest of a plan", () => {
  it("changes with every single value that was approved", () => {
    fc.assert(
      fc.property(approved, fc.nat(), (plan, pick) => {
        const unbound = ["window", "runsAlone", ...(plan.runsAlone ? [] : ["rule"])];
        const all = places(plan).filter((path) => path.length > 1 || !unbound.includes(String(path[0])));
        const path = all[pick % all.length] ?? [];
        return planDigest(changed(plan, path), key) !== planDigest(plan, key);
      }),
      { numRuns: 3000 },
    );
  });

  it("changes when a window, a rule's own decision, a step or a target comes or goes", () => {
    fc.assert(
      fc.property(approved, (plan) => {
        const others: Approved[] = [
          { ...plan, window: plan.window === null ? { from: 1, to: 2 } : null },
          { ...plan, runsAlone: plan.runsAlone ? null : { level: "auto", at: 1 } },
          { ...plan, steps: [...plan.steps, ...plan.steps.slice(0, 1)] },
          { ...plan, steps: plan.steps.slice(1) },
          { ...plan, targets: plan.targets.slice(1) },
          { ...plan, fingerprint: {} },
          { ...plan, params: { ...plan.params, "added-by-hand": "x" } },
        ];
        return others.every((other) => planDigest(other, key) !== planDigest(plan, key));
      }),
      { numRuns: 500 },
    );
  });

  it("is the same for another wording, another order of targets or names, and while the plan runs", () => {
    fc.assert(
      fc.property(approved, (plan) => {
        const backwards = (table: Record<string, string>) =>
          Object.fromEntries(Object.entries(table).reverse());
        const same: Approved = {
          ...plan,
          params: backwards(plan.params),
          targets: [...plan.targets].reverse(),
          requester: { ...plan.requester, name: "another name" },
          steps: plan.steps.map((each) => ({
            ...each,
            params: backwards(each.params),
            state: "done",
            attempt: 1,
            evidence: { seen: "much" },
            message: "it went well",
          })),
        };
        return planDigest(same, key) === planDigest(plan, key);
      }),
      { numRuns: 500 },
    );
  });

  it("stays what it was for a plan that another version of the program wrote", () => {
    const target = { instanceId: "i-1", region: null, service: "app", generation: 1 };
    const state = { state: "running", type: "t3.small", group: null, alert: "firing" as const };
    const plan: Approved = {
      number: 1,
      incident: null,
      runbook: "reboot",
      version: "1",
      params: { b: "2", a: "1" },
      targets: [
        { ...target, name: "web-2" },
        { ...target, name: "web-1" },
      ],
      steps: [],
      risk: 2,
      approvalsNeeded: 1,
      fingerprint: { "web-2": state, "web-1": state },
      cloud: "aws",
      requester: { id: "olga", name: "Olga" },
      createdAt: 1,
      expiresAt: 2,
      runBy: 3,
      window: null,
      rollsBack: null,
      settleSeconds: 300,
      metric: null,
      direction: null,
      rule: null,
      runsAlone: null,
    };
    expect(planDigest(plan, key)).toBe("74132c07f2f1942fd9290cf3e8afa442fac1a48ce0e06f8742b71cc60851da07");
  });

  it("cannot be made without the key", () => {
    fc.assert(
      fc.property(approved, (plan) => planDigest(plan, key) !== planDigest(plan, Buffer.alloc(32, 8))),
      { numRuns: 100 },
    );
  });
});

describe("the seal of a decision", () => {
  const decision: Decision = {
    person: "mara",
    name: "Mara",
    decision: "approve",
    at: 1,
    reason: null,
    surface: "slack",
    policyHash: "h",
    breakGlass: false,
  };
  const plan = { number: 1, digest: "d" };

  it("binds who decided what, when, where, under which policy and in which emergency, for this plan alone", () => {
    const seal = decisionSeal(decision, plan, key);
    const others = [
      decisionSeal({ ...decision, person: "jon" }, plan, key),
      decisionSeal({ ...decision, decision: "deny" }, plan, key),
      decisionSeal({ ...decision, at: 2 }, plan, key),
      decisionSeal({ ...decision, surface: "discord" }, plan, key),
      decisionSeal({ ...decision, policyHash: "i" }, plan, key),
      decisionSeal({ ...decision, breakGlass: true }, plan, key),
      decisionSeal(decision, { number: 2, digest: "d" }, key),
      decisionSeal(decision, { number: 1, digest: "e" }, key),
      decisionSeal(decision, plan, Buffer.alloc(32, 8)),
    ];
    expect(new Set([seal, ...others]).size).toBe(others.length + 1);
    expect(decisionSeal({ ...decision, name: "M.", reason: "because" }, plan, key)).toBe(seal);
  });
});
