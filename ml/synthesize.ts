import { createRandom, type Random } from "./random.ts";
import { type Episode, type EpisodeKind, placeEpisodes } from "./synthesize-episodes.ts";

export type SynthesizeOptions = {
  /** Unix seconds of the first row. */
  start: number;
  seconds: number;
  stepSeconds: number;
  /** A host: the same seed has the same size and rhythm at any `start`; seed and start together give the same rows. */
  seed: number;
  /** Without: only the normal rhythm. */
  faults: boolean;
};

/** One row; the same object and array are used again for the next one. */
type SyntheticRow = { time: number; values: Float64Array; episode: Episode | null };

export type Synthetic = { episodes: readonly Episode[]; rows: Generator<SyntheticRow> };

/** Names of the catalog, in the order of a row's values, with the decimals that are worth keeping. */
export const syntheticMetrics = [
  ["service_up", 0],
  ["cpu_usage_percent", 2],
  ["memory_usage_bytes", 0],
  ["memory_usage_percent", 2],
  ["disk_usage_percent", 2],
  ["disk_read_bytes_per_second", 0],
  ["disk_write_bytes_per_second", 0],
  ["network_receive_bytes_per_second", 0],
  ["network_transmit_bytes_per_second", 0],
  ["load1", 2],
  ["active_requests", 0],
  ["requests_per_second", 2],
  ["error_rate", 4],
  ["response_time_p50_seconds", 4],
  ["response_time_p95_seconds", 4],
  ["response_time_p99_seconds", 4],
] as const;

/** Metrics that each kind of episode moves first: what an explanation should name. */
export const syntheticCauses: Readonly<Record<EpisodeKind, readonly string[]>> = {
  cpu_spike: ["cpu_usage_percent", "load1"],
  memory_leak: ["memory_usage_percent", "memory_usage_bytes"],
  error_storm: ["error_rate"],
};

const memoryBytes = 16 * 1024 ** 3;
const cpus = 4;
const day = 86_400;

/**
 * A made-up server of the catalog's metrics that fit together: traffic has a day and a week, processor, network and
 * disk follow traffic, response times follow the processor, requests in flight follow both (Little's law). Constant
 * memory, O(1) a row. For tests, teaching and what-if only: no number found on it says anything about a real server.
 */
export function synthesize(options: SynthesizeOptions): Synthetic {
  const chance = createRandom(options.seed ^ Math.imul(options.start, 2654435761));
  const episodes = options.faults ? placeEpisodes(options.start, options.seconds, chance) : [];
  return { episodes, rows: generate(options, episodes, chance) };
}

function* generate(
  { start, seconds, stepSeconds, seed }: SynthesizeOptions,
  episodes: readonly Episode[],
  chance: Random,
): Generator<SyntheticRow> {
  const host = createHost(createRandom(seed), chance, stepSeconds);
  const row: SyntheticRow = { time: start, values: new Float64Array(syntheticMetrics.length), episode: null };
  let next = 0;
  const count = Math.floor(seconds / stepSeconds);
  for (let i = 0; i < count; i++) {
    row.time = start + i * stepSeconds;
    while (next < episodes.length && row.time >= endOf(episodes[next]!)) next++;
    const candidate = episodes[next];
    row.episode = candidate !== undefined && row.time >= candidate.phases[0]! ? candidate : null;
    host(row.time, row.episode, row.values);
    yield row;
  }
}

/** Unix seconds at which the last phase ends. */
export function endOf({ phases }: Episode): number {
  return phases.at(-1)!;
}

/** What an episode adds at a moment; without one nothing. */
type Trouble = {
  /** Processor level that holds instead of the usual one by this much, 0..1. */
  cpu: number;
  cpuWeight: number;
  memory: number;
  memoryWeight: number;
  errors: number;
  slower: number;
};

/** Draws a host's size and answers what writes its metrics at a time, with noise by `chance`. */
function createHost(random: Random, chance: Random, stepSeconds: number) {
  const gauss = createGauss(chance);
  const busiest = 40 + 120 * random();
  const peakHour = 13 + 4 * random();
  const idle = { cpu: 10 + 4 * random(), memory: 28 + 3 * random(), disk: 40 + 20 * random() };
  const response = 0.02 + 0.03 * random();
  const traffic = createDrift(0.06, 600, stepSeconds, gauss);
  const work = createDrift(1.2, 120, stepSeconds, gauss);
  const held = createDrift(0.5, 1800, stepSeconds, gauss);
  const trouble: Trouble = { cpu: 0, cpuWeight: 0, memory: 0, memoryWeight: 0, errors: 0, slower: 0 };
  let load = 0;
  return (time: number, episode: Episode | null, values: Float64Array): void => {
    troubleAt(episode, time, trouble);
    const rhythm = rhythmAt(time, peakHour);
    const requests = Math.max(0.5, busiest * rhythm * (1 + traffic()));
    const usualCpu = idle.cpu + 22 * rhythm * (requests / (busiest * rhythm)) + work();
    const cpu = clamp(blend(usualCpu, trouble.cpu + 0.8 * gauss(), trouble.cpuWeight), 1, 100);
    const usualMemory = idle.memory + 3 * rhythm + held();
    const memory = clamp(blend(usualMemory, trouble.memory + 0.2 * gauss(), trouble.memoryWeight), 5, 97);
    const queue = 1 / (1 - Math.min(0.9, Math.max(0, cpu - 30) / 80));
    const middle = response * queue * (1 + trouble.slower) * (1 + 0.03 * gauss()) * (memory > 80 ? 1.3 : 1);
    const [p95, p99] = [middle * (3.2 + 0.2 * gauss()), middle * (5.5 + 0.5 * gauss())];
    const usualErrors = 0.004 + 0.001 * gauss();
    // The kernel's own smoothing of the load over a minute.
    load += (cpus * (cpu / 100) * queue - load) * Math.min(1, stepSeconds / 60);
    values[0] = 1;
    values[1] = cpu;
    values[2] = (memory / 100) * memoryBytes;
    values[3] = memory;
    values[4] = idle.disk + 0.7 * ((time / day) % 7) + 0.02 * gauss();
    values[5] = Math.max(0, 2e5 * (1 + rhythm + 0.2 * gauss()) * (memory > 80 ? 4 : 1));
    values[6] = Math.max(0, 8000 * requests * (1 + 0.1 * gauss()));
    values[7] = Math.max(0, 2500 * requests * (1 + 0.05 * gauss()));
    values[8] = Math.max(0, 14_000 * requests * (1 + 0.05 * gauss()));
    values[9] = Math.max(0, load);
    values[10] = Math.round(requests * middle * 1.6);
    values[11] = requests;
    values[12] = clamp(Math.max(usualErrors, trouble.errors * (1 + 0.04 * gauss())), 0, 1);
    values[13] = middle;
    values[14] = Math.max(p95, middle);
    values[15] = Math.max(p99, p95, middle);
  };
}

/** 0.2 to 1: a day with its peak hour, and a quieter weekend. */
function rhythmAt(time: number, peakHour: number): number {
  const hour = (time % day) / 3600;
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(time / day) + 3) % 7;
  const daily = 0.5 + 0.5 * Math.cos(((hour - peakHour) * 2 * Math.PI) / 24);
  return 0.2 + 0.8 * daily * (weekday >= 5 ? 0.55 : 1);
}

const blendSeconds = 120;

function troubleAt(episode: Episode | null, time: number, trouble: Trouble): void {
  trouble.cpuWeight = trouble.memoryWeight = trouble.errors = trouble.slower = 0;
  if (episode === null) return;
  const { kind, phases } = episode;
  const part = (phase: number) =>
    clamp((time - phases[phase]!) / (phases[phase + 1]! - phases[phase]!), 0, 1);
  const begun = Math.min(1, (time - phases[0]!) / blendSeconds);
  switch (kind) {
    case "cpu_spike":
      // Ramp 30 to 85 %, peak, cure to 45 %, recovery to whatever is usual then.
      trouble.cpu = 30 + 55 * part(0) - 40 * part(2);
      trouble.cpuWeight = Math.min(begun, 1 - part(3));
      return;
    case "memory_leak":
      trouble.memory = 30 + 60 * part(0);
      trouble.memoryWeight = Math.min(begun, 1 - part(1));
      return;
    case "error_storm": {
      // Up within a minute, held, and away within the recovery.
      const height = Math.min(1, (time - phases[0]!) / 60) * (1 - part(1)) ** 2;
      trouble.errors = height === 0 ? 0 : 0.01 + 0.24 * height;
      trouble.slower = 2 * height;
    }
  }
}

/** Standard normal numbers, drawn from a table of as many: quick, and good enough for noise. */
function createGauss(random: Random): () => number {
  const table = Float64Array.from(
    { length: 4096 },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  return () => table[(random() * 4096) | 0]!;
}

/** Noise that wanders: standard deviation `spread`, forgotten after about `seconds`. */
function createDrift(
  spread: number,
  seconds: number,
  stepSeconds: number,
  gauss: () => number,
): () => number {
  const keep = Math.exp(-stepSeconds / seconds);
  const fresh = spread * Math.sqrt(1 - keep * keep);
  let value = 0;
  return () => (value = keep * value + fresh * gauss());
}

function blend(usual: number, other: number, weight: number): number {
  return usual + (other - usual) * weight;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
