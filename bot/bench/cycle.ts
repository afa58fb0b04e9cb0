import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import { encodeModel } from "../../ml/model-codec.ts";
import { listIncidents } from "../../remediation/incident.ts";
import { createWatch } from "../watch.ts";
import { openBenchBot } from "./bench-bot.ts";
import { createFakePrometheus } from "./fake-prometheus.ts";
import { FLEET_STEP_SECONDS, fleetTarget, type Fleet } from "./fleet.ts";
import { quantileOf, type Now } from "./stopwatch.ts";

export type CycleSize = {
  targets: number;
  /** Models with memory of their own; targets share them in turn. */
  distinctModels: number;
  /** Targets that get a fault, not all at the same minute. */
  faulty: number;
};

/** Milliseconds of wall time, and of processor time in all threads, which is what one core would need. */
export type CycleTime = { wallMs: number; cpuMs: number };

export type CycleSpeed = {
  size: CycleSize;
  metrics: number;
  /** Encoded bytes of one model. */
  modelBytes: number;
  /** From nothing to a warm scorer for every target: all models and the history they need. */
  warmUp: { ms: number; cpuMs: number; rounds: number };
  /** The first cycle after a start also ends what may still be open from before it; it is no part of the others. */
  firstMs: number;
  /** A minute in which nothing is found, and one in which faults are: medians, and the slowest of the latter. */
  calm: CycleTime;
  faulty: CycleTime;
  slowest: CycleTime;
  /** Longest time for which the event loop of the main thread did not turn, in calm minutes and in those with faults. */
  longestBlockMs: { calm: number; faulty: number };
  /** Of the last cycle: targets that have a score, and incidents open by then. */
  scored: number;
  incidents: number;
  memoryBytes: number;
  /** What the watch complained of; null when all went well. */
  problem: string | null;
};

/** Rows of unix time before the first measured one; any number far from zero will do. */
const FIRST_ROW = 28_000_000;
const MOST_WARM_UP_ROUNDS = 100;
const CALM_CYCLES = 3;
const FAULTY_CYCLES = 4;
const RESOLUTION_MS = 1;
/** A fault multiplies every metric by this. */
const FAULT = 4;

/** A whole minute of the watch for many targets: text of PromQL JSON in, incidents in SQLite out. */
export async function measureCycle(
  size: CycleSize,
  { fleet, now, progress }: { fleet: Fleet; now: Now; progress: (text: string) => void },
): Promise<CycleSpeed> {
  const folder = await mkdtemp(join(tmpdir(), "smartcloudops-cycle-"));
  const targets = Array.from({ length: size.targets }, (_, number) => fleetTarget(number));
  const encoded = fleet.models.map((model) => encodeModel(model));
  const watcher = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let row = FIRST_ROW;
  const prometheus = createFakePrometheus({
    targets,
    catalog: fleet.catalog,
    stepSeconds: FLEET_STEP_SECONDS,
    valueOf: valueWithFaults(size, fleet),
    now,
    watcher,
  });
  const { bot, close } = await openBenchBot({
    folder,
    prometheus,
    targets,
    encoded,
    catalog: fleet.catalog,
    stepSeconds: FLEET_STEP_SECONDS,
    metricNow: () => row * FLEET_STEP_SECONDS,
    distinctModels: size.distinctModels,
  });
  try {
    targets.forEach(({ name }, number) => {
      const model = fleet.models[(number % size.distinctModels) % fleet.models.length]!;
      bot.detector.adopt({ id: `version-${number}`, target: name, createdAt: 0, model });
    });
    const warm = await warmUp(bot.detector, targets, { now, progress, prometheus });
    const advanceTo = (next: number) => (row = next);
    const measured = await measureRounds({ size, now, progress, bot, advanceTo, prometheus, watcher });
    return {
      size,
      metrics: fleet.catalog.metrics.length,
      modelBytes: encoded[0]!.byteLength,
      warmUp: warm,
      ...measured,
      scored: bot.detector.latest()?.readings.filter(({ score }) => Number.isFinite(score)).length ?? 0,
      incidents: (await listIncidents({ unresolvedOnly: true, limit: size.targets }, bot.core)).length,
      memoryBytes: process.memoryUsage().rss,
    };
  } finally {
    await close();
    await rm(folder, { recursive: true, force: true });
  }
}

type BenchParts = Awaited<ReturnType<typeof openBenchBot>>["bot"];

/** Rounds until every target's scorer has started, without the time in which the fake built its answers. */
async function warmUp(
  detector: BenchParts["detector"],
  targets: Parameters<BenchParts["detector"]["advance"]>[0],
  { now, progress, prometheus }: Pick<Rounds, "now" | "progress" | "prometheus">,
): Promise<CycleSpeed["warmUp"]> {
  progress(`${targets.length} targets: starting their scorers`);
  const [started, used] = [now(), process.cpuUsage()];
  const rounds = await roundsUntilWarm(detector, targets, progress);
  const building = prometheus.buildingMs();
  return { ms: now() - started - building, cpuMs: cpuSince(used) - building, rounds };
}

async function roundsUntilWarm(
  detector: BenchParts["detector"],
  targets: Parameters<BenchParts["detector"]["advance"]>[0],
  progress: (text: string) => void,
): Promise<number> {
  for (let round = 1; round <= MOST_WARM_UP_ROUNDS; round++) {
    const { readings } = await detector.advance(targets);
    const cold = readings.filter(({ withheldBecause }) => withheldBecause === "warming_up").length;
    if (cold === 0) return round;
    progress(`${targets.length} targets: ${targets.length - cold} started`);
  }
  return MOST_WARM_UP_ROUNDS;
}

type Rounds = {
  size: CycleSize;
  now: Now;
  progress: (text: string) => void;
  bot: BenchParts;
  advanceTo: (row: number) => void;
  prometheus: ReturnType<typeof createFakePrometheus>;
  watcher: IntervalHistogram;
};

async function measureRounds(
  rounds: Rounds,
): Promise<Pick<CycleSpeed, "firstMs" | "calm" | "faulty" | "slowest" | "longestBlockMs" | "problem">> {
  const silent = { info: () => undefined, warn: () => undefined };
  const told = async () => undefined;
  const parts = { bot: rounds.bot, mayPropose: false, announce: told, announceFleet: told, log: silent };
  const watch = createWatch(parts);
  const minutes: Minute[] = [];
  let problem: string | null = null;
  for (let minute = 0; minute <= CALM_CYCLES + FAULTY_CYCLES; minute++) {
    minutes.push(await measureMinute(watch, FIRST_ROW + 1 + minute, rounds));
    rounds.progress(
      `${rounds.size.targets} targets: minute ${minute} took ${minutes[minute]!.wallMs.toFixed(0)} ms`,
    );
    problem ??= watch.state().problem;
  }
  const [first, calm, faulty] = [
    minutes[0]!,
    minutes.slice(1, 1 + CALM_CYCLES),
    minutes.slice(1 + CALM_CYCLES),
  ];
  const longest = (some: readonly Minute[]) => Math.max(...some.map(({ blockMs }) => blockMs));
  return {
    firstMs: first.wallMs,
    calm: summary(calm, 0.5),
    faulty: summary(faulty, 0.5),
    slowest: summary([...calm, ...faulty], 1),
    longestBlockMs: { calm: longest([first, ...calm]), faulty: longest(faulty) },
    problem,
  };
}

type Minute = CycleTime & { blockMs: number };

async function measureMinute(
  watch: ReturnType<typeof createWatch>,
  row: number,
  { now, advanceTo, prometheus, watcher }: Rounds,
): Promise<Minute> {
  await prometheus.prepare(row * FLEET_STEP_SECONDS);
  advanceTo(row);
  watcher.enable();
  watcher.reset();
  const [started, used, built] = [now(), process.cpuUsage(), prometheus.buildingMs()];
  await watch.cycle();
  const building = prometheus.buildingMs() - built;
  const minute = { wallMs: now() - started - building, cpuMs: cpuSince(used) - building };
  watcher.disable();
  return { ...minute, blockMs: watcher.max / 1e6 - RESOLUTION_MS };
}

function summary(times: readonly CycleTime[], p: number): CycleTime {
  const of = (pick: (time: CycleTime) => number) => quantileOf(times.map(pick), p);
  return { wallMs: of(({ wallMs }) => wallMs), cpuMs: of(({ cpuMs }) => cpuMs) };
}

function cpuSince(used: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1000;
}

/** Faults begin at different minutes, and at targets far from each other; an alarm is held for two minutes first. */
function valueWithFaults({ targets, faulty }: CycleSize, { calmValue }: Fleet) {
  const apart = Math.max(1, Math.floor(targets / Math.max(1, faulty)));
  return (target: number, metric: number, row: number): number => {
    const calm = calmValue(target, metric, row);
    const fault = target % apart === 0 ? target / apart : Infinity;
    const begins = FIRST_ROW + CALM_CYCLES + (fault % (FAULTY_CYCLES - 1));
    return fault < faulty && row >= begins ? FAULT * calm : calm;
  };
}
