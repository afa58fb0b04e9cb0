import { join } from "node:path";
import type { Config } from "../../infra/config.ts";
import { auditHeadsFile, openAuditHeads } from "../../infra/database/audit-heads.ts";
import { openStore } from "../../infra/database/open-store.ts";
import { openDryRunStore, openReplayStore } from "../../infra/database/state-stores.ts";
import type { LogBook } from "../../infra/log.ts";
import { redactData } from "../../infra/redact.ts";
import { readTargetsFile } from "../../infra/targets-file.ts";
import { createStore } from "../../remediation/store.ts";
import { createAuditAnchor } from "../anchor-audit.ts";
import { createCollector } from "../collect.ts";
import { createDetector } from "../detector.ts";
import { createWorkerPool } from "../worker-pool.ts";
import { openCloud } from "./cloud-source.ts";
import { loadDefinitions } from "./definitions.ts";
import { dependenciesOf, keepInventory } from "./keep-inventory.ts";
import { openMetricSource } from "./metric-source.ts";
import { openHistory } from "./open-history.ts";
import { openModelStore } from "./open-models.ts";

/** Closes what was opened; the last opened is closed first. */
export type Closer = () => Promise<unknown>;

type Dependencies = {
  wall: () => number;
  log: LogBook["log"];
  workerUrl: URL;
  cycleMs?: number;
  closers: Closer[];
  onError: (error: unknown) => void;
  /** Another process has taken the database over. */
  onLost: () => void;
};

export type Ground = Awaited<ReturnType<typeof openGround>>;

/** What the bot stands on: what it was told, its store, the metrics, the cloud, the worker threads and what was learned. */
export async function openGround(config: Config, deps: Dependencies) {
  const { wall, log, closers, onError } = deps;
  const definitions = await loadDefinitions(config);
  const database = await openStore(config, { wall, onError, onLost: deps.onLost });
  closers.push(() => database.close());
  const { source, cloud, entries } = await openOutside(config, { ...deps, database });
  const inventory = keepInventory({
    prometheus: source.prometheus,
    cloud,
    entries,
    dependencies: dependenciesOf(config),
    log,
  });
  const workers = createWorkerPool({ url: deps.workerUrl });
  closers.push(() => workers.close());
  const store = createStore(
    database.db,
    database.key,
    // The same shape comes back: only texts are changed.
    <Data>(data: Data) => redactData(data, config.secrets) as Data,
  );
  const heads = openAuditHeads(join(config.dataDirectory, auditHeadsFile));
  const anchorAudit = createAuditAnchor({ core: { store, clock: source.clock }, heads, log });
  // Before anything is written: what is missing now was missing at the start.
  await anchorAudit();
  const detection = await openDetection(config, { ...deps, database, store, source, inventory, workers });
  return {
    definitions,
    database,
    source,
    cloud,
    inventory,
    workers,
    store,
    heads,
    anchorAudit,
    ...detection,
  };
}

type Opened = {
  database: Awaited<ReturnType<typeof openStore>>;
  source: Awaited<ReturnType<typeof openMetricSource>>;
  store: ReturnType<typeof createStore>;
  inventory: ReturnType<typeof keepInventory>;
  workers: ReturnType<typeof createWorkerPool>;
};

/** Where metrics come from and what actions go to. What a recording and a dry run remember is saved at the end. */
async function openOutside(
  config: Config,
  { wall, log, closers, onError, database: { db } }: Dependencies & Pick<Opened, "database">,
) {
  const entries = config.targetsFile === null ? [] : await readTargetsFile(config.targetsFile);
  const replayState = await openReplayStore(db, { wall, onError });
  const dryRunState = await openDryRunStore(db, { wall, onError });
  closers.push(() => Promise.all([replayState.saved(), dryRunState.saved()]));
  const source = await openMetricSource(config, { wall, replayState, targets: entries });
  closers.push(() => source.close());
  const cloud = await openCloud(config, { source, entries, wall, log, dryRunState });
  return { source, cloud, entries };
}

/** The models, the detector that uses them, and the collected history from which they learn. */
async function openDetection(
  config: Config,
  { log, cycleMs, database: { db }, store, source, inventory, workers }: Dependencies & Opened,
) {
  const models = await openModelStore(config, { db, store, clock: source.clock, log });
  const detector = createDetector({
    prometheus: source.prometheus,
    catalog: source.catalog,
    clock: source.clock,
    workers,
    models,
    stepSeconds: source.stepSeconds,
  });
  const { history, collectMs } = openHistory(config, { db, source, cycleMs });
  const collector = createCollector({
    ...source,
    targets: inventory.targets,
    history,
    retentionDays: config.retentionDays,
    log,
  });
  return { models, detector, history, collectMs, collector };
}
