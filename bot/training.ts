import type { Target } from "../infra/inventory.ts";
import { ModelStoreError, type ModelStore } from "../infra/model-store.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import { type GateReport, refusalText } from "../ml/gates.ts";
import { decodeModel } from "../ml/model-codec.ts";
import type { Person } from "../remediation/people.ts";
import type { BuildInfo } from "./build-info.ts";
import type { Detector, Stretch } from "./detector.ts";
import { type Changed, createModelChanges } from "./model-changes.ts";
import { acceptedFactor, type Because, type ModelVersion, type Origin, toVersion } from "./model-meta.ts";
import { type HistorySources, readHistory } from "./training-history.ts";
import type { Workers } from "./worker-pool.ts";
import type { TrainingProgress } from "./worker-tasks.ts";

/** What is being done for a target's model, and which share of the whole is done, 0..1. */
export type Progress = { target: string; phase: "read" | TrainingProgress["phase"] | "store"; share: number };

export type How = {
  /** Unix seconds: its incidents, which must not become what is usual. */
  leftOut: readonly Stretch[];
  because: Exclude<Because, "feedback">;
  /** A person's id in the policy, or "system". */
  by: string;
};

/**
 * `busy`: the same target is being trained already. `refused`: a gate was not passed, and the live model stays in use.
 * `failed`: there was too little history, or Prometheus or the model store is away.
 */
export type Training =
  | { ok: true; target: string; version: string; minutes: number; metrics: number; report: GateReport }
  | { ok: false; target: string; reason: "busy" | "failed"; message: string }
  | {
      ok: false;
      target: string;
      reason: "refused";
      message: string;
      version: string;
      report: GateReport;
    };

export type Trainer = ReturnType<typeof createTrainer>;

type Dependencies = HistorySources & {
  detector: Pick<Detector, "live" | "adopt" | "stored">;
  workers: Pick<Workers, "examine">;
  models: ModelStore;
  alarmBudget: number;
  /** A short recording: a model may be live after half an hour, and says so. */
  demo: boolean;
  build: BuildInfo;
};

const SEED = 1;
/** Trains models and lets the gates judge them; `rollback` and `adjustThreshold` change what is live without it. */
export function createTrainer(deps: Dependencies) {
  const { models, detector } = deps;
  const changes = createModelChanges(deps);
  const running = new Map<string, Progress>();
  const failures = new Map<string, string>();

  /**
   * Learns one target anew, from up to 14 days. What the gates refuse is kept and never used; the live model stays
   * in use until the new one is stored. A training of the same target that is under way is not begun again.
   */
  async function train(target: Target, how: How): Promise<Training> {
    const name = target.name;
    const busy = running.get(name);
    if (busy !== undefined)
      return { ok: false, target: name, reason: "busy", message: `already training (${progressText(busy)})` };
    tell({ target: name, phase: "read", share: 0 });
    try {
      const trained = await learn(target, how);
      if (trained.ok) failures.delete(name);
      else failures.set(name, trained.message);
      return trained;
    } catch (error) {
      if (!(error instanceof PrometheusError || error instanceof ModelStoreError)) throw error;
      failures.set(name, error.message);
      return { ok: false, target: name, reason: "failed", message: error.message };
    } finally {
      running.delete(name);
    }
  }

  function tell(progress: Progress): void {
    running.set(progress.target, progress);
  }

  async function learn(target: Target, how: How): Promise<Training> {
    const name = target.name;
    const failed = (message: string): Training => ({ ok: false, target: name, reason: "failed", message });
    const history = await readHistory(target, how.leftOut, deps);
    if (history === null) return failed("neither Prometheus nor the collected history has samples of it");
    const { metrics } = deps.catalog;
    const thresholdFactor = await factorOf(name);
    const examined = await deps.workers.examine(
      {
        frame: history.frame,
        champion: await liveBytes(name),
        highest: Object.fromEntries(
          metrics.flatMap(({ name: metric, range }) => (range[1] === null ? [] : [[metric, range[1]]])),
        ),
        options: {
          alarmBudget: deps.alarmBudget,
          seed: SEED,
          demo: deps.demo,
          thresholdFactor,
          smallestChange: Object.fromEntries(metrics.map((metric) => [metric.name, metric.smallestChange])),
        },
      },
      (progress) => tell({ target: name, ...progress }),
    );
    if (!examined.ok) return failed(examined.message);
    tell({ target: name, phase: "store", share: 1 });
    const origin = { because: how.because, by: how.by, source: history.source, leftOut: how.leftOut.length };
    const { numbers } = examined.report;
    const report = {
      ...examined.report,
      numbers: thresholdFactor === 1 ? numbers : { ...numbers, factor: thresholdFactor },
    };
    return keep(name, { ...examined, report, origin });
  }

  /** What people accepted of the live model's threshold holds for the next one too. */
  async function factorOf(target: string): Promise<number> {
    const live = detector.live().find((each) => each.target === target);
    const row = live === undefined ? null : await models.find(live.id);
    return row === null ? 1 : acceptedFactor(toVersion(row));
  }

  /** The live model as the worker reads it; null where its file is gone, for then there is nothing to compare with. */
  async function liveBytes(target: string): Promise<Uint8Array | null> {
    const live = detector.live().find((each) => each.target === target);
    if (live === undefined) return null;
    try {
      return await detector.stored(live.id);
    } catch (error) {
      if (error instanceof ModelStoreError) return null;
      throw error;
    }
  }

  async function keep(
    target: string,
    { bytes, report, origin }: { bytes: Uint8Array; report: GateReport; origin: Origin },
  ): Promise<Training> {
    const model = decodeModel(bytes);
    const { row } = await changes.store(target, { model, bytes, report, origin });
    if (!report.passed) {
      const message = `${row.id} was refused and is not used. ${refusalText(report)}`;
      return { ok: false, target, reason: "refused", message, version: row.id, report };
    }
    return {
      ok: true,
      target,
      version: row.id,
      minutes: model.learnedMinutes,
      metrics: model.metrics.length,
      report,
    };
  }

  /** As `changes.rollback`, but never under a training that would take the place of what a person chose. */
  async function rollback(target: Target, version: string, by: Pick<Person, "id">): Promise<Changed> {
    const busy = running.get(target.name);
    if (busy === undefined) return changes.rollback(target.name, version, by);
    const message = `${target.name} is being trained (${progressText(busy)}): try again after it`;
    return { ok: false, message };
  }

  return {
    train,
    rollback,
    adjustThreshold: changes.adjustThreshold,
    /** All versions of a target, or of every target, newest first. */
    versions: async (target?: string): Promise<ModelVersion[]> => (await models.list(target)).map(toVersion),
    /** What is being trained now. */
    progress: (): Progress[] => [...running.values()],
    /** Why the last training of a target gave no new live model; null where it did, or there was none. */
    whyNotLearned: (target: string): string | null => failures.get(target) ?? null,
  };
}

/** "gates, 80 %" */
export function progressText({ phase, share }: Progress): string {
  return `${phase}, ${Math.round(share * 100)} %`;
}
