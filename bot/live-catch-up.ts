import { setImmediate } from "node:timers/promises";
import type { Clock } from "../infra/clock.ts";
import type { Target } from "../infra/inventory.ts";
import { ModelStoreError, type ModelStore } from "../infra/model-store.ts";
import { type Block, type BlockRequest, fetchBlock } from "../infra/prometheus/block.ts";
import type { LiveModel } from "./detector.ts";
import { type LiveSlot, noteVerdicts } from "./live-fleet.ts";
import type { LiveSession } from "./live-session.ts";

type Dependencies = {
  session: LiveSession;
  source: Pick<BlockRequest, "prometheus" | "catalog" | "stepSeconds">;
  clock: Clock;
  models: Pick<ModelStore, "find" | "load">;
  liveModel: (target: string) => LiveModel | null;
};

/** What a round watches, and the newest row that the scoring thread has of it. */
type Watched = { targets: readonly Target[]; slots: readonly LiveSlot[]; row: number };

/** Of wall time that one round spends on what is new to it; what is left waits for the next round. */
const spendMs = 20_000;
const modelsAtOnce = 100;
/** Scorers started by one message: a person's question waits behind no more than these. */
const scorersAtOnce = 25;

/** Samples asked for in one query: its answer is a few MB, read in a blink. */
const samplesPerQuery = 60_000;

/** Rows that one query may ask for when so many targets answer it. */
export function rowsPerQuery(targets: number): number {
  return Math.max(1, Math.floor(samplesPerQuery / Math.max(1, targets)));
}

/** Stretch of rows that is being fetched for slots that were new when it began. */
type Lane = { slots: readonly LiveSlot[]; next: number; end: number };

/**
 * Brings targets up that are new, came back, or have a new model: gives the thread their models, fetches the rows
 * before the present ones, starts their scorers. A restart with ten thousand targets is spread over rounds.
 */
export function createCatchUp({ session, source, clock, models, liveModel }: Dependencies) {
  let lane: Lane | null = null;

  async function catchUp(watched: Watched): Promise<void> {
    const deadline = clock.wall() + spendMs;
    const late = () => clock.wall() >= deadline;
    await giveModels(watched.slots, late);
    await fetchHistory(watched, late);
    await startScorers(watched.slots, late);
  }

  async function giveModels(slots: readonly LiveSlot[], late: () => boolean): Promise<void> {
    const due = slots.filter((slot) => (liveModel(slot.target)?.id ?? null) !== (slot.given?.id ?? null));
    for (let from = 0; from < due.length; from += modelsAtOnce) {
      const batch = due.slice(from, from + modelsAtOnce);
      // Bytes that several versions share are given once.
      const byKey = new Map<string, Giving>();
      for (const slot of batch) await lookUp(slot, byKey);
      for (const giving of byKey.values()) await give(giving);
      if (late()) return;
      await setImmediate();
    }
  }

  type Row = NonNullable<Awaited<ReturnType<typeof models.find>>>;
  type Giving = { row: Row; slots: LiveSlot[] };

  async function lookUp(slot: LiveSlot, byKey: Map<string, Giving>): Promise<void> {
    const model = liveModel(slot.target);
    slot.given = model;
    slot.refused = null;
    if (model === null) return;
    const row = await models.find(model.id);
    if (row === null) return refuse([slot], "its model is not in the register any more");
    const giving = byKey.get(row.sha256) ?? { row, slots: [] };
    byKey.set(row.sha256, giving);
    giving.slots.push(slot);
  }

  async function give({ row, slots }: Giving): Promise<void> {
    const numbers = Int32Array.from(slots, ({ number }) => number);
    const request = { kind: "model", slots: numbers, key: row.sha256 } as const;
    let answer = await session.tell({ ...request, bytes: null });
    if (answer.kind === "needs_bytes") {
      const bytes = await loadBytes(row);
      if (bytes instanceof ModelStoreError) return refuse(slots, bytes.message);
      answer = await session.tell({ ...request, bytes }, [bytes.buffer]);
    }
    if (answer.kind === "refused") refuse(slots, answer.message, answer.because);
  }

  async function loadBytes(row: Row): Promise<Uint8Array<ArrayBuffer> | ModelStoreError> {
    try {
      // A copy of its own: what is given away must not be part of a larger buffer.
      return new Uint8Array(await models.load(row));
    } catch (error) {
      if (error instanceof ModelStoreError) return error;
      throw error;
    }
  }

  /** The rows before the present ones, all targets' in one query a metric, in stretches that one answer can hold. */
  async function fetchHistory({ targets, slots, row }: Watched, late: () => boolean): Promise<void> {
    lane ??= openLane(slots, row);
    while (lane !== null) {
      const rows = Math.min(lane.end - lane.next, rowsPerQuery(targets.length));
      const { stepSeconds } = source;
      const start = lane.next * stepSeconds;
      const block = await fetchBlock({ ...source, targets, start, end: start + (rows - 1) * stepSeconds });
      await sendRows(session, "history", { block, firstRow: lane.next, slots, only: new Set(lane.slots) });
      lane.next += rows;
      if (lane.next >= lane.end) {
        for (const slot of lane.slots) slot.hasHistory = true;
        lane = null;
        return;
      }
      if (late()) return;
    }
  }

  function openLane(slots: readonly LiveSlot[], row: number): Lane | null {
    const due = slots.filter((slot) => slot.given !== null && slot.refused === null && !slot.hasHistory);
    if (due.length === 0) return null;
    return { slots: due, next: Math.max(0, row - session.capacityRows() + 1), end: row };
  }

  async function startScorers(slots: readonly LiveSlot[], late: () => boolean): Promise<void> {
    const due = slots.filter(
      (slot) =>
        slot.given !== null && slot.refused === null && slot.hasHistory && slot.started?.id !== slot.given.id,
    );
    for (let from = 0; from < due.length; from += scorersAtOnce) {
      const batch = due.slice(from, from + scorersAtOnce);
      const numbers = Int32Array.from(batch, ({ number }) => number);
      const answer = await session.tell({ kind: "warm_up", slots: numbers });
      if (answer.kind === "verdicts") noteVerdicts(batch, answer.verdicts);
      for (const slot of batch) slot.started = slot.given;
      if (late()) return;
    }
  }

  return {
    catchUp,
    /** The thread knows nothing any more: begin anew. */
    restart: (): void => void (lane = null),
  };
}

function refuse(
  slots: readonly LiveSlot[],
  message: string,
  because: "no_memory" | "unusable_model" = "unusable_model",
): void {
  for (const slot of slots) slot.refused = { because, message };
}

const slotsAtOnce = 1_000;

type Sending = { block: Block; firstRow: number; slots: readonly LiveSlot[]; only?: ReadonlySet<LiveSlot> };

/** Gives a block to the scoring thread in parts, between which a person's question gets its turn. */
export async function sendRows(
  session: LiveSession,
  kind: "rows" | "history",
  { block, firstRow, slots, only }: Sending,
): Promise<void> {
  const size = block.metrics.length * block.rows;
  for (let from = 0; from < slots.length; from += slotsAtOnce) {
    const part = slots.slice(from, from + slotsAtOnce);
    const wanted = only === undefined ? part : part.filter((slot) => only.has(slot));
    if (wanted.length === 0) continue;
    const values =
      wanted.length === part.length
        ? block.values.slice(from * size, (from + part.length) * size)
        : pick(block.values, size, indicesOf(part, wanted, from));
    const numbers = Int32Array.from(wanted, ({ number }) => number);
    const request = { kind, slots: numbers, firstRow, rows: block.rows, values };
    const answer = await session.tell(request, [values.buffer]);
    if (answer.kind === "verdicts") noteVerdicts(wanted, answer.verdicts);
  }
}

function indicesOf(part: readonly LiveSlot[], wanted: readonly LiveSlot[], from: number): number[] {
  const chosen = new Set(wanted);
  return part.flatMap((slot, index) => (chosen.has(slot) ? [from + index] : []));
}

function pick(values: Float64Array, size: number, indices: readonly number[]): Float64Array<ArrayBuffer> {
  const picked = new Float64Array(indices.length * size);
  indices.forEach((index, at) => picked.set(values.subarray(index * size, (index + 1) * size), at * size));
  return picked;
}
