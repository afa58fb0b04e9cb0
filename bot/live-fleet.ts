import { setImmediate } from "node:timers/promises";
import type { Target } from "../infra/inventory.ts";
import type { Block } from "../infra/prometheus/block.ts";
import type { Catalog } from "../infra/prometheus/catalog.ts";
import type { Reason } from "../ml/explain.ts";
import { isBeyond } from "./beyond-limit.ts";
import type { LiveModel } from "./detector.ts";
import { type Verdicts, verdictStates, type VerdictState } from "./live-messages.ts";

/** What is known of one watched target between rounds. */
export type LiveSlot = {
  number: number;
  target: string;
  /** Metric time at which it was last among the targets. */
  seenAt: number;
  /** Newest row that was taken, -1 before the first. */
  row: number;
  /** Metric time of the newest sample, NaN without any. */
  newest: number;
  /** The model that the scoring thread was given, and the one whose scorer was started. */
  given: LiveModel | null;
  started: LiveModel | null;
  /** The scoring thread has enough rows to start a scorer from. */
  hasHistory: boolean;
  /** Why it cannot be scored although it has a model; null where it can. */
  refused: { because: "no_memory" | "unusable_model"; message: string } | null;
  state: VerdictState;
  score: number;
  rarityDays: number;
  since: number;
  thresholdFactor: number;
  agreeing: number;
  members: number;
  top: Reason[];
  vanished: readonly string[];
  nearestCalmAt: number | null;
};

export type LiveFleet = ReturnType<typeof createLiveFleet>;

/** A target that was gone for so long is forgotten; an inventory that stutters costs nothing. */
const forgetSeconds = 3_600;
/** Targets between which clicks and timers get their turn. */
const slice = 2_000;
const nothing: readonly never[] = [];

/** The watched targets: a slot each, their newest values, and for how many rows each has been beyond its limit. */
export function createLiveFleet(catalog: Pick<Catalog, "metrics">) {
  const metrics = catalog.metrics.length;
  const slots = new Map<string, LiveSlot>();
  const free: number[] = [];
  let used = 0;
  let values = new Float64Array();
  let valueRows = new Float64Array();
  let beyondRows = new Int32Array();

  /** The slots of these targets in their order; `forgotten` are numbers of slots that were given up. */
  function present(targets: readonly Target[], now: number): { slots: LiveSlot[]; forgotten: number[] } {
    const asked = targets.map(({ name }) => {
      const slot = slots.get(name) ?? add(name);
      slot.seenAt = now;
      return slot;
    });
    const forgotten: number[] = [];
    for (const slot of slots.values()) {
      if (now - slot.seenAt <= forgetSeconds) continue;
      slots.delete(slot.target);
      free.push(slot.number);
      forgotten.push(slot.number);
    }
    return { slots: asked, forgotten };
  }

  function add(target: string): LiveSlot {
    const number = free.pop() ?? used++;
    if (number * metrics >= values.length) grow(Math.max(64, 2 * number) * metrics);
    valueRows.fill(-1, number * metrics, (number + 1) * metrics);
    const slot = emptySlot(number, target);
    slots.set(target, slot);
    return slot;
  }

  function grow(length: number): void {
    const [newValues, newRows, newBeyond] = [
      new Float64Array(length),
      new Float64Array(length),
      new Int32Array(length),
    ];
    newValues.set(values);
    newRows.set(valueRows);
    newBeyond.set(beyondRows);
    [values, valueRows, beyondRows] = [newValues, newRows, newBeyond];
  }

  /** Notes the newest values of the rows that begin with `firstRow`; `slots` in the block's order. */
  async function take(block: Block, firstRow: number, asked: readonly LiveSlot[]): Promise<void> {
    for (const [index, slot] of asked.entries()) {
      if (index % slice === slice - 1) await setImmediate();
      const newest = block.newest[index] ?? Number.NaN;
      if (newest > slot.newest || Number.isNaN(slot.newest)) slot.newest = newest;
      const continues = slot.row + 1 === firstRow;
      for (let m = 0; m < metrics; m++) takeColumn(block, { index, m, firstRow, continues }, slot.number);
      slot.row = firstRow + block.rows - 1;
    }
  }

  type Column = { index: number; m: number; firstRow: number; continues: boolean };

  function takeColumn(block: Block, { index, m, firstRow, continues }: Column, number: number): void {
    const metric = catalog.metrics[m];
    const cell = number * metrics + m;
    const from = (index * metrics + m) * block.rows;
    let beyond = continues ? (beyondRows[cell] ?? 0) : 0;
    for (let i = 0; i < block.rows; i++) {
      const value = block.values[from + i] ?? Number.NaN;
      beyond = metric !== undefined && isBeyond(metric, value) ? beyond + 1 : 0;
      if (Number.isNaN(value)) continue;
      values[cell] = value;
      valueRows[cell] = firstRow + i;
    }
    beyondRows[cell] = beyond;
  }

  return {
    present,
    take,
    all: (): Iterable<LiveSlot> => slots.values(),
    find: (target: string): LiveSlot | undefined => slots.get(target),
    /** A metric's newest value, NaN when its row is older than `oldestRow`. */
    value(number: number, metric: number, oldestRow: number): number {
      const cell = number * metrics + metric;
      return (valueRows[cell] ?? -1) >= oldestRow ? (values[cell] ?? Number.NaN) : Number.NaN;
    },
    /** For how many rows up to the newest one a metric has been at or beyond its limit. */
    rowsBeyond: (number: number, metric: number): number => beyondRows[number * metrics + metric] ?? 0,
  };
}

/** The scoring thread knows nothing of these slots any more, or not enough to score them. */
export function coolDown(slots: Iterable<LiveSlot>): void {
  for (const slot of slots) {
    Object.assign(slot, { given: null, started: null, hasHistory: false, refused: null, state: "cold" });
  }
}

/** Writes down what the scoring thread said of slots, in the order they were asked in. */
export function noteVerdicts(slots: readonly LiveSlot[], verdicts: Verdicts): void {
  slots.forEach((slot, index) => {
    slot.state = verdictStates[verdicts.state[index] ?? 0] ?? "cold";
    slot.score = verdicts.score[index] ?? Number.NaN;
    slot.rarityDays = verdicts.rarityDays[index] ?? Number.NaN;
    slot.since = verdicts.since[index] ?? Number.NaN;
    slot.thresholdFactor = verdicts.thresholdFactor[index] ?? Number.NaN;
    slot.agreeing = verdicts.agreeing[index] ?? 0;
    slot.members = verdicts.members[index] ?? 0;
    slot.top = nothing as [];
    slot.vanished = nothing;
    slot.nearestCalmAt = null;
    // It was away for so long that the thread began anew with it.
    if (slot.state === "cold" && slot.started !== null)
      Object.assign(slot, { started: null, hasHistory: false });
  });
  for (const { index, top, vanished, nearestCalmAt, problem } of verdicts.remarks) {
    const slot = slots[index];
    if (slot === undefined) continue;
    Object.assign(slot, { top, vanished, nearestCalmAt });
    if (problem !== null) slot.refused = { because: "unusable_model", message: problem };
  }
}

function emptySlot(number: number, target: string): LiveSlot {
  return {
    number,
    target,
    seenAt: Number.NaN,
    row: -1,
    newest: Number.NaN,
    given: null,
    started: null,
    hasHistory: false,
    refused: null,
    state: "cold",
    score: Number.NaN,
    rarityDays: Number.NaN,
    since: Number.NaN,
    thresholdFactor: 1,
    agreeing: 0,
    members: 0,
    top: nothing as [],
    vanished: nothing,
    nearestCalmAt: null,
  };
}
