import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { webTarget } from "../fixtures/fakes/core.ts";
import { createModelRegister } from "../infra/database/models.ts";
import { type OpenDatabase, openDatabase } from "../infra/database/open.ts";
import { localModelFiles, type ModelFiles } from "../infra/model-files.ts";
import { createModelStore, ModelStoreError } from "../infra/model-store.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import type { Frame } from "../ml/frame.ts";
import { decodeModel } from "../ml/model-codec.ts";
import { createRandom } from "../ml/random.ts";
import { scoreFrame } from "../ml/score.ts";
import { appendAudit, listAudit } from "../remediation/audit.ts";
import { createStore } from "../remediation/store.ts";
import { createDetector, type Stretch } from "./detector.ts";
import { examineTask } from "./examine-task.ts";
import { isHeld } from "./find-version.ts";
import { createTrainer, type How } from "./training.ts";

const stepSeconds = 300;
const now = 1_795_000_200;
const catalog = createCatalog();
const web1 = webTarget("web-1");
const mara = { id: "mara" };

/** Calm rows of three metrics until now; `wild` stretches (in rows from the end) are ten times as busy. */
function calmHistory(days: number, { seed = 1, wild = [] as [number, number][] } = {}): Frame {
  const random = createRandom(seed);
  const rows = Math.round((days * 86_400) / stepSeconds);
  const first = now - (rows - 1) * stepSeconds;
  const noise = () => random() + random() + random() - 1.5;
  const isWild = (row: number) => wild.some(([from, to]) => row >= rows - from && row < rows - to);
  const column = (level: number, swing: number, spread: number) =>
    Float64Array.from({ length: rows }, (_, row) => {
      const value = level + swing * Math.sin(row / 40) + spread * noise();
      return isWild(row) ? value * (3 + 4 * random()) : value;
    });
  return {
    stepSeconds,
    time: Float64Array.from({ length: rows }, (_, row) => first + row * stepSeconds),
    metrics: ["cpu_usage_percent", "memory_usage_percent", "disk_usage_percent"],
    columns: [column(12, 4, 1.5), column(41, 1, 0.8), column(8, 1, 1)],
  };
}

const silent: Prometheus = {
  query: async () => ({ series: [], warnings: [], partial: false }),
  queryRange: async () => ({ series: [], warnings: [], partial: false }),
  ready: async () => ({ ok: true, version: "2" }),
};

let directory: string;
let database: OpenDatabase;
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "training-"));
  database = await openDatabase(":memory:", { wall: () => now * 1_000 });
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A trainer over the real register, store, detector and mathematics; `learn` is what it finds as history. */
function openTrainer(parts: { files?: ModelFiles; prometheus?: Prometheus; demo?: boolean } = {}) {
  const clock = { wall: () => now * 1_000, metric: () => now };
  const core = { store: createStore(database.db, Buffer.alloc(32, 7)), clock };
  const models = createModelStore({
    files: parts.files ?? localModelFiles(directory),
    register: createModelRegister({ db: database.db, audit: (trx, note) => appendAudit(trx, note, core) }),
    wall: clock.wall,
    complain: (message) => {
      throw new Error(message);
    },
  });
  const prometheus = parts.prometheus ?? silent;
  const nothing = () => Promise.reject(new Error("nothing is scored here"));
  const detector = createDetector({
    prometheus,
    catalog,
    clock,
    models,
    stepSeconds,
    workers: { score: nothing, live: nothing },
  });
  const world = { history: null as Frame | null };
  const trainer = createTrainer({
    prometheus,
    catalog,
    clock,
    stepSeconds,
    historyEnd: null,
    history: { read: async () => world.history },
    detector,
    models,
    workers: { examine: examineTask },
    alarmBudget: 0.25,
    demo: parts.demo ?? false,
    build: { version: "1.2.3", commit: "c0ffee" },
  });
  const learn = (history: Frame | null, how: Partial<How> = {}) => {
    world.history = history;
    return trainer.train(web1, { leftOut: [], because: "person", by: "mara", ...how });
  };
  const statuses = async () => (await trainer.versions("web-1")).map(({ id, status }) => `${id} ${status}`);
  const scores = async (frame: Frame) => {
    const [live] = detector.live();
    if (live === undefined) throw new Error("nothing is live");
    return [...scoreFrame(decodeModel(await detector.stored(live.id)), frame).score];
  };
  const audit = async () =>
    (await listAudit({ limit: 20 }, core)).map(
      ({ actor, verb, detail }) => `${actor}: ${verb} ${String(detail.model)}`,
    );
  return { trainer, detector, models, learn, statuses, scores, audit };
}

const twoDays = calmHistory(2.5);

describe("a training", () => {
  test("of calm rows passes the gates, goes live, and says in the register where it came from", async () => {
    const { learn, trainer, detector, audit } = openTrainer();
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
    const { learn, statuses, detector, audit, trainer } = openTrainer();
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
    const { learn } = openTrainer();
    const wild = calmHistory(2.5, { wild: [[150, 90]] });
    const stretch: Stretch = {
      start: (wild.time.at(-150) ?? 0) - stepSeconds,
      end: (wild.time.at(-90) ?? 0) + stepSeconds,
    };
    expect(await learn(wild, { leftOut: [stretch] })).toMatchObject({ ok: true, version: "web-1 v1" });
  });

  test("of less than twelve hours says how much there is; nothing is registered", async () => {
    const { learn, statuses } = openTrainer();
    expect(await learn(calmHistory(0.4))).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringMatching(/^Only 9\.6 hours of history/) as string,
    });
    expect(await statuses()).toEqual([]);
  });

  test("without any sample says where it looked", async () => {
    const { learn } = openTrainer();
    expect(await learn(null)).toMatchObject({
      reason: "failed",
      message: "neither Prometheus nor the collected history has samples of it",
    });
  });

  test("uses the collected rows while Prometheus is away, and fails with Prometheus' words without them", async () => {
    const down = () =>
      Promise.reject(new PrometheusError("unreachable", "nobody answers", "Check the network"));
    const { learn } = openTrainer({ prometheus: { ...silent, queryRange: down } });
    expect(await learn(twoDays)).toMatchObject({ ok: true });
    expect(await learn(null)).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringContaining("nobody answers") as string,
    });
  });

  test("of the same target at once is told that one is under way, and how far it is", async () => {
    const { learn, trainer } = openTrainer();
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
    const { learn, statuses } = openTrainer();
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
    const { learn, trainer } = openTrainer({ demo: true });
    expect(await learn(calmHistory(0.5))).toMatchObject({ ok: true });
    const [version] = await trainer.versions("web-1");
    const idle = version?.meta.gates?.filter(({ inForce }) => !inForce).map(({ name }) => name);
    expect(idle).toEqual(["enough data", "alarm budget", "injected faults", "live model"]);
  });

  test("that cannot be stored leaves the live model in use and says what to do", async () => {
    const local = localModelFiles(directory);
    const away = { now: false };
    const files: ModelFiles = {
      ...local,
      write: (name, bytes, sha256) =>
        away.now
          ? Promise.reject(new ModelStoreError("writing s3://models failed: look at the bucket"))
          : local.write(name, bytes, sha256),
    };
    const { learn, statuses, detector } = openTrainer({ files });
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
    const { models, detector } = openTrainer();
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

describe("going back", () => {
  test("restores exactly the scores, back and forth, audited with who did it", async () => {
    const { learn, trainer, scores, statuses, audit } = openTrainer();
    const probe = calmHistory(0.5, { seed: 9, wild: [[20, 10]] });
    await learn(twoDays);
    const before = await scores(probe);
    await learn(calmHistory(2.5, { seed: 2 }));
    const after = await scores(probe);
    expect(after).not.toEqual(before);
    expect(await trainer.rollback(web1, "previous", mara)).toMatchObject({ ok: true, before: "web-1 v2" });
    expect(await scores(probe)).toEqual(before);
    expect(await statuses()).toEqual(["web-1 v2 previous", "web-1 v1 live"]);
    for (const name of ["2", "v1", "web-1 v2"]) {
      expect(await trainer.rollback(web1, name, mara), name).toMatchObject({ ok: true });
    }
    expect(await scores(probe)).toEqual(after);
    expect((await audit()).slice(0, 4)).toEqual([
      "mara: roll back model web-1 v2",
      "mara: roll back model web-1 v1",
      "mara: roll back model web-1 v2",
      "mara: roll back model web-1 v1",
    ]);
  });

  test("to what is not there, is live, or is broken is refused with what there is", async () => {
    const { learn, trainer, statuses } = openTrainer();
    await learn(twoDays);
    const refusal = async (version: string) => {
      const back = await trainer.rollback(web1, version, mara);
      return back.ok ? "it went back" : back.message;
    };
    expect(await refusal("previous")).toBe(
      'web-1 has no version "previous": there is no version to go back to',
    );
    expect(await refusal("1")).toBe("web-1 v1 is live already");
    await learn(twoDays);
    expect(await refusal("9")).toBe('web-1 has no version "9": there is v1');
    const [, first] = await trainer.versions("web-1");
    const file = readdirSync(directory).find((name) => first !== undefined && name.length > 0);
    for (const name of readdirSync(directory)) truncateSync(path.join(directory, name), 40);
    expect(file).toBeDefined();
    expect(await refusal("1")).toMatch(/is not what was stored: say "train web-1"/);
    expect(await statuses()).toEqual(["web-1 v2 live", "web-1 v1 previous"]);
  });

  test("holds automatic training until somebody trains anew", async () => {
    const { learn, trainer } = openTrainer();
    const held = async () => isHeld(await trainer.versions("web-1"));
    await learn(twoDays);
    await learn(twoDays);
    expect(await held()).toBe(false);
    await trainer.rollback(web1, "previous", mara);
    expect(await held()).toBe(true);
    await learn(twoDays);
    expect(await held()).toBe(false);
  });
});

describe("another threshold", () => {
  test("is a new version with the same members that scores in proportion, and can be taken back", async () => {
    const { learn, trainer, scores, statuses } = openTrainer();
    await learn(twoDays);
    const before = await scores(twoDays);
    expect(await trainer.adjustThreshold("web-1", 1.25, mara)).toMatchObject({
      ok: true,
      before: "web-1 v1",
    });
    const after = await scores(twoDays);
    after.forEach((score, row) => {
      if (Number.isFinite(score)) expect(score).toBeCloseTo((before[row] ?? 0) / 1.25, 9);
    });
    expect(await statuses()).toEqual(["web-1 v2 live", "web-1 v1 previous"]);
    const [version] = await trainer.versions("web-1");
    expect(version?.meta).toMatchObject({ because: "feedback", by: "mara", numbers: { factor: 1.25 } });
    expect(await trainer.rollback(web1, "previous", mara)).toMatchObject({ ok: true });
    expect(await scores(twoDays)).toEqual(before);
  });

  test("holds for the next model too, and in all it at most doubles", async () => {
    const { learn, trainer, scores } = openTrainer();
    await learn(twoDays);
    const before = await scores(twoDays);
    await trainer.adjustThreshold("web-1", 1.5, mara);
    await learn(twoDays);
    const after = await scores(twoDays);
    after.forEach((score, row) => {
      if (Number.isFinite(score)) expect(score).toBeCloseTo((before[row] ?? 0) / 1.5, 6);
    });
    const [version] = await trainer.versions("web-1");
    expect(version?.meta).toMatchObject({ because: "person", numbers: { factor: 1.5 } });
    expect(await trainer.adjustThreshold("web-1", 1.5, mara)).toMatchObject({
      ok: false,
      message: expect.stringContaining("it is 1.50 times that already"),
    });
  });

  test.each([0.4, 2.1, Number.NaN])("is refused for a factor of %s", async (factor) => {
    const { learn, trainer, statuses } = openTrainer();
    await learn(twoDays);
    expect(await trainer.adjustThreshold("web-1", factor, mara)).toMatchObject({ ok: false });
    expect(await statuses()).toEqual(["web-1 v1 live"]);
  });

  test("without a model is refused", async () => {
    expect(await openTrainer().trainer.adjustThreshold("web-1", 1.1, mara)).toEqual({
      ok: false,
      message: "web-1 has no model yet",
    });
  });
});
