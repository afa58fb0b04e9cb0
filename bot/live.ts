import type { Clock } from "../infra/clock.ts";
import type { Target } from "../infra/inventory.ts";
import type { ModelStore } from "../infra/model-store.ts";
import { fetchBlock } from "../infra/prometheus/block.ts";
import { carriedSeconds, freshSecondsOf } from "../infra/prometheus/carried.ts";
import type { Catalog } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import type { Frame } from "../ml/frame.ts";
import { neededHistorySeconds } from "../ml/model.ts";
import { freshRows, rowsBeyondLimit } from "./beyond-limit.ts";
import type { LiveModel, Survey } from "./detector.ts";
import { createCatchUp, rowsPerQuery, sendRows } from "./live-catch-up.ts";
import { coolDown, createLiveFleet, type LiveSlot } from "./live-fleet.ts";
import type { LiveAnswer } from "./live-messages.ts";
import { readSlots } from "./live-readings.ts";
import { createLiveSession, ScoringLost } from "./live-session.ts";
import type { Workers } from "./worker-pool.ts";

type LiveDependencies = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Clock;
  workers: Pick<Workers, "live">;
  models: Pick<ModelStore, "find" | "load">;
  /** Seconds between the samples that are asked for. */
  stepSeconds: number;
  liveModel: (target: string) => LiveModel | null;
};

/** A clock that was set back by less is waited for; after more everything begins anew. */
const waitForClockSeconds = 90;

/**
 * Follows many targets: each round asks Prometheus only for the rows since the last one, and scorers in the scoring
 * thread take just these. O(targets x new rows); the event loop is yielded between slices.
 */
export function createLive(deps: LiveDependencies) {
  const { catalog, clock, stepSeconds } = deps;
  const source = { prometheus: deps.prometheus, catalog, stepSeconds };
  const session = createLiveSession(deps.workers);
  const { catchUp, restart } = createCatchUp({ ...deps, session, source });
  const freshSeconds = freshSecondsOf({ carriedSeconds: carriedSeconds(catalog, stepSeconds) });
  const tailRows = Math.max(freshRows(stepSeconds), rowsBeyondLimit(stepSeconds));
  let fleet = createLiveFleet(catalog);
  /** Newest row that was taken; null before the first round. */
  let lastRow: number | null = null;
  let fetched = { warnings: [] as string[], partial: false };
  let latest: Survey | null = null;
  let known: readonly Target[] = [];

  async function round(targets: readonly Target[]): Promise<Survey> {
    const end = clock.metric();
    const row = Math.floor(end / stepSeconds + 1e-9);
    if (lastRow !== null && (lastRow - row) * stepSeconds > waitForClockSeconds) beginAnew();
    const { slots, forgotten } = fleet.present(targets, end);
    known = targets;
    let problem: string | null = null;
    try {
      await openSession(targets);
      if (forgotten.length > 0) await session.tell({ kind: "forget", slots: Int32Array.from(forgotten) });
      // Without targets too: whether Prometheus answers is worth knowing.
      await takeNewRows(targets, slots, row);
      problem = await bringUp(targets, slots);
    } catch (error) {
      if (!(error instanceof ScoringLost)) throw error;
      problem = `scoring begins anew: ${error.message}`;
      coolDown(fleet.all());
      restart();
    }
    const readings = await readSlots(slots, {
      fleet,
      catalog,
      stepSeconds,
      liveModel: deps.liveModel,
      row: Math.max(row, lastRow ?? row),
      fresh: freshRows(stepSeconds),
      staleBefore: end - freshSeconds,
    });
    const warnings = problem === null ? fetched.warnings : [...fetched.warnings, problem];
    latest = { metricAt: end, readings, warnings, partial: fetched.partial };
    return latest;
  }

  /** A new session where none is open, or where a model needs more rows than the open one keeps. */
  async function openSession(targets: readonly Target[]): Promise<void> {
    let seconds = leastHistorySeconds;
    for (const { name } of targets) {
      const model = deps.liveModel(name)?.model;
      if (model !== undefined)
        seconds = Math.max(seconds, neededHistorySeconds(model) + 2 * model.stepSeconds);
    }
    const capacityRows = Math.ceil(seconds / stepSeconds) + spareRows;
    if (session.capacityRows() >= capacityRows) return;
    coolDown(fleet.all());
    restart();
    await session.open({ stepSeconds, metrics: catalog.metrics.map(({ name }) => name), capacityRows });
  }

  async function takeNewRows(
    targets: readonly Target[],
    slots: readonly LiveSlot[],
    row: number,
  ): Promise<void> {
    // After a pause longer than what is kept there is nothing to continue.
    const continues = lastRow !== null && row - lastRow <= session.capacityRows();
    if (!continues) coolDown(slots);
    const most = rowsPerQuery(targets.length);
    // A limit that was passed minutes before a start is told in the first round.
    const begin = continues && lastRow !== null ? lastRow + 1 : row - tailRows + 1;
    for (let firstRow = begin; firstRow <= row; firstRow += most) {
      const end = Math.min(row, firstRow + most - 1) * stepSeconds;
      const block = await fetchBlock({ ...source, targets, start: firstRow * stepSeconds, end });
      fetched = { warnings: block.warnings, partial: block.partial };
      await fleet.take(block, firstRow, slots);
      // Before the thread is told: what it lost is fetched as history, never as new.
      lastRow = firstRow + block.rows - 1;
      await sendRows(session, "rows", { block, firstRow, slots });
    }
  }

  /** Answers what stood in the way; the newest rows are worth telling even so. */
  async function bringUp(targets: readonly Target[], slots: readonly LiveSlot[]): Promise<string | null> {
    if (lastRow === null) return null;
    try {
      await catchUp({ targets, slots, row: lastRow });
      return null;
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      return `the history of new targets could not be fetched: ${error.message}`;
    }
  }

  function beginAnew(): void {
    coolDown(fleet.all());
    restart();
    session.close();
    fleet = createLiveFleet(catalog);
    lastRow = null;
  }

  let running: { targets: readonly Target[]; survey: Promise<Survey> } | null = null;

  /** One round. Rounds follow one another; who asks for the same targets while one is under way shares it. */
  function advance(targets: readonly Target[]): Promise<Survey> {
    if (running?.targets === targets) return running.survey;
    const before = running?.survey.catch(() => null) ?? Promise.resolve(null);
    const mine = { targets, survey: before.then(() => round(targets)) };
    running = mine;
    const done = () => {
      if (running === mine) running = null;
    };
    mine.survey.then(done, done);
    return mine.survey;
  }

  /**
   * The samples of the last `seconds` as the scoring thread keeps them, without a question to Prometheus; null for a
   * target that is not watched, or when less is kept.
   */
  async function recent(target: string, seconds: number): Promise<Frame | null> {
    const slot = fleet.find(target);
    const rows = Math.ceil(seconds / stepSeconds) + 1;
    if (slot === undefined || !slot.hasHistory || rows > session.capacityRows()) return null;
    const kept = await session.tell({ kind: "kept", slot: slot.number, rows }).catch((error: unknown) => {
      if (error instanceof ScoringLost) return null;
      throw error;
    });
    return kept?.kind === "kept" && kept.rows === rows ? keptFrame(kept, catalog, stepSeconds) : null;
  }

  return { advance, recent, latest: (): Survey | null => latest, known: (): readonly Target[] => known };
}

function keptFrame(
  { firstRow, rows, values }: Extract<LiveAnswer, { kind: "kept" }>,
  catalog: Pick<Catalog, "metrics">,
  stepSeconds: number,
): Frame {
  return {
    stepSeconds,
    time: Float64Array.from({ length: rows }, (_, i) => (firstRow + i) * stepSeconds),
    metrics: catalog.metrics.map(({ name }) => name),
    columns: catalog.metrics.map((_, m) => values.slice(m * rows, (m + 1) * rows)),
  };
}

/** What the default windows of a step of a minute need, so that a first model finds its rows already there. */
const leastHistorySeconds = 5_700;
/** Rows that arrive while history is fetched in several rounds. */
const spareRows = 16;
