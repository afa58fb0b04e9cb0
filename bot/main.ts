import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createAlertmanager } from "../infra/alertmanager.ts";
import type { Config } from "../infra/config.ts";
import { describeDecisions } from "../infra/config-texts.ts";
import { createAlertDeliveries } from "../infra/database/alert-deliveries.ts";
import { createFeedbackStore } from "../infra/database/feedback.ts";
import { createFleetChanges } from "../infra/database/fleet-changes.ts";
import { createThresholdProposals } from "../infra/database/threshold-proposals.ts";
import { openStore } from "../infra/database/open-store.ts";
import { auditHeadsFile, openAuditHeads } from "../infra/database/audit-heads.ts";
import { openDryRunStore, openReplayStore } from "../infra/database/state-stores.ts";
import { createLog } from "../infra/log.ts";
import { createMetrics } from "../infra/metrics.ts";
import { redactData } from "../infra/redact.ts";
import { readTargetsFile } from "../infra/targets-file.ts";
import { recover } from "../remediation/recover.ts";
import { createStore } from "../remediation/store.ts";
import type { Bot } from "./bot.ts";
import { createAuditAnchor } from "./anchor-audit.ts";
import { createMassAnnouncer } from "./announce-mass.ts";
import { createAlertIntake } from "./alerts/intake.ts";
import { createCollector } from "./collect.ts";
import { createConversations } from "./conversations.ts";
import { createDelivery } from "./delivery.ts";
import { createDetector } from "./detector.ts";
import { atMost } from "./heard.ts";
import { createHttpServer } from "./http/server.ts";
import { createTalk } from "./listener.ts";
import { createPackMaker } from "./pack/make.ts";
import { createRefresher, type Refresher } from "./refresh.ts";
import { createBot } from "./setup/create-bot.ts";
import { openCloud } from "./setup/cloud-source.ts";
import { openStoreGuard } from "./setup/open-guard.ts";
import { openHistory } from "./setup/open-history.ts";
import { openModelStore, openTraining } from "./setup/open-models.ts";
import { loadDefinitions } from "./setup/definitions.ts";
import { scrape } from "./setup/gauges.ts";
import { httpDeps } from "./setup/http-deps.ts";
import { dependenciesOf, keepInventory } from "./setup/keep-inventory.ts";
import { keepRunning } from "./setup/keep-running.ts";
import { keepTime } from "./setup/keep-time.ts";
import { openMetricSource } from "./setup/metric-source.ts";
import { onlyThisMachine } from "./setup/principals.ts";
import { readiness } from "./setup/readiness.ts";
import { oneSignal } from "./setup/one-signal.ts";
import { openSurfaces } from "./setup/surfaces.ts";
import { createNoticeTeller } from "./tell-notices.ts";
import { createWatch } from "./watch.ts";
import { createWorkerPool } from "./worker-pool.ts";

export type Running = {
  url: string;
  /** Resolves when another process has taken the database over: this one can write nothing any more and must end. */
  lost: Promise<void>;
  stop(): Promise<void>;
};

/** What the outside gives the program: where it prints, what time it is, where its worker's code is. */
export type Outside = {
  print: (line: string) => void;
  writeLog: (line: string) => void;
  wall: () => number;
  workerUrl: URL;
  consoleFiles: URL;
  /** Wall milliseconds between two rounds of the watch; absent: a minute of metric time. */
  cycleMs?: number;
};

/**
 * How long a stop waits for calls to the cloud that are under way, and for the last cards: together less than 10 s. Of a
 * call that hangs longer the journal knows, and the next start finds out what became of it.
 */
const callLimitMs = 7_000;
const lastCardsMs = 2_000;
/** How long a start waits for the first look at what there is. */
const inventoryLimitMs = 1_500;

/** Opens every part as configured and wires them. What was opened is closed again when a later part cannot be. */
export async function start(config: Config, outside: Outside): Promise<Running> {
  const closers: Closer[] = [];
  try {
    return await open(config, outside, closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

type Closer = () => Promise<unknown>;

/** The last opened is closed first. */
async function closeAll(closers: Closer[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** The composition root. */
async function open(config: Config, outside: Outside, closers: Closer[]): Promise<Running> {
  const { wall } = outside;
  const book = createLog({ level: config.logLevel, secrets: config.secrets, wall, write: outside.writeLog });
  const { log } = book;
  const onError = (error: unknown) =>
    log.error({ error: error instanceof Error ? error.stack : String(error) }, "a part failed");
  const definitions = await loadDefinitions(config);
  const lost = oneSignal();
  const database = await openStore(config, { wall, onError, onLost: lost.give });
  closers.push(() => database.close());
  const entries = config.targetsFile === null ? [] : await readTargetsFile(config.targetsFile);
  const replayState = await openReplayStore(database.db, { wall, onError });
  const dryRunState = await openDryRunStore(database.db, { wall, onError });
  closers.push(() => Promise.all([replayState.saved(), dryRunState.saved()]));
  const source = await openMetricSource(config, { wall, replayState, targets: entries });
  closers.push(() => source.close());
  const cloud = await openCloud(config, { source, entries, wall, log, dryRunState });
  const inventory = keepInventory({
    prometheus: source.prometheus,
    cloud,
    entries,
    dependencies: dependenciesOf(config),
    log,
  });
  const workers = createWorkerPool({ url: outside.workerUrl });
  closers.push(() => workers.close());
  const store = createStore(
    database.db,
    database.key,
    // The same shape comes back: only texts are changed.
    <Data>(data: Data) => redactData(data, config.secrets) as Data,
  );
  const heads = openAuditHeads(join(config.dataDirectory, auditHeadsFile));
  const anchor = createAuditAnchor({ core: { store, clock: source.clock }, heads, log });
  // Before anything is written: what is missing now was missing at the start.
  await anchor();
  const models = await openModelStore(config, { db: database.db, store, clock: source.clock, log });
  const detector = createDetector({
    prometheus: source.prometheus,
    catalog: source.catalog,
    clock: source.clock,
    workers,
    models,
    stepSeconds: source.stepSeconds,
  });

  const { history, collectMs } = openHistory(config, { db: database.db, source, cycleMs: outside.cycleMs });
  const collector = createCollector({
    ...source,
    targets: inventory.targets,
    history,
    retentionDays: config.retentionDays,
    log,
  });

  const alertmanager =
    config.alertmanagerUrl === null ? null : createAlertmanager({ url: config.alertmanagerUrl, wall });
  const metrics = createMetrics();
  const plans = keepRunning({ onError });
  // The core tells of changes before anything can show them, so the refresher is looked up when it is called.
  let refresher: Refresher | null = null;
  const bot: Bot = createBot({
    config,
    alertmanager,
    source,
    cloud,
    inventory,
    detector,
    definitions,
    store,
    book,
    holder: randomBytes(8).toString("hex"),
    changed: (subject) => refresher?.changed(subject),
    watchState: () => watch.state(),
    feedback: createFeedbackStore({ db: database.db }),
    thresholds: createThresholdProposals({ db: database.db, wall }),
    fleet: createFleetChanges({ db: database.db, wall }),
    history,
    ...openTraining(config, { source, history, detector, workers, models, inventory, log, bot: () => bot }),
    plans,
  });
  const conversations = createConversations({ db: database.db, wall, key: database.key });
  const { surfaces, homes, updates, connect } = openSurfaces(config, {
    listener: () => talk.listener,
    readChart: async (url) => conversations.chart(/^\/charts\/([0-9a-f]+)\.png$/.exec(url)?.[1] ?? ""),
    log,
    wall,
  });
  const delivery = createDelivery({ conversations, surfaces, drawChart: workers.chart, metrics, log });
  refresher = createRefresher({ bot, conversations, delivery, onError });
  const talk = createTalk({ bot, conversations, delivery, refresher, metrics, onError });
  const guard = openStoreGuard(config, { database, surfaces, homes, wall, log });
  const announceMass = createMassAnnouncer(bot, (card) => delivery.post(homes, card, { kind: "reply" }));
  const tell = createNoticeTeller(bot, (card) => delivery.post(homes, card, { kind: "reply" }));
  const watch = createWatch({
    bot,
    mayPropose: !config.watchOnly,
    announce: (incident) => refresher?.announce(incident, homes) ?? Promise.resolve(),
    announceFleet: (fleet) => refresher?.announceFleet(fleet, homes) ?? Promise.resolve(),
    announceMass,
    log,
  });

  const intake = createAlertIntake({
    bot,
    deliveries: createAlertDeliveries({ db: database.db, wall }),
    mayPropose: !config.watchOnly,
    tell: watch.tellOutside,
    log,
  });

  // A Prometheus that hangs must not keep the page from coming up: the watch asks again.
  await atMost(inventoryLimitMs, inventory.refresh());
  await detector.loadModels((target, reason) => log.warn({ target, reason }, "a model could not be loaded"));
  // Before anybody can click: what a dead process left is taken over, and looked up instead of called again.
  const recovered = await recover(bot.core);
  plans.run(recovered.ended);
  const http = await createHttpServer(
    httpDeps({
      config,
      bot,
      talk,
      conversations,
      updates,
      intake,
      pack: createPackMaker(bot, {
        heads: () => heads.read().heads,
        drawChart: (spec) =>
          workers.chart(spec).catch((error: unknown) => {
            log.warn({ error: String(error) }, "a chart of a pack could not be drawn");
            return null;
          }),
        secrets: config.secrets,
      }),
      scrape: () => scrape(metrics, { bot, surfaces }),
      consoleFiles: outside.consoleFiles,
      ready: () => readiness({ bot, surfaces, source, guard, alertmanager }),
      onError,
    }),
  );
  closers.push(() => http.close());
  await http.listen({ host: config.host, port: config.port });
  const url = addressOf(http.server.address());

  for (const line of describeDecisions(config, { capture: source.replay?.capture.name ?? null }))
    outside.print(line);
  outside.print(`console: ${url}`);
  if (!onlyThisMachine(config)) {
    outside.print(
      "console: nobody may use it, because in this version only the user of the same machine may: set HOST to 127.0.0.1 and unset SMARTCLOUDOPS_PUBLIC_URL, or use Slack and Discord",
    );
  }

  const cycleMs = outside.cycleMs ?? source.cycleMs;
  const time = keepTime({
    bot,
    watch,
    intake,
    collector,
    inventory,
    delivery,
    conversations,
    guard,
    metrics,
    cycleMs,
    collectMs,
    announceMass,
    silencer: bot.silencesOutside ? alertmanager : null,
    anchorAudit: anchor,
    tell,
    onError,
  });
  await refresher.catchUp();
  time.start();
  void connect().catch(onError);

  async function stop(): Promise<void> {
    const parts = [
      plans.stop(),
      time.stop(),
      http.close(),
      ...[...surfaces.values()].map((surface) => surface.stop()),
    ];
    await atMost(callLimitMs, Promise.all(parts.map((part) => part.catch(onError))));
    await refresher?.settled();
    await delivery.settled(lastCardsMs);
    await anchor().catch(onError);
    await closeAll(closers);
  }
  return { url, lost: lost.given, stop };
}

function addressOf(address: ReturnType<import("node:net").Server["address"]>): string {
  if (address === null || typeof address === "string")
    throw new Error("the HTTP server did not get an address");
  // "Every address" is none that a browser could open.
  if (address.address === "0.0.0.0" || address.address === "::") return `http://localhost:${address.port}`;
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
