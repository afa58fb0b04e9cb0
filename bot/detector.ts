import type { Clock } from "../infra/clock.ts";
import type { Target } from "../infra/inventory.ts";
import { ModelStoreError, type ModelStore } from "../infra/model-store.ts";
import type { Catalog, Metric } from "../infra/prometheus/catalog.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import type { Reason } from "../ml/explain.ts";
import type { Novelty } from "../ml/novel-range.ts";
import type { Frame } from "../ml/frame.ts";
import { type Model, usualBand } from "../ml/model.ts";
import { decodeModel } from "../ml/model-codec.ts";
import { shortestWindowSeconds, surveyWindow } from "./detector-window.ts";
import { createLive } from "./live.ts";
import type { NamedValues } from "./named-values.ts";
import type { Workers } from "./worker-pool.ts";

/** A model without what scores rows, which only the worker threads need: thousands of models are megabytes each. */
type ModelFacts = Omit<Model, "fitted">;

/** One version of a target's model in use. */
export type LiveModel = { id: string; target: string; createdAt: number; model: ModelFacts };

/** What the detector makes of one target now. Only `normal` means healthy; no data never does. */
export type Reading = {
  target: string;
  state: "no_data" | "learning" | "withheld" | "normal" | "anomalous";
  /**
   * Why there is no score although there are data and a model: too few of its metrics arrive; its scorer is still being
   * started (after a restart); the models need more memory than there is; the model cannot be used.
   */
  withheldBecause: "too_few_metrics" | "warming_up" | "no_memory" | "unusable_model" | null;
  /** Metric time of the newest sample, unix seconds. */
  newest: number | null;
  /** 0 and up, 1 is the alert threshold; NaN without a model or with too few metrics. */
  score: number;
  /** Days between normal moments that score this high; NaN without a model. */
  rarityDays: number;
  /** Since when it is anomalous without a break, unix seconds. */
  since: number | null;
  /** Of an anomalous reading, largest share first. */
  top: Reason[];
  /** How many of the model's `members` find it as rare as the threshold asks. */
  agreeing: number;
  members: number;
  /** 1 and up: the threshold as raised at run time, because alarms exceeded the alarm budget. */
  thresholdFactor: number;
  /** Metrics that were always there in train and have been missing for minutes, while others arrive. */
  vanished: readonly string[];
  /** Unix seconds of the calm moment of train that is most like it; null where there is none to compare. */
  nearestCalmAt: number | null;
  /** Newest value of every metric that has a fresh one: what it was long ago is not what it is. */
  values: NamedValues;
  /** Metrics at or beyond their hard limit for a minute and at least three samples. */
  beyond: { metric: Metric; value: number }[];
  /** Of a target without a model that was asked about: what lies outside everything seen of it in the last hours. */
  novel: readonly Novelty[];
  model: LiveModel | null;
  /** The window that was looked at; empty when only the newest moment was. */
  frame: Frame;
  /** Stretches of the window in which it was anomalous, unix seconds. */
  anomalies: { start: number; end: number }[];
};

export type Survey = {
  metricAt: number;
  readings: Reading[];
  warnings: string[];
  /** Something is missing from Prometheus' answer: show it, let nothing act on it. */
  partial: boolean;
};

export type Stretch = { start: number; end: number };

export type Detector = ReturnType<typeof createDetector>;

export type DetectorDependencies = {
  prometheus: Prometheus;
  catalog: Catalog;
  clock: Clock;
  workers: Pick<Workers, "score" | "live">;
  models: Pick<ModelStore, "live" | "find" | "load">;
  /** Seconds between the samples that are asked for. */
  stepSeconds: number;
};

/** A look is shared for so long; far less than the distance of two samples. */
const sharedLookMs = 500;
/** Of more targets than these no window is fetched: their newest moment is what is looked at. */
const mostWindows = 50;
/** A round of the watch that is older is not the present any more. */
const recentSeconds = 90;

/** One live model a target: loads them and scores with them. The mathematics runs in worker threads. */
export function createDetector(deps: DetectorDependencies) {
  const versions = new Map<string, LiveModel>();
  const liveModel = (target: string) => versions.get(target) ?? null;
  const live = createLive({ ...deps, liveModel });

  /** Reads the live models back at start; those that cannot be used are told to `complain` and must be trained anew. */
  async function loadModels(complain: (target: string, reason: string) => void): Promise<void> {
    for (const row of await deps.models.live()) {
      try {
        const model = decodeModel(await deps.models.load(row));
        adopt({ id: row.id, target: row.target, createdAt: row.createdAt, model });
      } catch (error) {
        complain(row.target, error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** From now on the target is scored with this version. Throws for a model that learned synthetic data. */
  function adopt(version: LiveModel | (LiveModel & { model: Model })): void {
    if (version.model.synthetic)
      throw new Error(
        `${version.id} learned synthetic data and cannot be used: train ${version.target} anew`,
      );
    versions.set(version.target, { ...version, model: factsOf(version.model) });
  }

  /** Looks that are under way or just over: many people who ask at once are one look. */
  const looks = new Map<string, { at: number; survey: Promise<Survey> }>();

  /**
   * Scores targets over the last `seconds` of metric time (at least what the models need). Of more than fifty targets
   * only the newest moment, with empty frames; where a longer window was asked for, a warning says so.
   */
  function survey(targets: readonly Target[], seconds?: number): Promise<Survey> {
    if (targets.length > mostWindows) return surveyNow(targets, seconds);
    const now = deps.clock.wall();
    for (const [key, look] of looks) if (now - look.at > sharedLookMs || now < look.at) looks.delete(key);
    const window = seconds ?? shortestWindowSeconds;
    const key = JSON.stringify([targets.map(({ name }) => name), Math.round(window)]);
    const known = looks.get(key);
    if (known !== undefined) return known.survey;
    const look = { at: now, survey: surveyWindow(targets, window, { ...deps, liveModel }) };
    looks.set(key, look);
    return look.survey;
  }

  async function surveyNow(targets: readonly Target[], seconds: number | undefined): Promise<Survey> {
    const recent = live.latest();
    const isRecent = recent !== null && deps.clock.metric() - recent.metricAt <= recentSeconds;
    let seen = isRecent ? pick(recent, targets) : null;
    // Everything that is watched moves on together: a round for some would leave a gap for the others.
    seen ??= pick(await live.advance(together(live.known(), targets)), targets);
    if (seen === null) throw new Error("a round of the watch left out targets it was asked for");
    if (seconds === undefined) return seen;
    const note = `of more than ${mostWindows} targets only the newest moment is looked at: name one to look back`;
    return { ...seen, warnings: [...seen.warnings, note] };
  }

  /** The stored bytes of a version. Throws a ModelStoreError when they are not there any more. */
  async function stored(id: string): Promise<Uint8Array> {
    const row = await deps.models.find(id);
    if (row === null) throw new ModelStoreError(`model ${id} is not in the register any more`);
    return deps.models.load(row);
  }

  return {
    loadModels,
    adopt,
    stored,
    survey,
    /**
     * One round of the watch over everything that is watched: only new samples are fetched and scored. The readings
     * have empty frames; what is still warming up is `withheld`. The targets should be all there are, each time.
     */
    advance: live.advance,
    /** The last samples of a watched target as they are kept for scoring; null where so many are not kept. */
    recent: live.recent,
    /** What the newest round made of them; null before the first. */
    latest: live.latest,
    /** Usual range of a metric on a target in its own unit; null where no model knows it. */
    usual(target: string, metric: string): [low: number, high: number] | null {
      const known = liveModel(target);
      return known === null ? null : usualBand(known.model, metric);
    },
    live: (): LiveModel[] => [...versions.values()],
    catalog: deps.catalog,
    stepSeconds: deps.stepSeconds,
  };
}

function factsOf(model: ModelFacts & Partial<Pick<Model, "fitted">>): ModelFacts {
  const facts = { ...model };
  delete facts.fitted;
  return facts;
}

/** The survey of some of its targets; null when one of them is not in it. */
function pick(survey: Survey, targets: readonly Target[]): Survey | null {
  const byTarget = new Map(survey.readings.map((reading) => [reading.target, reading]));
  const readings = targets.map(({ name }) => byTarget.get(name));
  return readings.includes(undefined)
    ? null
    : { ...survey, readings: readings.filter((reading) => reading !== undefined) };
}

/** All of the first, and what only the second has; the first itself where that is nothing. */
function together(known: readonly Target[], asked: readonly Target[]): readonly Target[] {
  const names = new Set(known.map(({ name }) => name));
  const added = asked.filter(({ name }) => !names.has(name));
  return added.length === 0 ? known : [...known, ...added];
}
