import type { BenchResult } from "../commands/bench.ts";
import { alignTable } from "../commands/text-table.ts";
import type { CycleSpeed, CycleTime } from "./cycle.ts";
import type { DetectorSpeed } from "./detector-speed.ts";
import type { PeerComparison } from "./peers.ts";

/** The tables that a person reads. Ratios say how many times faster ours is: above 1 ours wins. */
export function renderBench({ quick, machine, detector, cycles, peers }: BenchResult): string {
  const { node, processor, cores, loadBefore, loadAfter } = machine;
  const blocks = [
    [
      `Node ${node} on ${processor}, ${cores} cores; load average ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after.`,
      ...(loadBefore > cores / 2
        ? [
            "Other work is running: wall times are too long, and ratios flatter what is short. Repeat when it is idle.",
          ]
        : []),
      ...(quick
        ? ["QUICK: sizes far below real ones; these numbers only show that the benchmark works."]
        : []),
    ],
    detectorBlock(detector),
    memberBlock(detector),
    cycleBlock(cycles),
    ...peers.map(peerBlock),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function detectorBlock({ size, row, cold, memory, ...whole }: DetectorSpeed): string[] {
  const { rows, metrics, scoreRows } = size;
  const table = alignTable([
    ["one target, one core", "wall", "processor"],
    [
      `fit of everything, ${rows} rows x ${metrics} metrics`,
      duration(whole.trainMs),
      duration(whole.trainCpuMs),
    ],
    [`batch score, ${scoreRows} rows`, duration(whole.batchMs), duration(whole.batchCpuMs)],
    ["one row, p50 / p99", `${duration(row.p50)} / ${duration(row.p99)}`],
    ...(cold === null
      ? []
      : [
          ["cold thread: model read, first row", `${duration(cold.readMs)}, ${duration(cold.firstMs)}`],
          ["cold thread: next 100 rows, p50 / p99", `${duration(cold.p50)} / ${duration(cold.p99)}`],
        ]),
    ["model: encoded, in memory", `${bytes(memory.encodedBytes)}, ${bytes(memory.heldBytes)}`],
    ["its scorer's own memory", bytes(memory.scorerBytes)],
  ]);
  return [
    ...table,
    ...(cold === null ? ["A cold thread is measured by the compiled program only."] : []),
    "The rows are made up: they measure time, nothing else.",
  ];
}

function memberBlock({ members, size }: DetectorSpeed): string[] {
  return alignTable([
    ["member alone, on rolling features", "fit", `score ${size.scoreRows} rows`, "one row"],
    ...members.map(({ name, fitMs, scoreMs, singleMs }) => [
      name,
      ...[fitMs, scoreMs, singleMs].map(duration),
    ]),
  ]);
}

function cycleBlock(cycles: readonly CycleSpeed[]): string[] {
  const [first] = cycles;
  if (first === undefined)
    return ["A minute's cycle is measured by the compiled program only (npm run build)."];
  const line = (what: string, show: (speed: CycleSpeed) => string) => [what, ...cycles.map(show)];
  const table = alignTable([
    line("a minute's cycle of the watch", ({ size }) => `${size.targets} targets`),
    line("calm minute: wall, processor", ({ calm }) => both(calm)),
    line("minute with faults: wall, processor", ({ faulty }) => both(faulty)),
    line("slowest minute: wall, processor", ({ slowest }) => both(slowest)),
    line(
      "longest block of the event loop: calm, faults",
      ({ longestBlockMs: { calm, faulty } }) => `${duration(calm)}, ${duration(faulty)}`,
    ),
    line("first one after a start, wall", ({ firstMs }) => duration(firstMs)),
    line("targets with a score", ({ scored }) => String(scored)),
    line("incidents open after it", ({ incidents }) => String(incidents)),
    line("models in memory, each", (each) => `${each.size.distinctModels}, ${bytes(each.modelBytes)}`),
    line("process, resident", ({ memoryBytes }) => bytes(memoryBytes)),
    line(
      "warm-up from nothing: wall, processor",
      ({ warmUp }) => `${duration(warmUp.ms)}, ${duration(warmUp.cpuMs)}`,
    ),
  ]);
  return [
    ...table,
    `${first.metrics} metrics, one row a minute; processor: all threads together. Included: reading the text of Prometheus'`,
    "JSON answers, matching series to targets, features, all members, alarm rule, limits, closer looks at what is found,",
    "incidents in SQLite on disk. Not included: network, proposals, cards, charts. Models learned real rows of web-1",
    "(repeated, with 2 % noise) and are shared by the targets in turn.",
    ...cycles.flatMap(({ size, problem }) =>
      problem === null ? [] : [`${size.targets} targets: ${problem}`],
    ),
  ];
}

function peerBlock({ peer, size, missing, pairs }: PeerComparison): string[] {
  if (missing !== null) return [`${peer}: not compared, ${missing}.`];
  const { rows, columns, scoreRows } = size;
  const lines = pairs.flatMap(({ name, package: from, theirs, ours }) => [
    pairLine(`${name}: fit`, from, theirs.fitMs, ours.fitMs),
    pairLine(`${name}: score`, from, theirs.scoreMs, ours.scoreMs),
    pairLine(`${name}: one row`, from, theirs.singleMs, ours.singleMs),
  ]);
  return [
    ...alignTable([
      [`${rows} x ${columns}, ${scoreRows} scored, one core`, "theirs", "ours", "ratio", ""],
      ...lines,
    ]),
    "Forests of 100 trees. Ours remember 1024 rows as they do in use, theirs all: near-neighbour ratios show that too.",
  ];
}

function pairLine(what: string, from: string, theirs: number, ours: number): string[] {
  return [what, duration(theirs), duration(ours), `${factor(theirs / ours)}x`, from];
}

function both({ wallMs, cpuMs }: CycleTime): string {
  return `${duration(wallMs)}, ${duration(cpuMs)}`;
}

function factor(value: number): string {
  return value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2);
}

function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "-";
  if (ms < 1) return `${(1000 * ms).toFixed(ms < 0.01 ? 1 : 0)} us`;
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function bytes(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return value < 1e6 ? `${(value / 1e3).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}
