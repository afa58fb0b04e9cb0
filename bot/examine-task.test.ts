import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Frame } from "../ml/frame.ts";
import { createRandom } from "../ml/random.ts";
import { createWorkerPool } from "./worker-pool.ts";
import type { TrainingProgress } from "./worker-tasks.ts";

const compiled = new URL("../dist/bot/worker.js", import.meta.url);
const built = existsSync(compiled) || process.env.CI === "true";
if (!built)
  console.log("examine-task.test.ts: dist/bot/worker.js is absent, run npm run build for these tests");

function calm(days: number, metrics: number): Frame {
  const random = createRandom(1);
  const rows = days * 288;
  return {
    stepSeconds: 300,
    time: Float64Array.from({ length: rows }, (_, row) => 1_790_000_100 + row * 300),
    metrics: Array.from({ length: metrics }, (_, m) => `m${m}`),
    columns: Array.from({ length: metrics }, (_, m) =>
      Float64Array.from({ length: rows }, (_, row) => 20 + m + Math.sin(row / 46) + random() + random()),
    ),
  };
}

const job = (frame: Frame) => ({
  frame,
  champion: null,
  highest: {},
  options: { alarmBudget: 0.25, seed: 1, smallestChange: {} },
});

describe.runIf(built)("training in a thread of its own", () => {
  test("tells how far it is, and scores do not wait for it", async () => {
    const workers = createWorkerPool({ url: compiled });
    try {
      const told: TrainingProgress[] = [];
      const small = await workers.examine(job(calm(2, 2)), (progress) => told.push(progress));
      if (!small.ok) throw new Error(small.message);
      expect(told[0]).toEqual({ phase: "fit", share: 0 });
      expect(told.at(-1)).toEqual({ phase: "gates", share: 1 });
      const order: string[] = [];
      const long = workers.examine(job(calm(3, 4)), () => undefined).then(() => order.push("trained"));
      const score = workers
        .score("web-1", async () => small.bytes, calm(1, 2))
        .then(({ score: scores }) => order.push(`scored ${scores.length}`));
      await Promise.all([long, score]);
      expect(order).toEqual(["scored 288", "trained"]);
    } finally {
      await workers.close();
    }
  }, 60_000);

  test("answers too little history as a sentence, and looks for drift in the same thread", async () => {
    const workers = createWorkerPool({ url: compiled });
    try {
      expect(await workers.examine(job(calm(0.25, 2)), () => undefined)).toMatchObject({ ok: false });
      const trained = await workers.examine(job(calm(2, 2)), () => undefined);
      if (!trained.ok) throw new Error(trained.message);
      const frame = calm(2, 2);
      const drift = await workers.drift({ model: trained.bytes, frame, from: frame.time[288] ?? 0 });
      expect(drift).toMatchObject({ drifted: false, rows: 288 });
    } finally {
      await workers.close();
    }
  }, 60_000);
});
