import { describe, expect, it } from "vitest";
import { backtest, type Past } from "./backtest.ts";
import type { HistoryRow } from "./backtest-stretches.ts";
import type { Incident } from "./incident.ts";
import { parseRules, type Rule } from "./rules.ts";

const step = 60;
const day = 86_400;
const start = Date.parse("2026-11-02T00:00:00Z") / 1_000;

const ruleOf = (when: string): Rule => {
  const [rule] = parseRules(`rules: [{name: full, when: ${when}, runbook: clean-disk}]`, "r.yaml");
  if (!rule) throw new Error("no rule");
  return rule;
};
const above90 = "{metric: {name: disk_usage_percent, above: 90}, for: 5m}";

/** The rows of one target, one a minute; `undefined` is a row that was never collected. */
function rowsOf(values: readonly (number | undefined)[], target = "web-1", from = start): HistoryRow[] {
  return values.flatMap((value, n) =>
    value === undefined
      ? []
      : [
          {
            target,
            at: from + n * step,
            metrics: ["load1", "disk_usage_percent"],
            values: Float64Array.of(1, value),
            afterGap: n > 0 && values[n - 1] === undefined,
          },
        ],
  );
}

function incident(number: number, from: number, to: number, parts: Partial<Incident> = {}): Incident {
  const alert = {
    key: "anomaly:web-1",
    target: "web-1",
    cause: "anomaly" as const,
    status: "resolved" as const,
    severity: "warning" as const,
    title: "",
    summary: "",
    metric: "disk_usage_percent",
    direction: "above" as const,
    startsAt: from,
    endsAt: to,
    signals: [],
    detail: {},
  };
  return {
    id: `inc-${number}`,
    number,
    target: "web-1",
    status: "resolved",
    cause: "anomaly",
    severity: "warning",
    title: "",
    summary: "",
    metric: "disk_usage_percent",
    direction: "above",
    signals: [{ metric: "disk_usage_percent", direction: "above", share: 1 }],
    detail: {},
    openedAt: from * 1_000,
    openedMetricAt: from,
    updatedAt: to * 1_000,
    acknowledgedBy: null,
    silencedUntil: null,
    resolvedAt: to * 1_000,
    resolvedMetricAt: to,
    resolvedBy: "system",
    resolution: null,
    alerts: [alert],
    ...parts,
  };
}

const pastOf = (
  rows: readonly HistoryRow[],
  incidents: readonly Incident[] = [],
  parts: Partial<Past> = {},
): Past => ({
  incidents,
  rules: [],
  quietTimes: [],
  tagsOf: () => ({ service: "app" }),
  stepSeconds: step,
  pages: async function* ({ start: from, end }) {
    const meant = rows.filter(({ at }) => at >= from && at <= end);
    for (let n = 0; n < meant.length; n += 100) yield meant.slice(n, n + 100);
  },
  collected: rows.length === 0 ? null : { oldest: rows[0]?.at ?? 0, newest: rows.at(-1)?.at ?? 0 },
  ...parts,
});

const calm = (minutes: number) => Array.from({ length: minutes }, () => 40);
const full = (minutes: number) => Array.from({ length: minutes }, () => 95);
const window = { from: start, to: start + 7 * day };
const all = { mostRows: 1_000_000 };

describe("a backtest of a rule with a metric", () => {
  it("finds what was planted, with what overlaps incidents and what does not", async () => {
    const values = [
      ...calm(100),
      ...full(30),
      ...calm(2_000),
      ...full(4),
      ...calm(500),
      ...full(20),
      ...calm(9_000),
    ];
    const during = incident(1, start + 98 * step, start + 140 * step);
    const other = incident(2, start + 5_000 * step, start + 5_030 * step);
    const found = await backtest(ruleOf(above90), window, pastOf(rowsOf(values), [other, during]), all);
    expect(found.firings).toEqual([
      { target: "web-1", at: start + 105 * step, incident: "inc-1", insteadOf: null },
      { target: "web-1", at: start + (2_634 + 5) * step, incident: null, insteadOf: null },
    ]);
    expect(found).toMatchObject({ fired: 2, proposals: 1, incidents: 2 });
    expect(found.missed).toEqual([
      { incident: "inc-2", target: "web-1", why: "disk_usage_percent was not so, or not long enough" },
    ]);
    expect(found.cardsPerWeek).toBeCloseTo((7 * day) / found.observedSeconds, 6);
  });

  it("takes no hole or gap for a condition that went on", async () => {
    const hole = [...calm(10), ...full(4), Number.NaN, ...full(4), ...calm(10)];
    const gap = [...calm(10), ...full(4), undefined, ...full(4), ...calm(10)];
    for (const values of [hole, gap])
      expect((await backtest(ruleOf(above90), window, pastOf(rowsOf(values)), all)).fired).toBe(0);
  });

  it("is one card an incident, however often the metric crosses its value", async () => {
    const values = [...full(10), ...calm(3), ...full(10), ...calm(3), ...full(10)];
    const found = await backtest(
      ruleOf(above90),
      window,
      pastOf(rowsOf(values), [incident(1, start, start + 3_000)]),
      all,
    );
    expect(found.fired).toBe(1);
  });

  it("stops where it may read no more, and says so", async () => {
    const done: number[] = [];
    const limits = { mostRows: 1_000, progress: (part: number) => done.push(part) };
    const found = await backtest(
      ruleOf(above90),
      window,
      pastOf(rowsOf([...calm(3_000), ...full(60)])),
      limits,
    );
    expect(found.fired).toBe(0);
    expect(found.observedSeconds).toBe(999 * step);
    expect(found.lacks.join()).toContain("more history than was read");
    expect(done).toHaveLength(10);
  });

  it("keeps silent in a change freeze and outside its hours", async () => {
    const values = [...full(180), ...calm(10)];
    const hours = "hours: {from: '02:00', to: '03:00', zone: UTC}";
    const timed = ruleOf(`{metric: {name: disk_usage_percent, above: 90}, ${hours}}`);
    expect((await backtest(timed, window, pastOf(rowsOf(values)), all)).firings[0]?.at).toBe(start + 7_200);
    const freeze = {
      kind: "freeze",
      name: "x",
      tags: {},
      from: "2026-11-01T00:00",
      to: "2026-11-09T00:00",
      zone: "UTC",
    };
    const frozen = pastOf(rowsOf(values), [], { quietTimes: [freeze as Past["quietTimes"][number]] });
    expect((await backtest(ruleOf(above90), window, frozen, all)).fired).toBe(0);
  });
});

describe("a backtest of a rule without a metric", () => {
  const leading = ruleOf("{leading: [disk_usage_percent], direction: above}");

  it("rests on the stored incidents and says what is not known", async () => {
    const load = { signals: [{ metric: "load1", direction: "above" as const, share: 1 }] };
    const incidents = [
      incident(2, start + 7_200, start + 7_800, load),
      incident(1, start + 3_600, start + 4_000),
    ];
    const found = await backtest(leading, window, pastOf(rowsOf(calm(10_000)), incidents), all);
    expect(found.firings).toEqual([
      { target: "web-1", at: start + 3_600, incident: "inc-1", insteadOf: null },
    ]);
    expect(found.missed).toEqual([
      {
        incident: "inc-2",
        target: "web-1",
        why: "its cause, severity or metrics are not what the rule asks for",
      },
    ]);
    expect(found.lacks.join()).toContain("only recorded incidents can tell");
  });

  it("names the rule that would have spoken instead, and counts no card for this one", async () => {
    const first = { ...ruleOf("{}"), name: "first" };
    const past = pastOf(rowsOf(calm(10_000)), [incident(1, start + 3_600, start + 4_000)], {
      rules: [first, leading],
    });
    const found = await backtest(leading, window, past, all);
    expect(found.firings[0]?.insteadOf).toBe("first");
    expect(found).toMatchObject({ fired: 1, proposals: 0, cardsPerWeek: 0 });
  });

  it("gives no number a week for less than a day, and says what the history lacks", async () => {
    const found = await backtest(leading, window, pastOf(rowsOf(calm(100), "web-1", start + 6 * day)), all);
    expect(found.cardsPerWeek).toBeNull();
    expect(found.lacks[0]).toBe("The collected history lacks the first 6d of the window.");
    const nothing = await backtest(leading, window, pastOf([]), all);
    expect(nothing.lacks[0]).toBe("No metrics were collected yet.");
  });

  it("waits for an alert that lasts as long as the rule asks", async () => {
    const past = pastOf(rowsOf(calm(10_000)), [incident(1, start + 3_600, start + 3_840)]);
    expect((await backtest(ruleOf("{for: 5m}"), window, past, all)).fired).toBe(0);
    expect((await backtest(ruleOf("{for: 3m}"), window, past, all)).firings[0]?.at).toBe(start + 3_780);
  });
});
