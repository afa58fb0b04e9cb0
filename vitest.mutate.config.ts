import { defineConfig } from "vitest/config";

/**
 * For `npm run mutate`: the safety core's own tests, which need no other program. Left out are long simulations, which
 * would be run for almost every mutant and find what the others find.
 */
export default defineConfig({
  test: {
    include: ["remediation/**/*.test.ts"],
    exclude: ["storm", "kill", "full-disk", "recover-many", "state-machine", "*-on-postgres"].map(
      (name) => `remediation/${name}.test.ts`,
    ),
    testTimeout: 30_000,
    pool: "threads",
    isolate: false,
  },
});
