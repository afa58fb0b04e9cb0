import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{bot,intents,ml,remediation,infra,fixtures}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
