import type { ModelRow, ModelStatus } from "../infra/database/models.ts";
import type { Gate, GateReport } from "../ml/gates.ts";
import { memberNamesOf, type Model } from "../ml/model.ts";
import type { BuildInfo } from "./build-info.ts";

/** Why a model was trained. `feedback` is no training: the same members with another threshold. */
export type Because = "person" | "first" | "daily" | "drift" | "new_normal" | "feedback";

/** What the register keeps of a version besides its bytes. Times are unix seconds of metric time. */
export type ModelMeta = {
  from: number;
  to: number;
  /** Minutes of the range that hold samples, and the rows of the detector's step that makes. */
  minutes: number;
  rows: number;
  stepSeconds: number;
  metrics: string[];
  members: string[];
  stage: string;
  demo: boolean;
  threshold: number;
  alarmBudget: number;
  gates: Gate[];
  /** What was measured for the gates. */
  numbers: Record<string, number>;
  seed: number;
  because: Because;
  /** A person's id in the policy, or "system". */
  by: string;
  /** Where the rows came from, and how many stretches of incidents were left out of them. */
  source: "metrics history" | "Prometheus";
  leftOut: number;
  /** Of the program that trained it; null where it was not built from a git checkout. */
  commit: string | null;
  program: string;
};

/** One version of a target's model, as people and programs see it. */
export type ModelVersion = {
  /** `web-1 v7` */
  id: string;
  target: string;
  number: number;
  status: ModelStatus;
  synthetic: boolean;
  /** Unix ms. */
  createdAt: number;
  /** Whether its bytes are still kept, so that one can go back to it. */
  kept: boolean;
  sha256: string;
  /** Empty where a version of the program before the gates registered it. */
  meta: Partial<ModelMeta>;
};

/** How many times the threshold that history asks for this version's is: what people accepted after their verdicts. */
export function acceptedFactor({ meta }: Pick<ModelVersion, "meta">): number {
  return meta.numbers?.factor ?? 1;
}

export type Origin = Pick<ModelMeta, "because" | "by" | "source" | "leftOut">;

export function metaOf(model: Model, report: GateReport, origin: Origin, build: BuildInfo): ModelMeta {
  return {
    from: model.trainedFrom,
    to: model.trainedTo,
    minutes: model.learnedMinutes,
    rows: Math.round((model.learnedMinutes * 60) / model.stepSeconds),
    stepSeconds: model.stepSeconds,
    metrics: [...model.metrics],
    members: memberNamesOf(model),
    stage: model.stage,
    demo: model.demo,
    threshold: model.threshold,
    alarmBudget: model.alarmBudget,
    gates: report.gates,
    numbers: report.numbers,
    seed: model.seed,
    ...origin,
    commit: build.commit,
    program: build.version,
  };
}

export function toVersion(row: ModelRow): ModelVersion {
  const { id, target, number, status, synthetic, createdAt, sha256 } = row;
  const meta = typeof row.meta === "object" && row.meta !== null ? row.meta : {};
  // Written by `metaOf`, in this version or an earlier one: each field may be absent, none has another type.
  return { id, target, number, status, synthetic, createdAt, kept: row.path !== null, sha256, meta };
}

/** The sentences of the gates that a version did not pass; "" where it passed them all. */
export function failedGates({ meta }: Pick<ModelVersion, "meta">): string {
  return (meta.gates ?? [])
    .filter(({ passed }) => !passed)
    .map(({ text }) => text)
    .join(" ");
}
