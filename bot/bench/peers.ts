import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { madeUpMatrix } from "./made-up.ts";
import { timeMembers, type Timing } from "./ours.ts";
import type { Now } from "./stopwatch.ts";

export type PeerSize = { rows: number; columns: number; scoreRows: number; singleRows: number };

/** One other implementation beside ours on the same rows, or why there is none to compare with. */
export type PeerComparison = {
  peer: string;
  size: PeerSize;
  missing: string | null;
  pairs: { name: string; package: string; theirs: Timing; ours: Timing }[];
};

const timing = z.object({
  name: z.string(),
  package: z.string().optional(),
  fitRows: z.number(),
  scoreRows: z.number(),
  fitMs: z.number(),
  scoreMs: z.number(),
  singleMs: z.number(),
});
const report = z.object({ version: z.string(), results: z.array(timing) });

/** The peers' scripts come with the source, not with the installed package. */
const SCRIPTS = join("fixtures", "reference");
const TREES = 100;
const PEER_LIMIT_MS = 300_000;

/** scikit-learn with one thread, by the first Python that has it. */
export async function compareWithScikitLearn(
  size: PeerSize,
  { root, now }: { root: string; now: Now },
): Promise<PeerComparison> {
  const script = join(root, SCRIPTS, "bench_sklearn.py");
  const python = existsSync(script) ? await pythonWithScikitLearn() : null;
  return compare("scikit-learn", {
    size,
    now,
    script,
    program: python,
    install: "apt-get install python3-sklearn",
  });
}

/** The npm packages that were the alternative, at a size that the slowest of them can bear. */
export async function compareWithNpm(
  size: PeerSize,
  { root, now }: { root: string; now: Now },
): Promise<PeerComparison> {
  const script = join(root, SCRIPTS, "bench_npm.mjs");
  const isThere = existsSync(join(root, "node_modules", "ml-isolation-forest"));
  return compare("npm packages", {
    size,
    now,
    script,
    program: isThere ? process.execPath : null,
    install: "npm ci in the source, with development dependencies",
  });
}

type Peer = { size: PeerSize; now: Now; script: string; program: string | null; install: string };

async function compare(peer: string, { size, now, script, program, install }: Peer): Promise<PeerComparison> {
  const missing = (why: string): PeerComparison => ({ peer, size, missing: why, pairs: [] });
  if (!existsSync(script)) return missing("its script comes with the source only: run this in a clone");
  if (program === null) return missing(`not installed (${install})`);
  const matrix = madeUpMatrix(size.rows, size.columns, 5);
  const folder = await mkdtemp(join(tmpdir(), "smartcloudops-bench-"));
  try {
    const file = join(folder, "matrix.f32");
    await writeFile(file, new Uint8Array(matrix.values.buffer));
    const { version, results } = await runPeer(program, script, size, file);
    const ours = timeMembers(matrix, { ...size, trees: TREES, now });
    const pairs = results.flatMap((theirs) => {
      const own = ours.find(({ name }) => name === theirs.name);
      return own === undefined
        ? []
        : [{ name: theirs.name, package: theirs.package ?? version, theirs, ours: own }];
    });
    return { peer, size, missing: null, pairs };
  } catch (error) {
    // A peer that breaks is no failure of ours, and must not cost the rest of the measurement.
    return missing(`it failed: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runPeer(program: string, script: string, size: PeerSize, file: string) {
  const { rows, columns, scoreRows, singleRows } = size;
  const { stdout } = await promisify(execFile)(
    program,
    [script, ...[rows, columns, scoreRows, singleRows].map(String), file],
    {
      env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" },
      timeout: PEER_LIMIT_MS,
      maxBuffer: 64 << 20,
    },
  );
  const line = stdout
    .trimEnd()
    .split("\n")
    .findLast((each) => each.startsWith("{"));
  return report.parse(JSON.parse(line ?? "null"));
}

async function pythonWithScikitLearn(): Promise<string | null> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const found = await promisify(execFile)(python, ["-c", "import sklearn"], { timeout: 60_000 }).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}
