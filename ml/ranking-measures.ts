/** Rows from the highest score to the lowest; a withheld score (NaN) ranks below every other. */
export function rankedRows(scores: Float64Array): Int32Array {
  const key = scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  return Int32Array.from(key.keys()).sort((a, b) => key[b]! - key[a]!);
}

/**
 * Average precision: precision at each labelled row, averaged (as scikit-learn's `average_precision_score`, which
 * takes rows of equal score together). 0..1, higher is better; a random score gets the base rate. NaN without labels.
 */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number {
  let average = 0;
  eachThreshold(scores, labels, ({ hits, newHits, flagged }) => {
    average += (newHits * hits) / flagged;
  });
  return average / positives(labels);
}

/** Best F1 over all thresholds, counted in rows and without point adjustment. 0..1; it knows the labels, no detector does. */
export function bestF1(scores: Float64Array, labels: Uint8Array): number {
  const total = positives(labels);
  let best = total === 0 ? Number.NaN : 0;
  eachThreshold(scores, labels, ({ hits, flagged }) => {
    best = Math.max(best, (2 * hits) / (flagged + total));
  });
  return best;
}

/** Share of labelled rows: what a random score reaches as average precision. */
export function baseRate(labels: Uint8Array): number {
  return positives(labels) / labels.length;
}

function positives(labels: Uint8Array): number {
  return labels.reduce((sum, label) => sum + label, 0);
}

type Cut = { hits: number; newHits: number; flagged: number };

function eachThreshold(scores: Float64Array, labels: Uint8Array, visit: (cut: Cut) => void): void {
  const order = rankedRows(scores);
  let hits = 0;
  let newHits = 0;
  for (let i = 0; i < order.length; i++) {
    newHits += labels[order[i]!]!;
    const score = scores[order[i]!]!;
    const next = i + 1 < order.length ? scores[order[i + 1]!]! : null;
    if (next !== null && (next === score || (Number.isNaN(next) && Number.isNaN(score)))) continue;
    hits += newHits;
    if (newHits > 0) visit({ hits, newHits, flagged: i + 1 });
    newHits = 0;
  }
}
