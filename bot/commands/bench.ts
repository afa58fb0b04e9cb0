import { availableParallelism, cpus, loadavg } from "node:os";
import { packageRoot } from "../package-root.ts";
import { isCompiled } from "../bench/compiled.ts";
import { measureCycle, type CycleSize, type CycleSpeed } from "../bench/cycle.ts";
import { loadFleet } from "../bench/fleet.ts";
import { measureDetector, type DetectorSize, type DetectorSpeed } from "../bench/detector-speed.ts";
import {
  compareWithNpm,
  compareWithScikitLearn,
  type PeerComparison,
  type PeerSize,
} from "../bench/peers.ts";
import { renderBench } from "../bench/render.ts";
import type { Now } from "../bench/stopwatch.ts";

type BenchArguments = {
  /** Small sizes: seconds instead of minutes. */
  quick?: boolean | undefined;
  json?: boolean | undefined;
  progress?: ((text: string) => void) | undefined;
  /** Milliseconds of a clock that never goes back. */
  now?: Now | undefined;
  /** The folder of the package or of the source, where the recording and the peers' scripts lie. */
  root?: string | undefined;
};

export type BenchResult = {
  quick: boolean;
  machine: { node: string; processor: string; cores: number; loadBefore: number; loadAfter: number };
  detector: DetectorSpeed;
  /** Empty where the program runs from source, which worker threads cannot load. */
  cycles: CycleSpeed[];
  peers: PeerComparison[];
};

type Sizes = { detector: DetectorSize; cycles: CycleSize[]; scikitLearn: PeerSize; npm: PeerSize };

const full: Sizes = {
  detector: { rows: 16_000, metrics: 38, stepSeconds: 60, scoreRows: 2_000, singleRows: 2_000 },
  cycles: [
    { targets: 1_000, distinctModels: 200, faulty: 5 },
    { targets: 10_000, distinctModels: 200, faulty: 5 },
  ],
  scikitLearn: { rows: 10_000, columns: 25, scoreRows: 10_000, singleRows: 200 },
  // ml-knn takes 19 ms a query at 10,000 rows, and libsvm-js grows with the square of the rows.
  npm: { rows: 2_000, columns: 25, scoreRows: 500, singleRows: 200 },
};

const small: Sizes = {
  detector: { rows: 400, metrics: 4, stepSeconds: 60, scoreRows: 100, singleRows: 100 },
  cycles: [{ targets: 10, distinctModels: 3, faulty: 1 }],
  scikitLearn: { rows: 500, columns: 5, scoreRows: 200, singleRows: 20 },
  npm: { rows: 300, columns: 5, scoreRows: 50, singleRows: 20 },
};

/**
 * `smartcloudops bench`: what the detector costs on this machine, beside other implementations in the same run. It
 * judges nothing: a slow machine or a missing peer is a line, not a failure. Answers tables, or JSON, to print.
 */
export async function bench(options: BenchArguments): Promise<string> {
  const now = options.now ?? (() => performance.now());
  const progress = options.progress ?? (() => undefined);
  const quick = options.quick === true;
  const sizes = quick ? small : full;
  const loadBefore = loadavg()[0]!;
  const detector = await measureDetector(sizes.detector, { now, progress });
  const root = options.root ?? packageRoot();
  const cycles = await measureCycles(sizes.cycles, { root, now, progress });
  progress("scikit-learn");
  const scikitLearn = await compareWithScikitLearn(sizes.scikitLearn, { root, now });
  progress("npm packages");
  const npm = await compareWithNpm(sizes.npm, { root, now });
  const result: BenchResult = {
    quick,
    machine: {
      node: process.version,
      processor: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      loadBefore,
      loadAfter: loadavg()[0]!,
    },
    detector,
    cycles,
    peers: [scikitLearn, npm],
  };
  return options.json === true ? `${JSON.stringify(result, null, 2)}\n` : renderBench(result);
}

async function measureCycles(
  sizes: readonly CycleSize[],
  { root, ...how }: { root: string; now: Now; progress: (text: string) => void },
): Promise<CycleSpeed[]> {
  if (!isCompiled) return [];
  how.progress("models of the fleet");
  const fleet = await loadFleet(root);
  const measured: CycleSpeed[] = [];
  for (const size of sizes) measured.push(await measureCycle(size, { fleet, ...how }));
  return measured;
}
