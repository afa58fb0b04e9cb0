import type { Random } from "./random.ts";

export type EpisodeKind = "cpu_spike" | "memory_leak" | "error_storm";

/** One fault with its phases, unix seconds; phase `k` runs from `phases[k]` to `phases[k + 1]`. */
export type Episode = { kind: EpisodeKind; phases: readonly number[] };

type Shape = {
  /** Part of all rows that belong to episodes of this kind. */
  share: number;
  /** Minutes of each phase: always the same, or between two. */
  phases: readonly (number | readonly [number, number])[];
};

/** Rows: 85 % normal, 7.5 % CPU spike, 4 % memory leak, 3.5 % error storm. */
export const shapes = {
  /** Ramp, peak, cure, recovery. */
  cpu_spike: { share: 0.075, phases: [60, [10, 15], 2, 30] },
  /** Rise, drop. */
  memory_leak: { share: 0.04, phases: [[360, 720], 2] },
  /** Storm, recovery. */
  error_storm: { share: 0.035, phases: [[5, 10], 15] },
} as const satisfies Record<EpisodeKind, Shape>;

const kinds = Object.keys(shapes) as EpisodeKind[];
/** Minutes of normal rows between two episodes, at least. */
const leastGapMinutes = 20;

/**
 * Places episodes of all kinds between `start` and `start + seconds` (unix seconds), in random order, apart from each
 * other, with the wanted shares of the time. How many there are follows from their lengths; lengths are drawn so that
 * their sum meets the share as nearly as it can, and a kind whose shortest episode is more than its share is left out.
 */
export function placeEpisodes(start: number, seconds: number, random: Random): Episode[] {
  const minutes = seconds / 60;
  const lengths = shuffle(
    kinds.flatMap((kind) => drawLengths(kind, minutes, random).map((phases) => ({ kind, phases }))),
    random,
  );
  const busy = lengths.reduce((sum, { phases }) => sum + total(phases), 0);
  const spare = minutes - busy - leastGapMinutes * (lengths.length + 1);
  const weights = Array.from({ length: lengths.length + 1 }, () => 0.1 + random());
  const weight = total(weights);
  let at = 0;
  return lengths.map(({ kind, phases }, i) => {
    at += leastGapMinutes + (spare * weights[i]!) / weight;
    const times = [at, ...phases.map((phase) => (at += phase))];
    return { kind, phases: times.map((minute) => start + 60 * minute) };
  });
}

/** Minutes of the phases of each episode of one kind. */
function drawLengths(kind: EpisodeKind, minutes: number, random: Random): number[][] {
  const { share, phases }: Shape = shapes[kind];
  const shortest = total(phases.map((phase) => (typeof phase === "number" ? phase : phase[0])));
  const longest = total(phases.map((phase) => (typeof phase === "number" ? phase : phase[1])));
  const wanted = share * minutes;
  const most = Math.floor(wanted / shortest);
  const count = Math.min(
    most,
    Math.max(Math.ceil(wanted / longest), Math.round((2 * wanted) / (shortest + longest))),
  );
  if (count === 0) return [];
  const spread = longest - shortest;
  const parts = drawParts(count, Math.min(1, (wanted / count - shortest) / spread), random);
  return parts.map((part) =>
    phases.map((phase) => (typeof phase === "number" ? phase : phase[0] + part * (phase[1] - phase[0]))),
  );
}

/** `count` random numbers of 0..1 whose mean is `mean`. */
function drawParts(count: number, mean: number, random: Random): number[] {
  const room = Math.min(mean, 1 - mean);
  const drawn = Array.from({ length: count }, () => 2 * random() - 1);
  const middle = total(drawn) / count;
  const largest = Math.max(1, ...drawn.map((each) => Math.abs(each - middle)));
  return drawn.map((each) => mean + (room * (each - middle)) / largest);
}

function shuffle<Item>(items: Item[], random: Random): Item[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
