import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../infra/config.ts";
import { readConfigFile } from "../../infra/config-file.ts";
import { demoPolicyHolds } from "../../infra/config-texts.ts";
import { ConfigError } from "../../infra/errors.ts";
import { loadCatalog } from "../../infra/prometheus/load-catalog.ts";
import { demoPolicy, denyAllPolicy, parsePolicy, type Policy } from "../../remediation/policy.ts";
import { parseRulesFile, type RulesFile } from "../../remediation/rules.ts";
import { parseRunbooks, type Runbook } from "../../remediation/runbook.ts";
import { packageRoot } from "../package-root.ts";

export type Definitions = { policy: Policy; runbooks: Runbook[] } & RulesFile;

/** Policy, runbooks and rules as configured. What is unreadable or invalid refuses to start, naming the place. */
export async function loadDefinitions(config: Config): Promise<Definitions> {
  const own = join(packageRoot(), "remediation");
  const policy = await loadPolicy(config);
  const directory = config.runbooksDirectory ?? join(own, "runbooks");
  const runbooks = parseRunbooks(await readYamlFiles(directory));
  if (runbooks.length === 0) {
    throw new ConfigError([`${directory} holds no .yaml file: correct SMARTCLOUDOPS_RUNBOOKS or unset it`]);
  }
  const rulesFile = config.rulesFile ?? join(own, "rules.yaml");
  // Only the names: how the metrics are asked for depends on the source, which is opened later.
  const catalog = await loadCatalog({ file: config.catalogFile });
  const metrics = catalog.metrics.map(({ name }) => name);
  const metricNamed = (alias: string) => catalog.find(alias)?.name ?? null;
  const rulesText = await readConfigFile(rulesFile, "SMARTCLOUDOPS_RULES");
  return { policy, runbooks, ...parseRulesFile(rulesText, rulesFile, { runbooks, metrics, metricNamed }) };
}

async function loadPolicy(config: Config): Promise<Policy> {
  if (config.policyFile !== null) {
    return parsePolicy(await readConfigFile(config.policyFile, "SMARTCLOUDOPS_POLICY"), config.policyFile);
  }
  if (demoPolicyHolds(config)) return demoPolicy();
  return denyAllPolicy("there is no policy");
}

async function readYamlFiles(directory: string): Promise<{ file: string; text: string }[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `${directory} cannot be read (${code}): correct SMARTCLOUDOPS_RUNBOOKS or unset it`,
    ]);
  }
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  return Promise.all(
    files.map(async (name) => ({
      file: join(directory, name),
      text: await readFile(join(directory, name), "utf8"),
    })),
  );
}
