import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

/** These cause or measure real load on this machine: beside others they would see theirs, and others would be slow. */
const loud = ["bot/commands/drill*.test.ts", "bot/drill/keeper.test.ts"];

export default defineConfig({
  test: {
    // .ci/run reads the counts from this file.
    reporters:
      process.env.CI === "true" ? ["default", ["json", { outputFile: "coverage/tests.json" }]] : ["default"],
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["{bot,intents,ml,remediation,infra,fixtures}/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...loud],
          // Many tests wait for real programs: more workers than processors are no loss.
          maxWorkers: Math.max(3, availableParallelism() - 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "alone", include: loud, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
