import { rowsWithSamples, sliceFrame, type Frame } from "./frame.ts";
import { judge, type ChampionEvidence, type Evidence, type GateReport } from "./gates.ts";
import {
  heldBackFrom,
  injectedResult,
  quietAlarms,
  splitRow,
  type HeldBack,
  type InjectionSettings,
} from "./held-back.ts";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { trainModel, type TrainOptions } from "./train.ts";

export type Phase = "fit" | "calibrate" | "gates";

export type ExamineOptions = {
  train: TrainOptions;
  /** The live model, to be compared with; null where there is none. */
  champion: Model | null;
  /** Per metric the largest value there can be, where it is known: injected faults stay below it. */
  highest: Readonly<Record<string, number>>;
  /** Told as the work goes on: what is being done, and which share of the whole is done, 0..1. */
  progress?: (phase: Phase, share: number) => void;
};

/** A challenger and what the gates say of it: only one that passed may go live. */
type Examined = { model: Model; report: GateReport };

/** The comparison is on rows that the live model has not learned either, where there is at least a day of them. */
const LEAST_UNSEEN_DAYS = 1;

/**
 * Trains a challenger on the whole history and examines a twin of it: the same options fitted without the newest
 * quarter (at most a week). The twin has to be quiet on those real rows, has to see faults injected into them, and
 * must not do worse there than the live model. Of a demo nothing can be held back. Throws a ModelError where there is
 * too little history to train at all. Time: two fits and a few passes of scoring over the held-back rows.
 */
export function examine(frame: Frame, options: ExamineOptions): Examined {
  const tell = options.progress ?? (() => undefined);
  refuseMarked(frame, options.train);
  tell("fit", 0);
  const model = trainModel(frame, options.train);
  const evidence: Evidence = {
    demo: model.demo,
    synthetic: options.train.synthetic === true,
    learnedMinutes: model.learnedMinutes,
    presentShare: presentShare(frame),
    alarmBudget: model.alarmBudget,
    heldBack: null,
    injected: null,
    champion: null,
  };
  if (!model.demo) {
    tell("calibrate", 0.45);
    const split = splitRow(frame);
    const twin = fitTwin(sliceFrame(frame, 0, split), options.train);
    tell("gates", 0.8);
    if (twin !== null) Object.assign(evidence, heldBackEvidence(frame, { twin, split }, options));
  }
  tell("gates", 1);
  return { model, report: judge(evidence) };
}

/** What `synthesize` writes into every row, so that generated rows are known wherever they turn up. */
const MARK = "synthetic";

function refuseMarked(frame: Frame, { synthetic }: TrainOptions): void {
  if (synthetic === true || !frame.metrics.includes(MARK)) return;
  throw new ModelError(
    "unusable_frame",
    "These rows are marked as synthetic, and a model for production learns from measured rows only.",
  );
}

/** The same options without the newest rows; null where what is left is too little to fit. */
function fitTwin(frame: Frame, options: TrainOptions): Model | null {
  try {
    return trainModel(frame, { ...options, dataset: true });
  } catch (error) {
    if (error instanceof ModelError && error.reason === "not_enough_history") return null;
    throw error;
  }
}

function heldBackEvidence(
  frame: Frame,
  { twin, split }: { twin: Model; split: number },
  options: ExamineOptions,
): Pick<Evidence, "heldBack" | "injected" | "champion"> {
  const settings = { ...options.train, highest: options.highest };
  const held = heldBackFrom(frame, split, twin);
  const heldBack = { days: held.days, alarms: quietAlarms(twin, held) };
  const injected = injectedResult(twin, held, settings);
  const { champion } = options;
  if (champion === null) return { heldBack, injected, champion: null };
  const from = Math.max(split, firstRowAfter(frame, champion.trainedTo));
  const unseen = heldBackFrom(frame, from, champion);
  const fair = unseen.days >= LEAST_UNSEEN_DAYS;
  const compared = fair ? from : split;
  return { heldBack, injected, champion: compare(frame, compared, { twin, champion, fair, settings }) };
}

function compare(
  frame: Frame,
  row: number,
  parts: { twin: Model; champion: Model; fair: boolean; settings: InjectionSettings },
): ChampionEvidence | null {
  const { twin, champion, fair, settings } = parts;
  const results = [twin, champion].map((model) => resultOn(model, heldBackFrom(frame, row, model), settings));
  const [challenger, current] = results;
  if (challenger === undefined || current === undefined || challenger === null || current === null)
    return null;
  return { days: challenger.days, unseenByBoth: fair, challenger, champion: current };
}

/** Null where the model cannot score these rows at all, such as after a change of the step. */
function resultOn(model: Model, held: HeldBack, settings: InjectionSettings) {
  try {
    const injected = injectedResult(model, held, settings);
    return { days: held.days, alarms: quietAlarms(model, held), injected };
  } catch (error) {
    if (error instanceof ModelError && error.reason === "unusable_frame") return null;
    throw error;
  }
}

function firstRowAfter(frame: Frame, time: number): number {
  const row = frame.time.findIndex((each) => each > time);
  return row === -1 ? frame.time.length : row;
}

/** Share of the rows that hold at least one sample, 0..1. */
function presentShare(frame: Frame): number {
  return frame.time.length === 0 ? 0 : rowsWithSamples(frame) / frame.time.length;
}
