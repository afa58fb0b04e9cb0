/**
 * The mutation score of the safety core: `npm run mutate`, or of single files `npm run mutate -- --mutate FILE`. Every
 * mutant is tried on the core's own tests; the run is too long for each change, so it is made by hand before a release.
 */
export default {
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutate.config.ts", related: false },
  ignoreStatic: true,
  mutator: { excludedMutations: ["StringLiteral"] },
  // The sandbox holds what the core's tests read, and nothing of what they do not.
  ignorePatterns: [
    "/dist",
    "/data",
    "/coverage",
    "/fixtures/screenshots",
    "/.stryker-tmp",
  ],
  mutate: [
    "remediation/{approve,approvals,people,policy,digest,expire,pause}.ts",
    "remediation/{journal,run-step,run-plan,way-back,expected-state,reach}.ts",
    "remediation/{guards,breaker,quarantine,blast-radius}.ts",
  ],
  coverageAnalysis: "perTest",
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ["clear-text", "progress-append-only", "json"],
  jsonReporter: { fileName: "coverage/mutation.json" },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 80, break: 80 },
  tempDirName: ".stryker-tmp",
  disableTypeChecks: false,
};
