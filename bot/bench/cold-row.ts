import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { decodeModel } from "../../ml/model-codec.ts";
import { createScorer } from "../../ml/scorer.ts";
import { isCompiled } from "./compiled.ts";
import { eachMs, quantileOf, timed } from "./stopwatch.ts";

type ColdRow = { readMs: number; firstMs: number; p50: number; p99: number };

type Given = { encoded: Uint8Array; stepSeconds: number };

const ROWS = 101;
/** This file started as a thread; in any other thread it is only a module. */
const MARK = "smartcloudops bench: cold row";

/**
 * How long a thread that has done nothing before takes to read a model and to score its first rows. Null where the
 * program runs from its TypeScript source, which a thread cannot load.
 */
export async function coldRow(encoded: Uint8Array, stepSeconds: number): Promise<ColdRow | null> {
  if (!isCompiled) return null;
  const worker = new Worker(new URL(import.meta.url), { workerData: { mark: MARK, encoded, stepSeconds } });
  return await new Promise((resolve, reject) => {
    worker.once("message", (measured: ColdRow) => resolve(measured));
    worker.once("error", reject);
  });
}

function measure({ encoded, stepSeconds }: Given): ColdRow {
  const now = () => performance.now();
  const { result: scorer, ms: readMs } = timed(now, () => createScorer(decodeModel(encoded)));
  const { metrics, trainedTo } = decodeModel(encoded);
  const taken = eachMs(now, ROWS, (row) =>
    scorer.push(
      trainedTo + (row + 1) * stepSeconds,
      metrics.map((_, m) => 50 + Math.sin(row + m)),
    ),
  );
  const others = taken.subarray(1);
  return { readMs, firstMs: taken[0]!, p50: quantileOf(others, 0.5), p99: quantileOf(others, 0.99) };
}

const given = workerData as (Given & { mark?: string }) | null;
if (!isMainThread && given?.mark === MARK) parentPort?.postMessage(measure(given));
