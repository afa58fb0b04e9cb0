import { rankedRows } from "./ranking-measures.ts";

type Stretch = { from: number; to: number };

/** Thresholds along each curve, as in the TSB-AD benchmark. */
const THRESHOLDS = 250;

/**
 * The widest buffer: 100 minutes, at most the benchmark's 100 rows (60 s: 100 rows, 300 s: 20). Steps under a minute
 * come from short captures, whose faults lie minutes apart: there it is 3 minutes (5 s: 36 rows), or the buffers of
 * two faults would cover all the calm between them.
 */
export function widestBufferRows(stepSeconds: number): number {
  const seconds = stepSeconds < 60 ? 180 : 6000;
  return Math.max(1, Math.min(100, Math.round(seconds / stepSeconds)));
}

/**
 * VUS-PR: area under the range-based precision-recall curve, averaged over buffers of 0..`widestBuffer` rows round each
 * labelled stretch, in which nearly-in-time counts in part (Paparrizos et al.: "Volume Under the Surface", VLDB 2022; defined as
 * in TSB-AD, Liu and Paparrizos, NeurIPS 2024). 0..1, higher is better; no point adjustment. NaN without labels.
 */
export function volumeUnderSurface(scores: Float64Array, labels: Uint8Array, widestBuffer: number): number {
  const stretches = labelledStretches(labels);
  if (stretches.length === 0) return Number.NaN;
  const order = rankedRows(scores);
  const rankOf = new Int32Array(order.length);
  order.forEach((row, rank) => {
    rankOf[row] = rank;
  });
  const cuts = flaggedCounts(scores, order);
  const labelled = labels.reduce((sum, label) => sum + label, 0);
  let volume = 0;
  for (let buffer = 0; buffer <= widestBuffer; buffer++)
    volume += areaForBuffer({ order, rankOf, cuts, labelled }, extend(labels, stretches, buffer));
  return volume / (widestBuffer + 1);
}

/** Runs of consecutive labelled rows, `to` inclusive. */
export function labelledStretches(labels: Uint8Array): Stretch[] {
  const stretches: Stretch[] = [];
  labels.forEach((label, row) => {
    if (label === 0) return;
    const last = stretches.at(-1);
    if (last !== undefined && last.to === row - 1) last.to = row;
    else stretches.push({ from: row, to: row });
  });
  return stretches;
}

/** How many rows are flagged at each threshold: evenly spaced ranks, equal scores are flagged together. */
function flaggedCounts(scores: Float64Array, order: Int32Array): number[] {
  const count = Math.min(THRESHOLDS, order.length);
  return Array.from({ length: count }, (_, i) => {
    let rank = Math.floor((i * (order.length - 1)) / Math.max(1, count - 1));
    while (rank + 1 < order.length && scores[order[rank + 1]!] === scores[order[rank]!]) rank++;
    return rank + 1;
  });
}

/** Labels that fall off on both sides of each stretch over half the buffer: sqrt(1 - distance / buffer). */
function extend(labels: Uint8Array, stretches: Stretch[], buffer: number): Float64Array {
  const soft = Float64Array.from(labels);
  const reach = Math.floor(buffer / 2);
  for (const { from, to } of stretches) {
    for (let distance = 1; distance <= reach; distance++) {
      const credit = Math.sqrt(1 - distance / buffer);
      if (from - distance >= 0) soft[from - distance]! += credit;
      // The published code counts the distance after a stretch from its last row, exclusive of the end of the reach.
      if (distance < reach && to + distance < soft.length) soft[to + distance]! += credit;
    }
  }
  return soft.map((label) => Math.min(1, label));
}

type Ranking = { order: Int32Array; rankOf: Int32Array; cuts: number[]; labelled: number };

function areaForBuffer({ order, rankOf, cuts, labelled }: Ranking, soft: Float64Array): number {
  const full = soft.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0);
  const firstRanks = softStretchRanks(soft, rankOf);
  let [area, lastRecall, hits, partial, found, rank] = [0, 0, 0, 0, 0, 0];
  for (const flagged of cuts) {
    for (; rank < flagged; rank++) {
      const label = soft[order[rank]!]!;
      hits += label;
      if (label < 1) partial += label;
    }
    while (found < firstRanks.length && firstRanks[found]! < flagged) found++;
    const relevant = (labelled + full + partial) / 2;
    const recall = Math.min(hits / relevant, 1) * (found / firstRanks.length);
    area += (recall - lastRecall) * (hits / flagged);
    lastRecall = recall;
  }
  return area;
}

/** Of every stretch of labels above 0 the rank of its highest score, ascending. */
function softStretchRanks(soft: Float64Array, rankOf: Int32Array): Int32Array {
  const ranks: number[] = [];
  let best = Infinity;
  soft.forEach((label, row) => {
    if (label > 0) best = Math.min(best, rankOf[row]!);
    else if (best < Infinity) {
      ranks.push(best);
      best = Infinity;
    }
  });
  if (best < Infinity) ranks.push(best);
  return Int32Array.from(ranks).sort();
}
