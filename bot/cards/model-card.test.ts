import { describe, expect, test } from "vitest";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import type { LiveModel } from "../detector.ts";
import type { ModelVersion } from "../model-meta.ts";
import { modelCard, type ModelParts, modelsCard } from "./model-card.ts";

const nowMs = Date.UTC(2026, 10, 20, 12);
const hour = 3_600_000;
const scene = sceneAt(nowMs);

const gate = (name: "injected faults" | "alarm budget", passed: boolean, text: string) => ({
  name,
  passed,
  inForce: true,
  text,
});
const version = (number: number, parts: Partial<ModelVersion> = {}): ModelVersion => ({
  id: `web-1 v${number}`,
  target: "web-1",
  number,
  status: "retired",
  synthetic: false,
  createdAt: nowMs - 24 * hour,
  kept: true,
  sha256: "x",
  meta: {},
  ...parts,
});

/** Only what a card reads of a model. */
const live = {
  id: "web-1 v3",
  target: "web-1",
  createdAt: nowMs - 3 * hour,
  model: {
    metrics: ["cpu_usage_percent", "memory_usage_percent"],
    learnedMinutes: 9 * 1440,
    alarmBudget: 0.25,
    budgetInForce: true,
    stage: "settled",
  },
} as unknown as LiveModel;

const none: ModelParts = {
  target: "web-1",
  live: null,
  versions: [],
  coverage: null,
  thresholdFactor: null,
  look: null,
  training: null,
  waiting: false,
  whyNotLearned: null,
};

const full: ModelParts = {
  ...none,
  live,
  versions: [
    version(4, {
      status: "refused",
      createdAt: nowMs - hour,
      meta: { gates: [gate("alarm budget", false, "9 alarms on 3.5 days of held-back quiet rows.")] },
    }),
    version(3, {
      status: "live",
      meta: {
        members: ["isolation-forest", "nearest-neighbours"],
        gates: [
          gate("alarm budget", true, "quiet"),
          gate("injected faults", true, "Of 24 faults 23 were seen"),
        ],
      },
    }),
    version(2, { status: "previous" }),
    version(1),
  ],
  coverage: { target: "web-1", rows: 12_345, oldest: 0, newest: 9 * 86_400, gaps: 1, deadScrapes: 12 },
  thresholdFactor: 1.44,
  look: {
    at: nowMs - 2 * hour,
    decided: "kept",
    drift: {
      drifted: true,
      rows: 1_400,
      hours: 23,
      rareShare: 0.31,
      distance: 0.4,
      metrics: [{ metric: "memory_usage_percent", outsideShare: 0.8 }],
    },
  },
};

const fieldsOf = (parts: ModelParts) =>
  Object.fromEntries(modelCard(parts, scene).fields.map(({ label, value }) => [label, value]));

describe("the card of one model", () => {
  test("says what it learned, how it stands with its budget, its gates, drift, and what there is to go back to", () => {
    const card = modelCard(full, scene);
    expect(card.title).toBe("web-1 v3 is live");
    expect(card.tone).toBe("ok");
    expect(card.text.split("\n")).toEqual([
      "Trained 3 h ago (09:00 UTC) from 9 days of 2 metrics by isolation forest and nearest neighbours.",
      "Refused last: web-1 v4, 1 h ago (11:00 UTC): 9 alarms on 3.5 days of held-back quiet rows.",
    ]);
    expect(fieldsOf(full)).toEqual({
      Collected: "12,345 of 100,000 samples, 9.0 of 7 days, 1 gap, 12 dead scrapes",
      "Alarm budget":
        "0.25 alarms a day; the threshold is raised 1.44 times, because there were more alarms than that",
      Gates: "2 of 2 passed. Of 24 faults 23 were seen",
      Drift:
        "yes: 31 % of the quiet rows are rare to it (5 % would be usual); mostly outside of usual: Memory usage, looked 2 h ago (10:00 UTC)",
    });
    expect(card.footer).toBe('earlier versions: v2 (previous) and v1; "train web-1 version N" goes back');
  });

  test("without a model says so, what is watched meanwhile, and what was collected", () => {
    const card = modelCard(none, scene);
    expect(card.title).toBe("web-1 has no model yet");
    expect(card.tone).toBe("warning");
    expect(card.text).toBe('Meanwhile only hard limits are watched. Say "train web-1" to try now.');
    expect(fieldsOf(none)).toEqual({
      Collected: "nothing yet (0 of 100,000 samples, 0 of 7 days)",
    });
    expect(card.footer).toBe("no earlier version to go back to");
    const tried = modelCard({ ...none, whyNotLearned: "Only 3.0 hours of history" }, scene);
    expect(tried.text).toContain("The last training gave none: Only 3.0 hours of history.");
  });

  test("shows a training that is under way or waits, with its share", () => {
    const training = { target: "web-1", phase: "gates" as const, share: 0.8 };
    expect(modelCard({ ...full, training }, scene).text).toMatch(/^Training now: gates, 80 %\.\n/);
    expect(modelCard({ ...full, waiting: true }, scene).text).toMatch(/^A training was asked for/);
  });

  test("says that nothing is trained by itself after somebody went back", () => {
    const back = full.versions.map((each) =>
      each.number === 2
        ? { ...each, status: "live" as const }
        : each.number === 3
          ? { ...each, status: "previous" as const }
          : each,
    );
    expect(modelCard({ ...full, versions: back }, scene).text).toContain('"train web-1" learns anew');
  });

  test("says what people accepted of the threshold", () => {
    const accepted = full.versions.map((each) =>
      each.status === "live" ? { ...each, meta: { ...each.meta, numbers: { factor: 1.5 } } } : each,
    );
    const fields = fieldsOf({ ...full, versions: accepted, thresholdFactor: null });
    expect(fields["Alarm budget"]).toBe(
      "0.25 alarms a day; by people's verdicts the threshold is 1.50 times what history asks for",
    );
  });

  test("of a young model says how far it is trusted", () => {
    const young = { ...live, model: { ...live.model, stage: "first_days" as const } };
    expect(fieldsOf({ ...full, live: young, thresholdFactor: null })["Alarm budget"]).toBe(
      "0.25 alarms a day, first days: doubled threshold, warnings only",
    );
  });
});

describe("the card of many models", () => {
  const many = (count: number): ModelParts[] =>
    Array.from({ length: count }, (_, i) => ({
      ...full,
      look: null,
      target: `web-${i}`,
      live: { ...live, id: `web-${i} v1`, target: `web-${i}` },
    }));

  test("names twenty, those that need somebody first, and counts the rest", () => {
    const all = [...many(30), { ...none, target: "db-1", whyNotLearned: "Only 3.0 hours of history" }];
    const card = modelsCard(all, scene);
    expect(card.title).toBe("30 of 31 models live");
    const lines = card.text.split("\n");
    expect(lines[0]).toBe("db-1: still learning: Only 3.0 hours of history");
    expect(lines[1]).toBe("web-0 v1: 2 metrics, learned from 9 days, trained 3 h ago (09:00 UTC)");
    expect(lines).toHaveLength(22);
    expect(lines[20]).toBe('and 11 targets more: "model TARGET" tells all of one');
  });

  test("says which are drifting and how many are being trained", () => {
    const [first, ...rest] = many(3);
    const drifting = {
      ...full,
      target: "db-1",
      live: { ...live, id: "db-1 v1", target: "db-1" },
      waiting: true,
    };
    const card = modelsCard([...rest, ...(first === undefined ? [] : [first]), drifting], scene);
    expect(card.tone).toBe("ok");
    expect(card.fields).toEqual([
      { label: "Training", value: "1 target" },
      { label: "Drift", value: "db-1" },
    ]);
    expect(card.text.split("\n")[0]).toBe(
      "db-1 v1: 2 metrics, learned from 9 days, trained 3 h ago (09:00 UTC), drifting",
    );
  });
});
