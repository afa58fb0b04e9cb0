import { randomBytes } from "node:crypto";
import { createAlertmanager } from "../infra/alertmanager.ts";
import type { Config } from "../infra/config.ts";
import { createFeedbackStore } from "../infra/database/feedback.ts";
import { createFleetChanges } from "../infra/database/fleet-changes.ts";
import { createThresholdProposals } from "../infra/database/threshold-proposals.ts";
import { createLog, type LogBook } from "../infra/log.ts";
import { createMetrics } from "../infra/metrics.ts";
import { recover } from "../remediation/recover.ts";
import type { Bot } from "./bot.ts";
import { atMost } from "./heard.ts";
import type { Refresher } from "./refresh.ts";
import { createBot } from "./setup/create-bot.ts";
import { keepRunning } from "./setup/keep-running.ts";
import { keepTime } from "./setup/keep-time.ts";
import { oneSignal } from "./setup/one-signal.ts";
import { type Closer, type Ground, openGround } from "./setup/open-ground.ts";
import { openTraining } from "./setup/open-models.ts";
import { openTalk } from "./setup/open-talk.ts";
import { openWatch } from "./setup/open-watch.ts";
import { describeStart, serve } from "./setup/serve.ts";

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

/** The last opened is closed first. */
async function closeAll(closers: Closer[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

type OnError = (error: unknown) => void;

/** The composition root. */
async function open(config: Config, outside: Outside, closers: Closer[]): Promise<Running> {
  const { wall, print } = outside;
  const book = createLog({ level: config.logLevel, secrets: config.secrets, wall, write: outside.writeLog });
  const { log } = book;
  const onError = (error: unknown) =>
    log.error({ error: error instanceof Error ? error.stack : String(error) }, "a part failed");
  const lost = oneSignal();
  const ground = await openGround(config, { ...outside, log, closers, onError, onLost: lost.give });
  const parts = assemble(config, { ...outside, ground, book, onError });
  await lookAround(parts, ground, log);
  const page = await serve(config, { ...parts, ground, consoleFiles: outside.consoleFiles, log, onError });
  closers.push(page.close);
  describeStart(config, { url: page.url, capture: ground.source.replay?.capture.name ?? null, print });
  const { bot, talking, alertmanager } = parts;
  const time = keepTime({
    ...ground,
    ...talking,
    ...parts,
    cycleMs: outside.cycleMs ?? ground.source.cycleMs,
    silencer: bot.silencesOutside ? alertmanager : null,
    onError,
  });
  await talking.refresher.catchUp();
  time.start();
  void talking.connect().catch(onError);
  return {
    url: page.url,
    lost: lost.given,
    async stop() {
      await settle({ parts, time, page, onError });
      await ground.anchorAudit().catch(onError);
      await closeAll(closers);
    },
  };
}

type Parts = ReturnType<typeof assemble>;

/** The bot on its ground, its chats and its watch, which know of each other. */
function assemble(
  config: Config,
  {
    wall,
    ground,
    book,
    onError,
  }: Pick<Outside, "wall"> & { ground: Ground; book: LogBook; onError: OnError },
) {
  const { log } = book;
  const { db } = ground.database;
  const alertmanager =
    config.alertmanagerUrl === null ? null : createAlertmanager({ url: config.alertmanagerUrl, wall });
  const metrics = createMetrics();
  const plans = keepRunning({ onError });
  // The core tells of changes before anything can show them, so the refresher is looked up when it is called.
  let refresher: Refresher | null = null;
  const bot: Bot = createBot({
    ...ground,
    ...openTraining(config, { ...ground, log, bot: () => bot }),
    config,
    alertmanager,
    book,
    holder: randomBytes(8).toString("hex"),
    changed: (subject) => refresher?.changed(subject),
    watchState: () => watch.state(),
    feedback: createFeedbackStore({ db }),
    thresholds: createThresholdProposals({ db, wall }),
    fleet: createFleetChanges({ db, wall }),
    plans,
  });
  const talking = openTalk(config, { bot, ground, metrics, wall, log, onError });
  refresher = talking.refresher;
  const { watch, intake } = openWatch(config, { bot, ground, talking, wall, log });
  return { bot, alertmanager, metrics, plans, talking, watch, intake };
}

/** Before anybody can click: what there is, what was learned, and what a dead process left. */
async function lookAround(
  { bot, plans }: Pick<Parts, "bot" | "plans">,
  { inventory, detector }: Ground,
  log: LogBook["log"],
): Promise<void> {
  // A Prometheus that hangs must not keep the page from coming up: the watch asks again.
  await atMost(inventoryLimitMs, inventory.refresh());
  await detector.loadModels((target, reason) => log.warn({ target, reason }, "a model could not be loaded"));
  // What was under way is taken over, and looked up instead of called again.
  plans.run((await recover(bot.core)).ended);
}

/** Ends what is under way, and waits for it and for the last cards as long as a stop may. */
async function settle({
  parts: { plans, talking },
  time,
  page,
  onError,
}: {
  parts: Pick<Parts, "plans" | "talking">;
  time: { stop(): Promise<void> };
  page: { close(): Promise<void> };
  onError: OnError;
}): Promise<void> {
  const { surfaces, refresher, delivery } = talking;
  const ends = [
    plans.stop(),
    time.stop(),
    page.close(),
    ...[...surfaces.values()].map((surface) => surface.stop()),
  ];
  await atMost(callLimitMs, Promise.all(ends.map((end) => end.catch(onError))));
  await refresher.settled();
  await delivery.settled(lastCardsMs);
}
