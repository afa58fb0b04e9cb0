import { join } from "node:path";
import type { Kysely } from "kysely";
import { s3ModelFiles } from "../../infra/aws/s3-model-files.ts";
import type { Clock } from "../../infra/clock.ts";
import type { Config } from "../../infra/config.ts";
import type { Database } from "../../infra/database/database.ts";
import { createModelRegister } from "../../infra/database/models.ts";
import type { MetricsHistory } from "../../infra/database/metrics-history.ts";
import type { Log } from "../../infra/log.ts";
import { localModelFiles } from "../../infra/model-files.ts";
import { createModelStore, type ModelStore } from "../../infra/model-store.ts";
import { appendAudit } from "../../remediation/audit.ts";
import { incidentOfTarget } from "../../remediation/incident.ts";
import type { Store } from "../../remediation/store.ts";
import type { Bot } from "../bot.ts";
import { readBuildInfo } from "../build-info.ts";
import type { Detector } from "../detector.ts";
import { learnTarget, troubleOf } from "../learn.ts";
import { createRetraining, type Retraining } from "../retraining.ts";
import { readHistory } from "../training-history.ts";
import { createTrainer, type Trainer } from "../training.ts";
import type { Workers } from "../worker-pool.ts";
import type { Inventory } from "./keep-inventory.ts";
import type { MetricSource } from "./metric-source.ts";

/** The model store: files in the data folder, in front of a bucket where one is configured, and the register. */
export async function openModelStore(
  config: Pick<Config, "dataDirectory" | "modelBucket">,
  {
    db,
    store,
    clock,
    log,
  }: { db: Kysely<Database>; store: Store; clock: Clock; log: Pick<Log, "info" | "warn"> },
): Promise<ModelStore> {
  const register = createModelRegister({
    db,
    audit: (trx, note) => appendAudit(trx, note, { store, clock }),
  });
  const local = localModelFiles(join(config.dataDirectory, "models"));
  const known = (await register.list()).flatMap(({ path }) => (path === null ? [] : [path]));
  const orphans = await local.sweep(new Set(known));
  if (orphans.length > 0)
    log.info({ files: orphans.length }, "model files that no version names were deleted");
  const files = config.modelBucket === null ? local : s3ModelFiles(config.modelBucket, local);
  return createModelStore({
    files,
    register,
    wall: clock.wall,
    complain: (message) => log.warn({ reason: message }, "an old model file could not be deleted"),
  });
}

/** What trains models, when asked and by itself. `bot` is looked up when it is needed: it holds both. */
export function openTraining(
  config: Pick<Config, "alarmBudget" | "retrainHours">,
  parts: {
    source: MetricSource;
    history: MetricsHistory;
    detector: Detector;
    workers: Workers;
    models: ModelStore;
    inventory: Inventory;
    log: Pick<Log, "info">;
    bot: () => Bot;
  },
): { trainer: Trainer; retraining: Retraining } {
  const { source, detector, bot } = parts;
  const sources = {
    prometheus: source.prometheus,
    catalog: source.catalog,
    clock: source.clock,
    // What a recording shows is stamped anew and repeats itself: only its own history is learned.
    history: source.replay === null ? parts.history : null,
    stepSeconds: source.stepSeconds,
    historyEnd: source.replay?.start ?? null,
  };
  const trainer = createTrainer({
    ...sources,
    detector,
    workers: parts.workers,
    models: parts.models,
    alarmBudget: config.alarmBudget,
    demo: source.demo,
    build: readBuildInfo(),
  });
  const retraining = createRetraining({
    // A recording's history ends where its replay begins: there is nothing new to learn.
    hours: source.replay === null ? config.retrainHours : 0,
    wall: source.clock.wall,
    targets: parts.inventory.targets,
    live: detector.live,
    versions: trainer.versions,
    drift: parts.workers.drift,
    stored: detector.stored,
    recent: async (target, seconds) =>
      readHistory(target, await troubleOf(target.name, bot()), sources, seconds),
    hasIncident: async (target) => (await incidentOfTarget(target, bot().core)) !== null,
    learn: (target, because, by) => learnTarget(target, { because, by }, bot()),
    log: parts.log,
  });
  return { trainer, retraining };
}
