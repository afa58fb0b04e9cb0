import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../infra/config.ts";
import { loadDefinitions } from "./definitions.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "definitions-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const load = (environment: NodeJS.ProcessEnv) => loadDefinitions(loadConfig(environment, () => ""));

test("the package's own rules name only runbooks and metrics that there are", async () => {
  expect((await load({})).rules.length).toBeGreaterThan(3);
});

test("a rule may name a metric that the user's catalog adds, and no other", async () => {
  const rules = write("rules.yaml", "rules:\n  - {name: a, when: {leading: [queue]}, runbook: reboot}\n");
  await expect(load({ SMARTCLOUDOPS_RULES: rules })).rejects.toThrow(
    `${rules}:2:32 rules.0.when.leading.0: no metric of the catalog is called "queue"`,
  );
  const catalog = write(
    "catalog.yaml",
    "metrics: [{name: queue, unit: count, worse: more, smallest_change: 1, expr: queue_length}]\n",
  );
  const { rules: loaded } = await load({ SMARTCLOUDOPS_RULES: rules, SMARTCLOUDOPS_CATALOG: catalog });
  expect(loaded).toHaveLength(1);
});
