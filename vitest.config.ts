import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{bot,intents,ml,remediation,infra,fixtures}/**/*.test.ts"],
    // .ci/run reads the counts from this file.
    reporters:
      process.env.CI === "true" ? ["default", ["json", { outputFile: "coverage/tests.json" }]] : ["default"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
