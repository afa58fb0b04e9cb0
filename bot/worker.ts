import { constants, setPriority, totalmem } from "node:os";
import { parentPort } from "node:worker_threads";
import { assess } from "./assess.ts";
import { driftTask, examineTask } from "./examine-task.ts";
import { createLiveEngine } from "./live-engine.ts";
import { createModelShelf } from "./model-shelf.ts";
import type { Job, TaskName, Tasks, TrainingProgress } from "./worker-tasks.ts";
import type { Done, Progress } from "./worker-thread.ts";

/**
 * Models stay in the scoring thread, so that a round of the watch sends only samples. Half of the machine's memory at
 * most: targets beyond that say so instead of being scored.
 */
const shelf = createModelShelf({ mostBytes: totalmem() / 2 });
const engine = createLiveEngine(shelf);

type Tell = (progress: TrainingProgress) => void;

const tasks: {
  [Name in TaskName]: (input: Tasks[Name]["input"], tell: Tell) => Promise<Tasks[Name]["output"]>;
} = {
  examine(input, tell) {
    giveWay();
    return examineTask(input, tell);
  },
  drift(input) {
    giveWay();
    return driftTask(input);
  },
  async score({ key, model: bytes, frame }) {
    const known = shelf.find(key) ?? (bytes === null ? undefined : shelf.put(key, bytes));
    if (known === undefined) return { known: false };
    if (known === null) throw new Error("there is no memory left for the model");
    return { known: true, assessed: assess(known.model, frame, known.members) };
  },
  live: async (request) => engine.answer(request),
  // Loaded at the first picture: echarts and resvg are the heaviest modules there are here.
  chart: async (spec) => (await import("./chart.ts")).renderChart(spec),
};

/** On Linux a priority is a thread's own, and this thread does nothing else; elsewhere it is the whole process's. */
function giveWay(): void {
  if (process.platform === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}

function run(job: Job, tell: Tell): Promise<unknown> {
  switch (job.name) {
    case "examine":
      return tasks.examine(job.input, tell);
    case "drift":
      return tasks.drift(job.input, tell);
    case "live":
      return tasks.live(job.input, tell);
    case "score":
      return tasks.score(job.input, tell);
    case "chart":
      return tasks.chart(job.input, tell);
  }
}

if (parentPort === null) throw new Error("worker.ts runs only as a worker thread of the bot");
const port = parentPort;
port.on("message", (job: Job) => {
  const answer = (done: Done) => port.postMessage(done);
  const tell: Tell = (progress) => port.postMessage({ number: job.number, progress } satisfies Progress);
  run(job, tell).then(
    (output) => answer({ number: job.number, ok: true, output }),
    (error: unknown) =>
      answer({
        number: job.number,
        ok: false,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});
