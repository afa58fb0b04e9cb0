import { existsSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

/** Long simulations, which would be run for almost every mutant and find what the others find. */
const leftOut = ["storm", "kill", "full-disk", "recover-many", "state-machine", "*-on-postgres"];
/** They reach nothing of what is mutated, or only as their way to something else. */
const elsewhere = [
  "audit-chain",
  "backtest",
  "silences",
  "without-action",
  "next-window",
  "windows",
  "mass-event",
];
/** Asked last: a mutant is dead as soon as one test fails, and most die in the quick ones. */
const slow = ["execute", "digest", "blast-radius", "autonomy", "approval-matrix", "recover"];

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification) =>
      slow.findIndex((name) => file.moduleId.endsWith(`/${name}.test.ts`));
    return files.toSorted((a, b) => rank(a) - rank(b));
  }
}

/** For `npm run mutate`: the safety core's own tests, which need no other program. */
export default defineConfig({
  test: {
    include: ["remediation/**/*.test.ts"],
    exclude: [...leftOut, ...elsewhere].map((name) => `remediation/${name}.test.ts`),
    setupFiles: ["fixtures/mutation-setup.ts"],
    sequence: { sequencer: QuickFirst },
    env: {
      APPROVAL_RUNS: "250",
      // Files of tests are synced for each commit: in memory where there is such a place.
      ...(existsSync("/dev/shm") ? { TMPDIR: "/dev/shm" } : {}),
    },
    testTimeout: 30_000,
    // One file each instead of hundreds, which are loaded for every mutant anew.
    deps: { optimizer: { ssr: { enabled: true, include: ["kysely", "zod", "yaml", "fast-check", "pg"] } } },
    pool: "threads",
    isolate: false,
  },
});
