import { existsSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { ChartSpec } from "./chart-spec.ts";
import { createThread, type Thread } from "./worker-thread.ts";
import { createWorkerPool } from "./worker-pool.ts";

type Job = { name: string; value?: unknown };

/** A worker that answers, fails, dies, throws outside a job, or never answers, as the job says. */
const workerCode = `
  import { parentPort, threadId } from "node:worker_threads";
  let jobs = 0;
  parentPort.on("message", ({ number, name, value }) => {
    jobs += 1;
    if (name === "echo") parentPort.postMessage({ number, ok: true, output: { value, jobs, threadId } });
    if (name === "fail") parentPort.postMessage({ number, ok: false, message: "no history yet" });
    if (name === "die") process.exit(3);
    if (name === "throw") throw new Error("out of memory");
  });
`;
const worker = new URL(`data:text/javascript,${encodeURIComponent(workerCode)}`);

const open: Thread<Job>[] = [];
function thread(): Thread<Job> {
  const started = createThread<Job>(worker, ({ name }) => name);
  open.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

test("answers each job with its own output and keeps typed arrays and NaN", async () => {
  const { run } = thread();
  const outputs = await Promise.all(
    [1, 2, 3].map((value) => run({ name: "echo", value: Float64Array.of(value, NaN) }, 5_000)),
  );
  expect(outputs).toMatchObject([1, 2, 3].map((value) => ({ value: Float64Array.of(value, NaN) })));
});

test("keeps the thread between jobs, so that what it has loaded stays", async () => {
  const { run } = thread();
  await run({ name: "echo" }, 5_000);
  expect(await run({ name: "echo" }, 5_000)).toMatchObject({ jobs: 2 });
});

test("a job that fails says why and leaves the thread as it is", async () => {
  const { run } = thread();
  await expect(run({ name: "fail" }, 5_000)).rejects.toThrow("no history yet");
  expect(await run({ name: "echo" }, 5_000)).toMatchObject({ jobs: 2 });
});

test.each(["die", "throw"])(
  "a thread that does %s fails its jobs, and the next job gets a new one",
  async (name) => {
    const { run } = thread();
    const [first, second] = await Promise.allSettled([run({ name }, 5_000), run({ name: "hang" }, 5_000)]);
    expect([first.status, second.status]).toEqual(["rejected", "rejected"]);
    expect(await run({ name: "echo", value: "again" }, 5_000)).toMatchObject({ value: "again", jobs: 1 });
  },
);

test("a job asked for right after a crash is not failed by the old thread's end", async () => {
  const { run } = thread();
  const again = run({ name: "throw" }, 5_000).catch(() => run({ name: "echo", value: "again" }, 5_000));
  expect(await again).toMatchObject({ value: "again", jobs: 1 });
});

test("a job over its time limit fails, and the next one gets a new thread", async () => {
  const { run } = thread();
  await expect(run({ name: "hang" }, 50)).rejects.toThrow("hang took longer than 0.05 s");
  expect(await run({ name: "echo" }, 5_000)).toMatchObject({ jobs: 1 });
});

test("a job that cannot be sent to a thread fails and does not stop the others", async () => {
  const { run } = thread();
  const waiting = run({ name: "echo", value: "fine" }, 5_000);
  await expect(run({ name: "echo", value: () => 1 }, 5_000)).rejects.toThrow("cannot be given to a thread");
  expect(await waiting).toMatchObject({ value: "fine" });
});

test("closing ends what is under way and refuses what comes after", async () => {
  const { run, close } = thread();
  const waiting = expect(run({ name: "hang" }, 5_000)).rejects.toThrow("the worker thread ended");
  await close();
  await waiting;
  await expect(run({ name: "echo" }, 5_000)).rejects.toThrow("closed");
});

const compiled = new URL("../dist/bot/worker.js", import.meta.url);
const built = existsSync(compiled) || process.env.CI === "true";
if (!built)
  console.log("worker-pool.test.ts: dist/bot/worker.js is absent, run npm run build for the last test");

describe.runIf(built)("the bot's own worker", () => {
  test("draws a picture off the main thread and refuses what cannot be drawn", async () => {
    const workers = createWorkerPool({ url: compiled });
    try {
      const spec: ChartSpec = {
        title: "Memory of web-1",
        unit: "bytes",
        alt: "memory of web-1",
        series: [{ name: "memory", time: [0, 5, 10], values: [1e9, NaN, 2e9] }],
        band: null,
        anomalies: [],
        marks: [],
        limit: null,
        axis: { kind: "clock", timeZone: "UTC" },
      };
      const png = await workers.chart(spec);
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      const crooked = { ...spec, series: [{ name: "memory", time: [0], values: [] }] };
      await expect(workers.chart(crooked)).rejects.toThrow("1 times and 0 values");
    } finally {
      await workers.close();
    }
  });
});
