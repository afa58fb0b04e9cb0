import { Worker } from "node:worker_threads";
import type { Frame } from "../ml/frame.ts";
import type { TrainOptions } from "../ml/train.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { Assessed, Done, TaskName, Tasks } from "./worker-tasks.ts";

export type Workers = {
  /** Learns a model; `ok: false` says what is missing, such as history. */
  train(frame: Frame, options: TrainOptions): Promise<Tasks["train"]["output"]>;
  /** Scores a frame with version `id`; `encoded` is asked for only where the worker does not have it yet. */
  score(id: string, encoded: () => Promise<Uint8Array>, frame: Frame): Promise<Assessed>;
  /** Draws a PNG. */
  chart(spec: ChartSpec): Promise<Buffer>;
  close(): Promise<void>;
};

type Waiting = { settle: (done: Done) => void; timer: NodeJS.Timeout };

const limitMs: Record<TaskName, number> = { train: 10 * 60_000, score: 30_000, chart: 15_000 };

/**
 * One worker thread for the mathematics and one for pictures, started at their first task, so that neither waits for
 * the other nor stops the event loop. A worker that dies or takes too long fails its tasks and is replaced.
 */
export function createWorkerPool({ url }: { url: URL }): Workers {
  const mathematics = createThread(url);
  const pictures = createThread(url);
  return {
    train: (frame, options) => mathematics.run("train", { frame, options }),
    async score(id, encoded, frame) {
      const first = await mathematics.run("score", { id, model: null, frame });
      if (first.known) return first.assessed;
      const second = await mathematics.run("score", { id, model: await encoded(), frame });
      if (second.known) return second.assessed;
      throw new Error(`the worker did not keep the model ${id}`);
    },
    async chart(spec) {
      return Buffer.from(await pictures.run("chart", spec));
    },
    async close() {
      await Promise.all([mathematics.close(), pictures.close()]);
    },
  };
}

function createThread(url: URL) {
  let worker: Worker | null = null;
  let number = 0;
  let closed = false;
  const waiting = new Map<number, Waiting>();

  function begin(): Worker {
    const started = new Worker(url);
    // The thread alone never keeps a process alive that is otherwise done.
    started.unref();
    started.on("message", (done: Done) => settle(done));
    const gone = (reason: string) => {
      if (worker === started) worker = null;
      for (const each of [...waiting.keys()]) settle({ number: each, ok: false, message: reason });
    };
    started.on("error", (error) => gone(`the worker thread failed: ${error.message}`));
    started.on("exit", (code) => gone(`the worker thread ended with code ${code}`));
    return started;
  }

  function settle(done: Done): void {
    const known = waiting.get(done.number);
    waiting.delete(done.number);
    clearTimeout(known?.timer);
    known?.settle(done);
  }

  async function run<Name extends TaskName>(
    name: Name,
    input: Tasks[Name]["input"],
  ): Promise<Tasks[Name]["output"]> {
    if (closed) throw new Error("the worker threads are closed");
    worker ??= begin();
    number += 1;
    const job = { number, name, input };
    const done = await new Promise<Done>((resolve) => {
      const late = () => {
        const stuck = worker;
        settle({
          number: job.number,
          ok: false,
          message: `${name} took longer than ${limitMs[name] / 1_000} s`,
        });
        // A thread that is stuck cannot be interrupted; what waits behind it is told and asked again by its callers.
        void stuck?.terminate();
      };
      waiting.set(job.number, { settle: resolve, timer: setTimeout(late, limitMs[name]).unref() });
      worker?.postMessage(job);
    });
    if (!done.ok) throw new Error(done.message);
    return done.output as Tasks[Name]["output"];
  }

  async function close(): Promise<void> {
    closed = true;
    await worker?.terminate();
  }

  return { run, close };
}
