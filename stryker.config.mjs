/**
 * The mutation score of the safety core: `npm run mutate`, or of single files `npm run mutate -- --mutate FILE`. Every
 * mutant is tried on the core's own tests; the run is too long for each change, so it is made by hand before a release.
 */
export default {
  testRunner: "vitest",
  // Which tests reach a mutant is known from the first run; to look for related files again takes longer than the tests.
  vitest: { configFile: "vitest.mutate.config.ts", related: false },
  coverageAnalysis: "perTest",
  // What a module computes while it is loaded would be tried on all tests, for few mutants.
  ignoreStatic: true,
  // Not counted: an emptied text. Messages are not safety, and a value that is a word (a status, a verb) is a type's.
  mutator: { excludedMutations: ["StringLiteral"] },
  mutate: [
    "remediation/{approve,may-approve,approvals,people,policy,digest,expire,pause,break-glass,decide-alone}.ts",
    "remediation/{journal,run-step,run-plan,way-back,expected-state,reach,execute,recover,conclude}.ts",
    "remediation/{write-plan,sealed-story,still-fires,take-back,run-later,rollback,take-back-worse}.ts",
    "remediation/{guards,breaker,quarantine,blast-radius}.ts",
  ],
  // The sandbox holds what the core's tests read, and nothing of what they do not.
  ignorePatterns: ["/dist", "/data", "/coverage", "/fixtures/screenshots", "/.stryker-tmp"],
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ["clear-text", "progress-append-only", "json"],
  jsonReporter: { fileName: "coverage/mutation.json" },
  // A second run tries again only what its tests or its lines have changed for.
  incremental: true,
  incrementalFile: "coverage/mutation-incremental.json",
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 80, break: 80 },
  tempDirName: ".stryker-tmp",
  disableTypeChecks: false,
};
