import { setImmediate } from "node:timers/promises";
import type { Catalog } from "../infra/prometheus/catalog.ts";
import type { Frame } from "../ml/frame.ts";
import { rowsBeyondLimit } from "./beyond-limit.ts";
import type { LiveModel, Reading } from "./detector.ts";
import type { LiveFleet, LiveSlot } from "./live-fleet.ts";
import { type NamedValues, namedValues } from "./named-values.ts";

type Reader = {
  fleet: LiveFleet;
  catalog: Catalog;
  stepSeconds: number;
  liveModel: (target: string) => LiveModel | null;
  /** Newest row of the round; values of the last `fresh` rows are the present ones. */
  row: number;
  fresh: number;
  /** A target without a sample after this (unix seconds) has no data. */
  staleBefore: number;
};

/** Targets between which clicks and timers get their turn. */
const slice = 1_000;
const nothing: readonly never[] = [];

/** What the detector makes of each slot now; the frames are empty. Values are a snapshot in one array for all. */
export async function readSlots(slots: readonly LiveSlot[], reader: Reader): Promise<Reading[]> {
  const { fleet, catalog, row, fresh } = reader;
  const count = catalog.metrics.length;
  const snapshot = new Float64Array(slots.length * count);
  const named = namedValues(
    catalog.metrics.map(({ name }) => name),
    snapshot,
  );
  const frame: Frame = {
    stepSeconds: reader.stepSeconds,
    time: new Float64Array(),
    metrics: [],
    columns: [],
  };
  const readings: Reading[] = [];
  for (const [index, slot] of slots.entries()) {
    if (index % slice === slice - 1) await setImmediate();
    const hasData = slot.newest >= reader.staleBefore;
    for (let m = 0; m < count; m++)
      snapshot[index * count + m] = hasData ? fleet.value(slot.number, m, row - fresh + 1) : Number.NaN;
    readings.push(readSlot(slot, { ...reader, frame, values: named(index * count), hasData }));
  }
  return readings;
}

type SlotReader = Reader & { frame: Frame; values: NamedValues; hasData: boolean };

function readSlot(slot: LiveSlot, reader: SlotReader): Reading {
  const model = slot.started ?? slot.given ?? reader.liveModel(slot.target);
  const scored = reader.hasData && slot.started !== null;
  const state = stateOf(slot, reader, model);
  const since = scored && slot.state === "anomalous" && !Number.isNaN(slot.since) ? slot.since : null;
  return {
    target: slot.target,
    state,
    withheldBecause: state === "withheld" ? whyWithheld(slot) : null,
    newest: Number.isNaN(slot.newest) ? null : slot.newest,
    score: scored ? slot.score : Number.NaN,
    rarityDays: scored ? slot.rarityDays : Number.NaN,
    since,
    top: scored ? slot.top : (nothing as []),
    agreeing: scored ? slot.agreeing : 0,
    members: scored ? slot.members : 0,
    thresholdFactor: scored && slot.thresholdFactor >= 1 ? slot.thresholdFactor : 1,
    vanished: scored ? slot.vanished : nothing,
    nearestCalmAt: scored ? slot.nearestCalmAt : null,
    values: reader.values,
    beyond: reader.hasData ? beyondLimit(slot, reader) : (nothing as []),
    novel: nothing,
    model,
    frame: reader.frame,
    anomalies: since === null ? (nothing as []) : [{ start: since, end: slot.row * reader.stepSeconds }],
  };
}

function stateOf(slot: LiveSlot, { hasData }: SlotReader, model: LiveModel | null): Reading["state"] {
  if (!hasData) return "no_data";
  if (model === null) return "learning";
  if (slot.state === "normal" || slot.state === "anomalous") return slot.state;
  return "withheld";
}

function whyWithheld({ refused, state }: LiveSlot): NonNullable<Reading["withheldBecause"]> {
  if (refused !== null) return refused.because;
  return state === "withheld" ? "too_few_metrics" : "warming_up";
}

function beyondLimit(
  slot: LiveSlot,
  { fleet, catalog, stepSeconds, row, values }: SlotReader,
): Reading["beyond"] {
  const rows = rowsBeyondLimit(stepSeconds);
  let found: Reading["beyond"] | null = null;
  catalog.metrics.forEach((metric, m) => {
    if (metric.limit === null || slot.row < row || fleet.rowsBeyond(slot.number, m) < rows) return;
    found = [...(found ?? []), { metric, value: values.get(metric.name) ?? Number.NaN }];
  });
  return found ?? (nothing as []);
}
