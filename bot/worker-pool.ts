import type { Drift } from "../ml/drift.ts";
import type { Frame } from "../ml/frame.ts";
import type { ChartSpec } from "./chart-spec.ts";
import type { Assessed, TaskName, Tasks, TrainingProgress } from "./worker-tasks.ts";
import type { LiveAnswer, LiveRequest } from "./live-messages.ts";
import { createThread, type Giving } from "./worker-thread.ts";

export type Workers = {
  /** One message to the scorers that follow the targets (see live-messages.ts); `moved` buffers are given away. */
  live(request: LiveRequest, moved?: readonly ArrayBuffer[]): Promise<LiveAnswer>;
  /** Scores a frame with the model of a key; `encoded` is asked for only where the worker does not have it yet. */
  score(key: string, encoded: () => Promise<Uint8Array>, frame: Frame): Promise<Assessed>;
  /** Trains a challenger and judges it, in a thread of its own and at low priority: no score waits for it. */
  examine(
    job: Tasks["examine"]["input"],
    progress: (progress: TrainingProgress) => void,
  ): Promise<Tasks["examine"]["output"]>;
  /** Whether quiet rows still look calm to a model; in the thread of the training. */
  drift(job: Tasks["drift"]["input"]): Promise<Drift>;
  /** Draws a PNG. */
  chart(spec: ChartSpec): Promise<Buffer>;
  close(): Promise<void>;
};

type TaskOf = { [Name in TaskName]: { name: Name; input: Tasks[Name]["input"] } }[TaskName];

const limitMs: Record<TaskName, number> = {
  examine: 20 * 60_000,
  drift: 60_000,
  score: 30_000,
  live: 60_000,
  chart: 15_000,
};

/**
 * One worker thread for scores, one for training and one for pictures, started at their first task, so that none waits
 * for another nor stops the event loop. A worker that dies or takes too long fails its tasks and is replaced.
 */
export function createWorkerPool({ url }: { url: URL }): Workers {
  const scoring = createThread<TaskOf>(url, ({ name }) => name);
  const training = createThread<TaskOf>(url, ({ name }) => name);
  const pictures = createThread<TaskOf>(url, ({ name }) => name);

  async function run<Name extends TaskName>(
    thread: typeof scoring,
    task: Extract<TaskOf, { name: Name }>,
    how?: Giving,
  ): Promise<Tasks[Name]["output"]> {
    // What comes back is what worker.ts computed under the same table.
    return (await thread.run(task, limitMs[task.name], how)) as Tasks[Name]["output"];
  }

  return {
    examine: (input, progress) =>
      run(training, { name: "examine", input }, { progress: (told) => progress(told as TrainingProgress) }),
    drift: (input) => run(training, { name: "drift", input }),
    async score(key, encoded, frame) {
      const first = await run(scoring, { name: "score", input: { key, model: null, frame } });
      if (first.known) return first.assessed;
      const second = await run(scoring, { name: "score", input: { key, model: await encoded(), frame } });
      if (second.known) return second.assessed;
      throw new Error(`the worker did not keep the model ${key}`);
    },
    live: (input, moved = []) => run(scoring, { name: "live", input }, { moved }),
    async chart(spec) {
      return Buffer.from(await run(pictures, { name: "chart", input: spec }));
    },
    async close() {
      await Promise.all([scoring.close(), training.close(), pictures.close()]);
    },
  };
}
