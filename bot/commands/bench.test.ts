import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compileModules } from "../../fixtures/fakes/compiled.ts";
import { memberNames } from "../../ml/members.ts";
import { renderBench } from "../bench/render.ts";
import { bench, type BenchResult } from "./bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const anyNumber = expect.any(Number) as number;

test(
  "a quick run measures everything there is, and a peer that is missing is a line",
  { timeout: 120_000 },
  async () => {
    // Compiled, because scorers run in threads, which load no TypeScript.
    const compiled = compileModules(["bot/commands/bench.ts", "bot/worker.ts"]);
    try {
      const module = (await import(compiled.url("bot/commands/bench.ts").href)) as { bench: typeof bench };
      const said: string[] = [];
      const text = await module.bench({ quick: true, json: true, root, progress: (line) => said.push(line) });
      const result = JSON.parse(text) as BenchResult;
      expect(said).toContain("10 targets: starting their scorers");
      expect(result.detector.members.map(({ name }) => name)).toEqual(memberNames);
      expect(result.detector.cold).toEqual({
        ...{ readMs: anyNumber, firstMs: anyNumber, p50: anyNumber, p99: anyNumber },
      });
      const { trainMs, batchMs, row, memory } = result.detector;
      for (const measured of [trainMs, batchMs, row.p50, row.p99, memory.encodedBytes, memory.heldBytes])
        expect(measured).toBeGreaterThan(0);
      expect(result.cycles).toHaveLength(1);
      expect(result.cycles[0]).toMatchObject({ metrics: 14, scored: 10, incidents: 1, problem: null });
      const npm = result.peers.find(({ peer }) => peer === "npm packages")!;
      expect(npm.missing).toBeNull();
      expect(npm.pairs.map(({ package: from }) => from.split(" ")[0])).toEqual([
        ...["ml-isolation-forest", "libsvm-js", "ml-knn", "ml-pca"],
      ]);
      const scikitLearn = result.peers.find(({ peer }) => peer === "scikit-learn")!;
      if (scikitLearn.missing === null) expect(scikitLearn.pairs).toHaveLength(memberNames.length);
      else console.log(`bench: scikit-learn not compared, ${scikitLearn.missing}`);
      expect(process.env.CI === "true" && scikitLearn.missing !== null).toBe(false);

      const tables = renderBench(result);
      expect(tables).toMatch(/^isolation-forest: fit .* \d+(\.\d+)?x +ml-isolation-forest 0\.1\.0$/m);
      expect(tables).toMatch(/^longest block of the event loop: calm, faults +\d/m);
      expect(tables).toContain("QUICK");
    } finally {
      compiled.remove();
    }
  },
);

test("where peers and threads are missing, lines say so and nothing fails", async () => {
  const empty = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    // A package without its source: no scripts of peers. From TypeScript: no threads.
    const missing = await bench({ quick: true, root: empty });
    expect(missing).toMatch(/^scikit-learn: not compared, its script comes with the source only/m);
    expect(missing).toMatch(/^npm packages: not compared, /m);
    expect(missing).toMatch(/^A minute's cycle is measured by the compiled program only/m);
    expect(missing).toContain("A cold thread is measured by the compiled program only.");
  } finally {
    rmSync(empty, { recursive: true });
  }
});
