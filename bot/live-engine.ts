import { ModelError } from "../ml/model-error.ts";
import { neededHistorySeconds } from "../ml/model.ts";
import { createScorer, type RowScore, type Scorer } from "../ml/scorer.ts";
import { leadingFirst } from "./leading-first.ts";
import type { LiveAnswer, LiveRequest, Remark, Verdicts, VerdictState } from "./live-messages.ts";
import { verdictStates } from "./live-messages.ts";
import { appendRows, averageRows, createLiveRows, fillRows, type LiveRows, newestRows } from "./live-rows.ts";
import type { ModelShelf, ShelvedModel } from "./model-shelf.ts";

type Session = { number: number; stepSeconds: number; metrics: readonly string[]; capacityRows: number };

type Running = {
  shelved: ShelvedModel;
  scorer: Scorer;
  /** Rows of the samples that make one row of the model. */
  slots: number;
  columns: Int32Array;
  row: Float64Array;
  last: RowScore | null;
  since: number;
};

type Slot = { rows: LiveRows; wanted: ShelvedModel | null; running: Running | null; problem: string | null };

/**
 * The scorers of all watched targets, for a worker thread: each target's last rows, and a scorer that is fed only what
 * is new. O(members of the model) a target and row; a target costs its rows (metrics * capacity * 8 bytes) and its
 * scorer, a model is kept once however many targets use it.
 */
export function createLiveEngine(shelf: ModelShelf) {
  let session: Session | null = null;
  const slots = new Map<number, Slot>();

  function answer(request: LiveRequest): LiveAnswer {
    if (request.kind === "open") return open(request);
    if (session?.number !== request.session) return { kind: "lost" };
    switch (request.kind) {
      case "model":
        return giveModel(request);
      case "rows":
        return takeRows(request, session);
      case "history":
        request.slots.forEach((number, index) => fillRows(slotOf(number).rows, arriving(request, index)));
        return { kind: "done" };
      case "warm_up":
        for (const number of request.slots) warmUp(slotOf(number), session);
        return { kind: "verdicts", verdicts: verdictsOf([...request.slots].map(slotOf)) };
      case "kept":
        return { kind: "kept", ...newestRows(slotOf(request.slot).rows, request.rows) };
      case "forget":
        for (const number of request.slots) forget(number);
        return { kind: "done" };
    }
  }

  function open({ session: number, ...parts }: Extract<LiveRequest, { kind: "open" }>): LiveAnswer {
    for (const each of [...slots.keys()]) forget(each);
    session = { number, ...parts };
    return { kind: "done" };
  }

  function slotOf(number: number): Slot {
    const known = slots.get(number);
    if (known !== undefined) return known;
    const rows = createLiveRows(session?.metrics.length ?? 0, session?.capacityRows ?? 1);
    const added = { rows, wanted: null, running: null, problem: null };
    slots.set(number, added);
    return added;
  }

  function giveModel({ slots: numbers, key, bytes }: Extract<LiveRequest, { kind: "model" }>): LiveAnswer {
    try {
      const model = shelf.find(key) ?? (bytes === null ? undefined : shelf.put(key, bytes));
      if (model === undefined) return { kind: "needs_bytes" };
      if (model === null)
        return { kind: "refused", because: "no_memory", message: "its model has no room in memory" };
      for (const number of numbers) want(slotOf(number), model);
      return { kind: "done" };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      return { kind: "refused", because: "unusable_model", message: error.message };
    }
  }

  function want(slot: Slot, model: ShelvedModel): void {
    shelf.hold(model);
    if (slot.wanted !== null) shelf.release(slot.wanted);
    slot.wanted = model;
  }

  function takeRows(request: Extract<LiveRequest, { kind: "rows" }>, { stepSeconds }: Session): LiveAnswer {
    const asked = [...request.slots].map(slotOf);
    asked.forEach((slot, index) => {
      const scoredUntil = slot.rows.newest;
      // Nothing of what it followed is left: it starts anew, from rows that have to be filled in first.
      if (!appendRows(slot.rows, arriving(request, index))) cool(slot);
      if (slot.running !== null) scoreRows(slot, slot.running, scoredUntil + 1, stepSeconds);
    });
    return { kind: "verdicts", verdicts: verdictsOf(asked) };
  }

  /** Starts the scorer of the wanted model from the rows that are kept, as far back as its score reaches. */
  function warmUp(slot: Slot, { stepSeconds, metrics }: Session): void {
    const { wanted, rows } = slot;
    if (wanted === null || rows.newest < 0) return;
    const { model } = wanted;
    const perRow = Math.round(model.stepSeconds / stepSeconds);
    slot.problem = whyUnusable(wanted, metrics, stepSeconds);
    if (slot.problem !== null) return cool(slot);
    const columns = Int32Array.from(model.metrics, (metric) => metrics.indexOf(metric));
    const row = new Float64Array(columns.length);
    const running: Running = {
      shelved: wanted,
      scorer: createScorer(model, wanted.members),
      slots: perRow,
      columns,
      row,
      last: null,
      since: Number.NaN,
    };
    shelf.hold(wanted);
    cool(slot);
    slot.running = running;
    const reach = Math.min(rows.capacity, Math.ceil(neededHistorySeconds(model) / stepSeconds) + 1);
    // A row of the model that begins before what is kept would be a mean of half of it.
    const firstRow = Math.ceil(Math.max(0, rows.newest - reach + 1) / perRow) * perRow;
    scoreRows(slot, running, firstRow, stepSeconds);
  }

  function cool(slot: Slot): void {
    if (slot.running !== null) shelf.release(slot.running.shelved);
    slot.running = null;
  }

  function forget(number: number): void {
    const slot = slots.get(number);
    if (slot === undefined) return;
    cool(slot);
    if (slot.wanted !== null) shelf.release(slot.wanted);
    slots.delete(number);
  }

  return { answer };
}

/** Pushes every row of the model that is complete by the newest sample and ends at or after `fromRow`. */
function scoreRows({ rows }: Slot, running: Running, fromRow: number, stepSeconds: number): void {
  const { slots, scorer, columns, row } = running;
  const first = Math.ceil((fromRow + 1) / slots) * slots - 1;
  for (let lastRow = first; lastRow <= rows.newest; lastRow += slots) {
    averageRows(rows, { lastRow, slots, columns }, row);
    const scored = scorer.push(lastRow * stepSeconds, row);
    if (!isAnomalous(scored)) running.since = Number.NaN;
    else if (Number.isNaN(running.since)) running.since = scored.time;
    running.last = scored;
  }
}

/** Only a person ends an incident whose level stays: an alarm that has settled is not over. */
function isAnomalous({ anomalous, settled }: RowScore): boolean {
  return anomalous || settled;
}

function whyUnusable(
  { model }: ShelvedModel,
  metrics: readonly string[],
  stepSeconds: number,
): string | null {
  const perRow = model.stepSeconds / stepSeconds;
  if (perRow < 1 - 1e-9 || Math.abs(perRow - Math.round(perRow)) > 1e-6)
    return `its model scores every ${model.stepSeconds} s and cannot use samples every ${stepSeconds} s: say "train" to learn anew`;
  if (!model.metrics.some((metric) => metrics.includes(metric)))
    return 'its model knows none of the metrics that are collected: say "train" to learn anew';
  return null;
}

function arriving(
  request: { firstRow: number; rows: number; slots: Int32Array; values: Float64Array },
  index: number,
) {
  const { firstRow, rows, values } = request;
  return { values, firstRow, rows, first: (values.length / request.slots.length) * index };
}

function verdictsOf(slots: readonly Slot[]): Verdicts {
  const numbers = (read: (last: RowScore) => number) =>
    Float64Array.from(slots, ({ running }) => (running?.last ? read(running.last) : Number.NaN));
  const counts = (read: (last: RowScore) => number) =>
    Uint8Array.from(slots, ({ running }) => (running?.last ? read(running.last) : 0));
  return {
    state: Uint8Array.from(slots, (slot) => verdictStates.indexOf(stateOf(slot))),
    score: numbers(({ score }) => score),
    rarityDays: numbers(({ rarityDays }) => rarityDays),
    since: Float64Array.from(slots, ({ running }) => running?.since ?? Number.NaN),
    thresholdFactor: numbers(({ thresholdFactor }) => thresholdFactor),
    agreeing: counts(({ agreeing }) => agreeing),
    members: counts(({ members }) => members),
    remarks: slots.flatMap((slot, index) => remarkOn(slot, index)),
  };
}

function stateOf({ running, problem }: Slot): VerdictState {
  if (running === null) return problem === null ? "cold" : "unusable";
  if (running.last === null) return "starting";
  if (isAnomalous(running.last)) return "anomalous";
  return Number.isNaN(running.last.score) ? "withheld" : "normal";
}

function remarkOn({ running, problem }: Slot, index: number): Remark[] {
  const last = running?.last ?? null;
  const vanished = last?.vanished ?? [];
  const told = last !== null && isAnomalous(last) ? (running?.scorer ?? null) : null;
  if (told === null && vanished.length === 0 && problem === null) return [];
  return [
    {
      index,
      top: leadingFirst(told?.explain() ?? []),
      nearestCalmAt: told?.nearestCalm() ?? null,
      vanished,
      problem,
    },
  ];
}
