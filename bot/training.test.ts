import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  calmHistory,
  mara,
  openTrainer,
  silent,
  stepSeconds,
  trainerStore,
  twoDays,
  web1,
  type TrainerStore,
} from "../fixtures/fakes/trainer-world.ts";
import { localModelFiles, type ModelFiles } from "../infra/model-files.ts";
import { ModelStoreError } from "../infra/model-store.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import type { Stretch } from "./detector.ts";
import { examineTask } from "./examine-task.ts";

let store: TrainerStore;

beforeEach(async () => {
  store = await trainerStore();
});

afterEach(() => store.close());

describe("a training", () => {
  test("of calm rows passes the gates, goes live, and says in the register where it came from", async () => {
    const { learn, trainer, detector, audit } = openTrainer(store);
    const trained = await learn(twoDays);
    expect(trained).toMatchObject({ ok: true, version: "web-1 v1", metrics: 3, minutes: 3_600 });
    expect(detector.live().map(({ id }) => id)).toEqual(["web-1 v1"]);
    const [version] = await trainer.versions("web-1");
    expect(version).toMatchObject({ id: "web-1 v1", status: "live", synthetic: false, kept: true });
    expect(version?.meta).toMatchObject({
      from: twoDays.time[0],
      to: twoDays.time.at(-1),
      rows: 720,
      stepSeconds,
      metrics: twoDays.metrics,
      seed: 1,
      because: "person",
      by: "mara",
      source: "metrics history",
      leftOut: 0,
      commit: "c0ffee",
      program: "1.2.3",
    });
    expect(version?.meta.members).toContain("isolation-forest");
    expect(version?.meta.gates?.every(({ passed }) => passed)).toBe(true);
    expect(version?.meta.numbers?.injectedFaults).toBeGreaterThanOrEqual(12);
    expect(await audit()).toEqual(["mara: promote model web-1 v1"]);
  });

  test("of rows in which an unreported trouble went on is refused and changes nothing about what is live", async () => {
    const { learn, statuses, detector, audit, trainer } = openTrainer(store);
    await learn(twoDays);
    const trained = await learn(
      calmHistory(2.5, {
        wild: [[500, 300]],
      }),
    );
    expect(trained).toMatchObject({ ok: false, reason: "refused", version: "web-1 v2" });
    expect(trained).toHaveProperty(
      "message",
      expect.stringMatching(/^web-1 v2 was refused and is not used\. /),
    );
    expect(await statuses()).toEqual(["web-1 v2 refused", "web-1 v1 live"]);
    expect(detector.live().map(({ id }) => id)).toEqual(["web-1 v1"]);
    expect(await audit()).toEqual(["mara: refuse model web-1 v2", "mara: promote model web-1 v1"]);
    expect(trainer.whyNotLearned("web-1")).toMatch(/was refused/);
    expect(await trainer.rollback(web1, "2", mara)).toMatchObject({
      ok: false,
      message: "web-1 v2 did not pass its gates and never goes live",
    });
  });

  test("leaves out the stretches of incidents, and then the same rows pass", async () => {
    const { learn } = openTrainer(store);
    const wild = calmHistory(2.5, { wild: [[150, 90]] });
    const stretch: Stretch = {
      start: (wild.time.at(-150) ?? 0) - stepSeconds,
      end: (wild.time.at(-90) ?? 0) + stepSeconds,
    };
    expect(await learn(wild, { leftOut: [stretch] })).toMatchObject({ ok: true, version: "web-1 v1" });
  });

  test("of less than twelve hours says how much there is; nothing is registered", async () => {
    const { learn, statuses } = openTrainer(store);
    expect(await learn(calmHistory(0.4))).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringMatching(/^Only 9\.6 hours of history/) as string,
    });
    expect(await statuses()).toEqual([]);
  });

  test("without any sample says where it looked", async () => {
    const { learn } = openTrainer(store);
    expect(await learn(null)).toMatchObject({
      reason: "failed",
      message: "neither Prometheus nor the collected history has samples of it",
    });
  });

  test("uses the collected rows while Prometheus is away, and fails with Prometheus' words without them", async () => {
    const down = () =>
      Promise.reject(new PrometheusError("unreachable", "nobody answers", "Check the network"));
    const { learn } = openTrainer(store, { prometheus: { ...silent, queryRange: down } });
    expect(await learn(twoDays)).toMatchObject({ ok: true });
    expect(await learn(null)).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringContaining("nobody answers") as string,
    });
  });

  test("of the same target at once is told that one is under way, and how far it is", async () => {
    const { learn, trainer } = openTrainer(store);
    const first = learn(twoDays);
    expect(trainer.progress()).toEqual([{ target: "web-1", phase: "read", share: 0 }]);
    expect(await learn(twoDays)).toMatchObject({ reason: "busy", message: "already training (read, 0 %)" });
    expect(await trainer.rollback(web1, "previous", mara)).toMatchObject({
      ok: false,
      message: expect.stringContaining("is being trained") as string,
    });
    expect(await first).toMatchObject({ ok: true });
    expect(trainer.progress()).toEqual([]);
  });

  test("of rows that are marked synthetic is refused before anything is learned", async () => {
    const { learn, statuses } = openTrainer(store);
    const marked = {
      ...twoDays,
      metrics: [...twoDays.metrics, "synthetic"],
      columns: [...twoDays.columns, new Float64Array(720).fill(1)],
    };
    expect(await learn(marked)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/synthetic/) as string,
    });
    expect(await statuses()).toEqual([]);
  });

  test("of a demo goes live from half an hour, with the gates that mean nothing there not in force", async () => {
    const { learn, trainer } = openTrainer(store, { demo: true });
    expect(await learn(calmHistory(0.5))).toMatchObject({ ok: true });
    const [version] = await trainer.versions("web-1");
    const idle = version?.meta.gates?.filter(({ inForce }) => !inForce).map(({ name }) => name);
    expect(idle).toEqual(["enough data", "alarm budget", "injected faults", "live model"]);
  });

  test("that cannot be stored leaves the live model in use and says what to do", async () => {
    const local = localModelFiles(store.directory);
    const away = { now: false };
    const files: ModelFiles = {
      ...local,
      write: (name, bytes, sha256) =>
        away.now
          ? Promise.reject(new ModelStoreError("writing s3://models failed: look at the bucket"))
          : local.write(name, bytes, sha256),
    };
    const { learn, statuses, detector } = openTrainer(store, { files });
    await learn(twoDays);
    away.now = true;
    expect(await learn(twoDays)).toMatchObject({
      ok: false,
      reason: "failed",
      message: "writing s3://models failed: look at the bucket",
    });
    expect(await statuses()).toEqual(["web-1 v1 live"]);
    expect(detector.live()).toHaveLength(1);
  });
});

describe("a model that learned synthetic data", () => {
  test("is not used at a start, even where somebody registered it as a real one", async () => {
    const { models, detector } = openTrainer(store);
    const examined = await examineTask(
      {
        frame: twoDays,
        champion: null,
        highest: {},
        options: { alarmBudget: 0.25, seed: 1, smallestChange: {}, synthetic: true },
      },
      () => undefined,
    );
    if (!examined.ok) throw new Error(examined.message);
    expect(examined.report.passed).toBe(false);
    const { bytes } = examined;
    await models.save(
      { target: "web-1", bytes, meta: {}, status: "live", synthetic: false },
      { actor: "x", detail: {} },
    );
    const complaints: string[] = [];
    await detector.loadModels((target, reason) => complaints.push(`${target}: ${reason}`));
    expect(detector.live()).toEqual([]);
    expect(complaints).toEqual([
      "web-1: web-1 v1 learned synthetic data and cannot be used: train web-1 anew",
    ]);
  });
});
