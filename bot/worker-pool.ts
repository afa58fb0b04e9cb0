import type { Frame } from "../ml/frame.ts";
import type { TrainOptions } from "../ml/train.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { Assessed, TaskName, Tasks } from "./worker-tasks.ts";
import { createThread } from "./worker-thread.ts";

export type Workers = {
  /** Learns a model; `ok: false` says what is missing, such as history. */
  train(frame: Frame, options: TrainOptions): Promise<Tasks["train"]["output"]>;
  /** Scores a frame with version `id`; `encoded` is asked for only where the worker does not have it yet. */
  score(id: string, encoded: () => Promise<Uint8Array>, frame: Frame): Promise<Assessed>;
  /** Draws a PNG. */
  chart(spec: ChartSpec): Promise<Buffer>;
  close(): Promise<void>;
};

type TaskOf = { [Name in TaskName]: { name: Name; input: Tasks[Name]["input"] } }[TaskName];

const limitMs: Record<TaskName, number> = { train: 10 * 60_000, score: 30_000, chart: 15_000 };

/**
 * One worker thread for the mathematics and one for pictures, started at their first task, so that neither waits for
 * the other nor stops the event loop. A worker that dies or takes too long fails its tasks and is replaced.
 */
export function createWorkerPool({ url }: { url: URL }): Workers {
  const mathematics = createThread<TaskOf>(url, ({ name }) => name);
  const pictures = createThread<TaskOf>(url, ({ name }) => name);

  async function run<Name extends TaskName>(
    thread: typeof mathematics,
    task: Extract<TaskOf, { name: Name }>,
  ): Promise<Tasks[Name]["output"]> {
    // What comes back is what worker.ts computed under the same table.
    return (await thread.run(task, limitMs[task.name])) as Tasks[Name]["output"];
  }

  return {
    train: (frame, options) => run(mathematics, { name: "train", input: { frame, options } }),
    async score(id, encoded, frame) {
      const first = await run(mathematics, { name: "score", input: { id, model: null, frame } });
      if (first.known) return first.assessed;
      const second = await run(mathematics, { name: "score", input: { id, model: await encoded(), frame } });
      if (second.known) return second.assessed;
      throw new Error(`the worker did not keep the model ${id}`);
    },
    async chart(spec) {
      return Buffer.from(await run(pictures, { name: "chart", input: spec }));
    },
    async close() {
      await Promise.all([mathematics.close(), pictures.close()]);
    },
  };
}
