// Who may import whom (the table in CONTRIBUTING.md). `import type` is allowed between all folders except into bot.
const code = { dependencyTypesNot: ["type-only"] };
const core = (name, others) => ({
  name: `${name}-stays-pure`,
  severity: "error",
  from: { path: `^${name}/` },
  to: { path: `^(${others.join("|")})/`, ...code },
});

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    core("intents", ["bot", "infra", "ml", "remediation"]),
    core("ml", ["bot", "infra", "intents", "remediation"]),
    core("remediation", ["bot", "infra", "intents", "ml"]),
    {
      name: "nobody-knows-the-bot",
      severity: "error",
      from: { path: "^(intents|ml|remediation|infra)/" },
      to: { path: "^bot/" },
    },
    {
      name: "only-tests-read-fixtures",
      severity: "error",
      from: { path: "^(bot|intents|ml|remediation|infra)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^fixtures/" },
    },
    {
      name: "kysely-stays-with-the-tables",
      severity: "error",
      from: {
        path: "^(bot|intents|ml|remediation|infra)/",
        pathNot:
          "^(remediation/(store|tables|store/.*)\\.ts|infra/database/|bot/conversations/)|\\.test\\.ts$",
      },
      to: { path: "node_modules/kysely", ...code },
    },
    {
      name: "the-core-does-no-io",
      severity: "error",
      from: { path: "^(intents|ml|remediation)/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"], path: "^(node:)?(fs|net|http|https|child_process|worker_threads)" },
    },
    {
      name: "vendors-stay-in-infra",
      severity: "error",
      from: { path: "^(bot|intents|ml|remediation)/", pathNot: "\\.test\\.ts$" },
      to: { path: "node_modules/(@aws-sdk|@smithy|axios|better-sqlite3|pg|prom-client|pino)/", ...code },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|node_modules)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".js", ".json"],
      conditionNames: ["import", "types", "default"],
    },
  },
};
