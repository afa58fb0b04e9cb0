import { parentPort } from "node:worker_threads";
import { explainRow } from "../ml/explain.ts";
import type { Model } from "../ml/model.ts";
import { decodeModel, encodeModel } from "../ml/model-codec.ts";
import { ModelError } from "../ml/model-error.ts";
import { scoreFrame } from "../ml/score.ts";
import { trainModel } from "../ml/train.ts";
import type { Job, TaskName, Tasks } from "./worker-tasks.ts";
import type { Done } from "./worker-thread.ts";

/** Models stay in the worker, so that a round of the watch sends only samples. */
const models = new Map<string, Model>();
const mostModels = 2_000;

const tasks: { [Name in TaskName]: (input: Tasks[Name]["input"]) => Promise<Tasks[Name]["output"]> } = {
  async train({ frame, options }) {
    try {
      return { ok: true, bytes: encodeModel(trainModel(frame, options)) };
    } catch (error) {
      if (error instanceof ModelError) return { ok: false, message: error.message };
      throw error;
    }
  },
  async score({ id, model: bytes, frame }) {
    if (bytes !== null) remember(id, decodeModel(bytes));
    const model = models.get(id);
    if (model === undefined) return { known: false };
    const { time, score, rarityDays, anomalous, agreeing } = scoreFrame(model, frame);
    const top = time.length === 0 ? [] : explainRow(model, frame, time.length - 1);
    return {
      known: true,
      assessed: { time, score, rarityDays, anomalous, agreeing, stepSeconds: model.stepSeconds, top },
    };
  },
  // Loaded at the first picture: echarts and resvg are the heaviest modules there are here.
  chart: async (spec) => (await import("./chart.ts")).renderChart(spec),
};

function remember(id: string, model: Model): void {
  const [oldest] = models.keys();
  if (models.size >= mostModels && oldest !== undefined) models.delete(oldest);
  models.set(id, model);
}

function run(job: Job): Promise<unknown> {
  switch (job.name) {
    case "train":
      return tasks.train(job.input);
    case "score":
      return tasks.score(job.input);
    case "chart":
      return tasks.chart(job.input);
  }
}

if (parentPort === null) throw new Error("worker.ts runs only as a worker thread of the bot");
const port = parentPort;
port.on("message", (job: Job) => {
  const answer = (done: Done) => port.postMessage(done);
  run(job).then(
    (output) => answer({ number: job.number, ok: true, output }),
    (error: unknown) =>
      answer({
        number: job.number,
        ok: false,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  );
});
