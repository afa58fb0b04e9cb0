import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTarget, coreWorld, memoryAlert, webTarget, type World } from "../../fixtures/fakes/core.ts";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import { createFeedbackStore } from "../../infra/database/feedback.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import type { Intent } from "../../intents/intent.ts";
import { raiseAlert } from "../../remediation/incident.ts";
import { resolve } from "../../remediation/triage.ts";
import type { Person } from "../../remediation/people.ts";
import type { Bot } from "../bot.ts";
import type { Stretch } from "../detector.ts";
import type { ModelVersion } from "../model-meta.ts";
import { respond } from "../respond.ts";
import type { Changed } from "../model-changes.ts";
import type { How, Training } from "../training.ts";

/** Models in chat: the router, the answers and the cards over a real core; only the trainer is a stand-in with state. */

const catalog = createCatalog();
const jon: Person = { id: "jon", name: "Jon", role: "operator", identities: [] };
let world: World;
let trainings: { target: string; how: How }[];
let rollbacks: string[];
let asked: string[];

beforeEach(async () => {
  world = await coreWorld();
  [trainings, rollbacks, asked] = [[], [], []];
});
afterEach(() => world.close());

const version = (target: string, number: number): ModelVersion => ({
  id: `${target} v${number}`,
  target,
  number,
  status: "live",
  synthetic: false,
  createdAt: world.now,
  kept: true,
  sha256: "x",
  meta: { minutes: 720 },
});

function bot(): Bot {
  const trainer = {
    train: async ({ name }: { name: string }, how: How): Promise<Training> => {
      trainings.push({ target: name, how });
      if (name === "db-1") return { ok: false, target: name, reason: "failed", message: "only 3 hours" };
      const report = { passed: true, gates: [], numbers: {} };
      return { ok: true, target: name, version: `${name} v2`, minutes: 1440, metrics: 14, report };
    },
    rollback: async ({ name }: { name: string }, wanted: string, by: { id: string }): Promise<Changed> => {
      rollbacks.push(`${name} ${wanted} ${by.id}`);
      return wanted === "9"
        ? { ok: false, message: `${name} has no version "9": there is v1` }
        : { ok: true, version: version(name, 1), before: `${name} v2` };
    },
    versions: async (target: string) => [
      { ...version(target, 2), status: "previous" as const },
      version(target, 1),
    ],
    progress: () => [],
    whyNotLearned: () => null,
  };
  const retraining = {
    request: (targets: { name: string }[]) => {
      asked.push(...targets.map(({ name }) => name));
      return targets.length;
    },
    waiting: () => asked,
    lookAt: () => null,
  };
  const down = new PrometheusError("unreachable", "nobody answers", "Check the network");
  return {
    scene: () => sceneAt(world.now, { dryRun: true, catalog }),
    targets: () => [...world.targets.values()],
    core: world.ctx,
    feedback: createFeedbackStore({ db: world.ctx.store.db as never }),
    detector: { catalog, live: () => [], survey: () => Promise.reject(down) },
    history: { coverage: async () => [] },
    trainer,
    retraining,
    watchOnly: false,
  } as unknown as Bot;
}

const say = async (intent: Intent, person = jon) =>
  (await respond(intent, { person, surface: "slack" }, bot())).draft;

describe("train", () => {
  it("trains a few at once and tells how each went", async () => {
    const card = await say({ kind: "train" });
    expect(card.title).toBe("Trained 2 of 3 models");
    expect(card.text.split("\n").sort()).toEqual([
      "db-1: only 3 hours",
      "web-1 v2: 14 metrics, learned from 24 h, passed 0 gates",
      "web-2 v2: 14 metrics, learned from 24 h, passed 0 gates",
    ]);
    expect(trainings.every(({ how }) => how.because === "person" && how.by === "jon")).toBe(true);
  });

  it("of many goes on in the background, and the answer does not wait", async () => {
    for (let i = 0; i < 40; i++) addTarget(world, webTarget(`box-${i}`));
    const card = await say({ kind: "train" });
    expect(card.title).toBe("Training 43 models");
    expect(card.text).toContain("43 targets wait");
    expect(asked).toHaveLength(43);
    expect(trainings).toEqual([]);
  });

  it("is not for a viewer", async () => {
    const card = await say({ kind: "train", target: "web-1", version: "1" }, { ...jon, role: "viewer" });
    expect(card.tone).toBe("refused");
    expect(rollbacks).toEqual([]);
  });

  it("never learns while the target has an incident", async () => {
    await raiseAlert(memoryAlert("web-1"), world.ctx);
    const card = await say({ kind: "train", target: "web-1" });
    expect(card.text).toMatch(
      /^web-1: inc-1 is open; a model that learned from it would take the trouble for normal/,
    );
    expect(trainings).toEqual([]);
  });
});

describe("what is left out of a training", () => {
  const trouble = async (): Promise<Stretch> => {
    const { incident } = await raiseAlert(memoryAlert("web-1"), world.ctx);
    world.now += 3_600_000;
    await resolve(incident.id, jon, "it is over", world.ctx);
    return { start: incident.openedMetricAt - 600, end: world.now / 1_000 + 300 };
  };
  const leftOut = async () => {
    await say({ kind: "train", target: "web-1" });
    return trainings.at(-1)?.how.leftOut;
  };
  const judge = (verdict: "problem" | "not_a_problem" | "new_normal") =>
    bot().feedback.record(
      {
        incident: "inc-1",
        target: "web-1",
        verdict,
        by: "jon",
        name: "Jon",
        reason: null,
        at: world.now,
        metricAt: world.now / 1_000,
        score: 2,
        metrics: [],
        overMetricAt: null,
      },
      world.ctx.store.db as never,
    );

  it("is every incident of the target, from before it was noticed until its traces are gone", async () => {
    const stretch = await trouble();
    expect(await leftOut()).toEqual([stretch]);
    await judge("problem");
    expect(await leftOut()).toEqual([stretch]);
  });

  it.each(["not_a_problem", "new_normal"] as const)(
    "is not an incident that a person called %s",
    async (verdict) => {
      await trouble();
      await judge(verdict);
      expect(await leftOut()).toEqual([]);
    },
  );

  it("is nothing of other targets", async () => {
    await trouble();
    await say({ kind: "train", target: "web-2" });
    expect(trainings.at(-1)?.how.leftOut).toEqual([]);
  });
});

describe("going back", () => {
  it("to an earlier version says what is live now and what was", async () => {
    const card = await say({ kind: "train", target: "web-1", version: "previous" });
    expect(card.title).toBe("web-1 v1 is live again");
    expect(card.text).toBe(
      "web-1 v2 was live until now. web-1 v1 scores from now on, learned from 12 h. " +
        'Nothing is trained by itself until somebody says "train web-1".',
    );
    expect(rollbacks).toEqual(["web-1 previous jon"]);
  });

  it("to one that is not there is refused with what there is", async () => {
    const card = await say({ kind: "train", target: "web-1", version: "9" });
    expect(card).toMatchObject({ tone: "refused", text: 'web-1 has no version "9": there is v1' });
  });

  it("without a target asks which one: never a whole fleet by one word", async () => {
    const card = await say({ kind: "train", version: "previous" });
    expect(card.title).toBe("Which target?");
    expect(card.buttons[0]?.intent).toEqual({ kind: "train", target: "web-1", version: "previous" });
    expect(rollbacks).toEqual([]);
  });
});

describe("the status", () => {
  it("of one target works while Prometheus is away", async () => {
    const card = await say({ kind: "model_status", target: "web-1" });
    expect(card.title).toBe("web-1 has no model yet");
    expect(card.fields[0]?.value).toMatch(/^nothing yet/);
  });

  it("of all is a short list", async () => {
    const card = await say({ kind: "model_status" });
    expect(card.title).toBe("0 of 3 models live");
    expect(card.text.split("\n")).toHaveLength(4);
  });
});
