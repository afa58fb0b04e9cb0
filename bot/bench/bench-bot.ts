import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { loadConfig } from "../../infra/config.ts";
import { createFeedbackStore } from "../../infra/database/feedback.ts";
import { createFleetChanges } from "../../infra/database/fleet-changes.ts";
import type { ModelRow } from "../../infra/database/models.ts";
import { openDatabase } from "../../infra/database/open.ts";
import { openDryRunStore } from "../../infra/database/state-stores.ts";
import { createThresholdProposals } from "../../infra/database/threshold-proposals.ts";
import type { Target } from "../../infra/inventory.ts";
import { createLog } from "../../infra/log.ts";
import type { Catalog } from "../../infra/prometheus/catalog.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import { denyAllPolicy } from "../../remediation/policy.ts";
import { createStore } from "../../remediation/store.ts";
import type { Bot } from "../bot.ts";
import { createDetector, type DetectorDependencies } from "../detector.ts";
import { openCloud } from "../setup/cloud-source.ts";
import { createBot } from "../setup/create-bot.ts";
import { keepRunning } from "../setup/keep-running.ts";
import type { MetricSource } from "../setup/metric-source.ts";
import { openHistory } from "../setup/open-history.ts";
import { openModelStore, openTraining } from "../setup/open-models.ts";
import { createWorkerPool } from "../worker-pool.ts";

type BenchBot = { bot: Bot; close(): Promise<void> };

/**
 * The parts of the real program that a round of the watch goes through, over a store of its own in `folder`: detector,
 * scoring thread, incidents in SQLite. Metrics and model files come from the benchmark; nothing else is reached.
 */
export async function openBenchBot(given: {
  folder: string;
  prometheus: Prometheus;
  catalog: Catalog;
  stepSeconds: number;
  targets: readonly Target[];
  /** Unix seconds of metric time. */
  metricNow: () => number;
  /** The encoded models; target i is scored by number i modulo their count. */
  encoded: readonly Uint8Array[];
  distinctModels: number;
}): Promise<BenchBot> {
  const { folder, targets, prometheus, catalog, stepSeconds } = given;
  const wall = Date.now;
  const onError = (error: unknown) => log.error({ error: String(error) }, "a part failed");
  const environment = { SMARTCLOUDOPS_DATA_DIR: folder, PROMETHEUS_URL: "http://127.0.0.1:9" };
  const config = loadConfig(environment, () => "");
  const book = createLog({ level: "error", secrets: [], wall, write: () => undefined });
  const { log } = book;
  const { db, close } = await openDatabase(join(folder, "bench.db"), { wall });
  const clock = { wall, metric: given.metricNow };
  const source: MetricSource = {
    prometheus,
    catalog,
    clock,
    stepSeconds,
    cycleMs: 1000 * stepSeconds,
    settleSeconds: 300,
    replay: null,
    demo: false,
    close: async () => undefined,
  };
  const dryRunState = await openDryRunStore(db, { wall, onError });
  const cloud = await openCloud(config, { source, entries: [], wall, log, dryRunState });
  const inventory = { targets: () => targets, isComplete: () => true, refresh: async () => undefined };
  const workers = createWorkerPool({ url: new URL("../worker.js", import.meta.url) });
  const store = createStore(db, randomBytes(32));
  const models = await openModelStore(config, { db, store, clock, log });
  const detector = createDetector({ ...source, workers, models: servingModels(given) });
  const { history } = openHistory(config, { db, source, cycleMs: undefined });
  const bot: Bot = createBot({
    config,
    source,
    cloud,
    inventory,
    detector,
    store,
    book,
    history,
    definitions: {
      policy: denyAllPolicy("the benchmark proposes nothing"),
      runbooks: [],
      rules: [],
      quietTimes: [],
    },
    holder: "bench",
    alertmanager: null,
    changed: () => undefined,
    watchState: () => ({ lastCycleAt: null, problem: null }),
    feedback: createFeedbackStore({ db }),
    thresholds: createThresholdProposals({ db, wall }),
    fleet: createFleetChanges({ db, wall }),
    ...openTraining(config, { source, history, detector, workers, models, inventory, log, bot: () => bot }),
    plans: keepRunning({ onError }),
  });
  return {
    bot,
    async close() {
      await workers.close();
      await close();
    },
  };
}

/** Every target has a version of its own; versions with the same SHA-256 are one model in memory. */
function servingModels({
  encoded,
  distinctModels,
}: {
  encoded: readonly Uint8Array[];
  distinctModels: number;
}): DetectorDependencies["models"] {
  const rowOf = (id: string): ModelRow => {
    const number = Number(id.split("-").at(-1));
    return {
      id,
      target: `server-${number}`,
      number: 1,
      status: "live" as const,
      live: true,
      synthetic: false,
      createdAt: 0,
      path: null,
      sha256: `model-${number % distinctModels}`,
      meta: {},
    };
  };
  return {
    live: async () => [],
    find: async (id) => rowOf(id),
    load: async ({ sha256 }) => encoded[Number(sha256.split("-").at(-1)) % encoded.length]!,
  };
}
