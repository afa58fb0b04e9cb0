import { measureEvents, mergeSecondsFor, type AlarmedRows, type Stretch } from "./event-measures.ts";
import { rowsWithSamples, sliceFrame, type Frame } from "./frame.ts";
import type { InjectedResult } from "./gates.ts";
import { injectFaults, type InjectedFault } from "./injected-faults.ts";
import { neededHistorySeconds, type Model } from "./model.ts";
import { scoreFrame } from "./score.ts";

const DAY_SECONDS = 86_400;
/** Newest share of the history that the examined fit does not see, at most a week. */
const SHARE = 0.25;
const MOST_SECONDS = 7 * DAY_SECONDS;

/** Real rows that a fit has not seen, behind rows that only fill its windows. */
export type HeldBack = { frame: Frame; firstRow: number; days: number };

/** The row at which the newest quarter of the history (at most a week) begins. */
export function splitRow(frame: Frame): number {
  const rows = frame.time.length;
  return rows - Math.min(Math.floor(MOST_SECONDS / frame.stepSeconds), Math.floor(rows * SHARE));
}

/** The rows from `split` on, behind as many as the model's windows and alarms look back. */
export function heldBackFrom(frame: Frame, split: number, model: Model): HeldBack {
  const context = Math.ceil(neededHistorySeconds(model) / frame.stepSeconds);
  const from = Math.max(0, split - context);
  const part = sliceFrame(frame, from, frame.time.length);
  return { frame: part, firstRow: split - from, days: daysOf(part, split - from) };
}

/** How many alarms a model raises on real rows in which nothing was reported. */
export function quietAlarms(model: Model, held: HeldBack): number {
  return measureEvents(alarmedRows(model, held), [], mergeSecondsFor(model.stepSeconds)).alarms;
}

export type InjectionSettings = {
  seed: number;
  smallestChange: Readonly<Record<string, number>>;
  highest: Readonly<Record<string, number>>;
};

/** Enough faults for a share to mean something, few enough to stay quick. */
const FAULTS_WANTED = 24;
const MOST_PASSES = 8;

/**
 * How a model does on faults injected into held-back rows, in as many passes over them as give two dozen faults (at
 * most eight); null where no metric moves or the rows are too few for a fault. Orientation: more detected and fewer
 * false alarms are better.
 */
export function injectedResult(
  model: Model,
  held: HeldBack,
  settings: InjectionSettings,
): InjectedResult | null {
  const total: InjectedResult = { faults: 0, detected: 0, alarms: 0, falseAlarms: 0, missed: {} };
  for (let pass = 0; pass < MOST_PASSES && total.faults < FAULTS_WANTED; pass++) {
    const injected = injectFaults(held.frame, {
      ...settings,
      seed: settings.seed + pass,
      firstRow: held.firstRow,
      ...pace(model, held.frame.stepSeconds),
    });
    if (injected.faults.length === 0) break;
    addPass(total, model, { ...held, frame: injected.frame }, injected.faults);
  }
  return total.faults === 0 ? null : total;
}

/** A fault lasts half the longest window, and the windows forget it before the next one begins. */
function pace(model: Model, stepSeconds: number): { spacingRows: number; lastingRows: number } {
  const longest = (Math.max(...model.windows) * model.stepSeconds) / stepSeconds;
  return { lastingRows: Math.ceil(longest / 2), spacingRows: Math.ceil(longest * 2.5) };
}

function addPass(
  total: InjectedResult,
  model: Model,
  held: HeldBack,
  faults: readonly InjectedFault[],
): void {
  const rows = alarmedRows(model, held);
  const merge = mergeSecondsFor(model.stepSeconds);
  const measured = measureEvents(rows, faults, merge);
  // The end of a fault is a change too, and long windows remember both: such an alarm is no false one.
  const memory = Math.max(...model.windows) * model.stepSeconds;
  const remembered = faults.map(({ start, end }) => ({ start, end: end + memory }));
  total.faults += faults.length;
  total.detected += measured.detected;
  total.alarms += measured.alarms;
  total.falseAlarms += measureEvents(rows, remembered, merge).falseAlarms;
  for (const fault of faults.filter((each) => !isSeen(rows, each)))
    total.missed[fault.kind] = (total.missed[fault.kind] ?? 0) + 1;
}

function isSeen({ time, anomalous }: AlarmedRows, { start, end }: Stretch): boolean {
  return time.some((t, row) => anomalous[row] === 1 && t >= start && t <= end);
}

function alarmedRows(model: Model, { frame, firstRow }: HeldBack): AlarmedRows {
  // Without the control that raises a threshold at run time: what is examined is the threshold as it was learned.
  const { time, anomalous } = scoreFrame({ ...model, budgetInForce: false }, frame);
  const begin = frame.time[firstRow] ?? Infinity;
  const found = time.findIndex((t) => t >= begin);
  const first = found === -1 ? time.length : found;
  return { time: time.subarray(first), anomalous: anomalous.subarray(first) };
}

/** Days of rows that hold a sample: a gap is no quiet time. */
function daysOf(frame: Frame, firstRow: number): number {
  return (rowsWithSamples(frame, firstRow) * frame.stepSeconds) / DAY_SECONDS;
}
