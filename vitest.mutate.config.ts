import { defineConfig } from "vitest/config";

/** For `npm run mutate`: the safety core's own tests, which need no other program. */
export default defineConfig({
  test: {
    include: ["remediation/**/*.test.ts"],
    // Long simulations: they would be run for almost every mutant, and find what the others find.
    exclude: ["remediation/storm.test.ts", "remediation/torture/**"],
    testTimeout: 30_000,
  },
});
