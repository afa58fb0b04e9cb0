import type { Target } from "../../infra/inventory.ts";
import type { Catalog } from "../../infra/prometheus/catalog.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import { PrometheusError } from "../../infra/prometheus/error.ts";
import { fetchFrames } from "../../infra/prometheus/frames.ts";
import type { Frame } from "../../ml/frame.ts";
import { alignToGrid } from "../../ml/frame.ts";
import type { Model } from "../../ml/model.ts";
import { ModelError } from "../../ml/model-error.ts";
import { trainModel } from "../../ml/train.ts";
import { catalogSmallestChange, SEED } from "../commands/score-subject.ts";
import { createLimitWatch, createLiveScores, type LiveScore } from "./live-scores.ts";

/** A sample with what was known of it; `knownAt` is the wall time (unix seconds) at which it was. */
export type WatchedRow = LiveScore & { beyond: readonly string[]; knownAt: number };

export type Watched = {
  from: number;
  testFrom: number;
  rows: WatchedRow[];
  /** Null when the quiet part could not be learned; `whyNot` says why. */
  model: Model | null;
  whyNot: string | null;
};

export type WatcherDependencies = {
  prometheus: Prometheus;
  catalog: Catalog;
  target: Target;
  /** How far apart samples are, and how often is looked. */
  stepSeconds: number;
  alarmBudget: number;
  demo: boolean;
  /** Unix seconds. */
  now(): number;
  /** Ends early, without an error, when the signal is aborted. */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  print(line: string): void;
  /** Told of a row at which an alarm began or ended. */
  noticed(row: WatchedRow, before: WatchedRow | undefined): void;
};

/** A scrape is over when the next one begins: from then on what a time holds does not change any more. */
const settleSteps = 1;
/** An answer that stays incomplete is taken after so many looks. */
const patience = 6;
const progressSeconds = 60;

export type Watcher = ReturnType<typeof createWatcher>;

/**
 * Looks at a target every step while a drill goes on: learns the samples from `from` to `testFrom`, then scores the
 * newest ones as they come. Every sample is asked for once it cannot change any more.
 */
export function createWatcher(deps: WatcherDependencies, plan: { from: number; testFrom: number }) {
  const { stepSeconds } = deps;
  const from = gridAfter(plan.from, stepSeconds);
  const watched: Watched = {
    from,
    testFrom: Math.max(gridAfter(plan.testFrom, stepSeconds), from + stepSeconds),
    rows: [],
    model: null,
    whyNot: null,
  };
  const limits = createLimitWatch(deps.catalog.metrics);
  let scores: { push(samples: Frame): LiveScore[] } | null = null;
  let next = watched.testFrom;
  let incomplete = 0;

  async function fetchRows(start: number, end: number): Promise<Frame | null> {
    const { prometheus, catalog, target } = deps;
    const request = { prometheus, catalog, targets: [target], start, end, stepSeconds };
    const { frames, partial } = await fetchFrames(request);
    incomplete = partial ? incomplete + 1 : 0;
    return partial && incomplete < patience ? null : (frames.get(target.name) ?? null);
  }

  async function learn(): Promise<void> {
    const frame = await fetchRows(watched.from, watched.testFrom - stepSeconds);
    if (frame === null) return;
    const { alarmBudget, demo } = deps;
    const options = { alarmBudget, demo, seed: SEED, smallestChange: catalogSmallestChange, dataset: true };
    try {
      watched.model = trainModel(alignToGrid(frame).frame, options);
      scores = createLiveScores(watched.model, frame);
      deps.print(
        `learned ${Math.round(watched.model.learnedMinutes)} minutes of ${deps.target.name}; watching from now on`,
      );
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      watched.whyNot = error.message;
      scores = { push: blank };
      deps.print(`the quiet part cannot be learned, only hard limits are watched: ${error.message}`);
    }
  }

  /** Takes the samples up to a time (unix seconds) that cannot change any more. */
  async function look(until: number): Promise<void> {
    if (scores === null && until >= watched.testFrom) await learn();
    const last = Math.floor(until / stepSeconds) * stepSeconds;
    if (scores === null || last < next) return;
    const frame = await fetchRows(next, last);
    if (frame === null) return;
    next = last + stepSeconds;
    const beyond = limits(frame);
    for (const [i, score] of scores.push(frame).entries()) {
      const row = { ...score, beyond: beyond[i] ?? [], knownAt: deps.now() };
      deps.noticed(row, watched.rows.at(-1));
      watched.rows.push(row);
    }
  }

  async function lookOrSay(until: number): Promise<void> {
    try {
      await look(until);
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      deps.print(`not seen, will be looked at again: ${error.message}`);
    }
  }

  return {
    /** Looks until it is told to stop. */
    async follow(signal: AbortSignal): Promise<void> {
      let told = deps.now();
      while (!signal.aborted) {
        await deps.wait(stepSeconds * 1000, signal);
        await lookOrSay(deps.now() - settleSteps * stepSeconds);
        if (scores !== null || deps.now() - told < progressSeconds) continue;
        told = deps.now();
        deps.print(`${minutes(watched.testFrom - told)} until the quiet part is learned`);
      }
    },
    /** Waits until everything up to `until` is known; answers all there is. Throws when Prometheus does not answer. */
    async finish(until: number): Promise<Watched> {
      while (deps.now() < until + settleSteps * stepSeconds) await deps.wait(200);
      for (let attempt = 0; attempt < patience && next <= until; attempt++) await look(until);
      return watched;
    },
  };
}

function gridAfter(time: number, stepSeconds: number): number {
  return Math.ceil(time / stepSeconds) * stepSeconds;
}

function blank({ time }: Frame): LiveScore[] {
  return Array.from(time, (at) => ({ time: at, score: Number.NaN, anomalous: false, top: [] }));
}

function minutes(seconds: number): string {
  return `${Math.max(0, Math.ceil(seconds / 60))} min`;
}
