import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadAuditKey } from "../../infra/database/audit-key.ts";
import { createMetricsHistory } from "../../infra/database/metrics-history.ts";
import { openDatabase } from "../../infra/database/open.ts";
import { runCommandLine } from "./program.ts";

async function run(...argv: string[]): Promise<{ exitCode: number; printed: string; told: string }> {
  const [printed, told]: [string[], string[]] = [[], []];
  const exitCode = await runCommandLine(argv, {
    print: (line) => printed.push(line),
    tell: (line) => told.push(line),
    progress: (line) => told.push(line),
    input: (async function* () {})(),
  });
  return { exitCode, printed: printed.join("\n"), told: told.join("\n") };
}

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "backtest-"));
  const data = join(folder, "data");
  mkdirSync(data);
  const rules = join(folder, "rules.yaml");
  const when = "{metric: {name: disk, above: 90}, for: 10m, tags: {service: shop}}";
  writeFileSync(rules, `rules: [{name: full, when: ${when}, runbook: clean-disk}]`);
  const targets = join(folder, "targets.yaml");
  writeFileSync(targets, "- {name: web-1, tags: {service: shop}}\n- {name: web-2, tags: {service: blog}}\n");
  vi.stubEnv("SMARTCLOUDOPS_DATA_DIR", data);
  vi.stubEnv("SMARTCLOUDOPS_RULES", rules);
  vi.stubEnv("SMARTCLOUDOPS_TARGETS", targets);
  vi.stubEnv("PROMETHEUS_URL", "http://127.0.0.1:9");
  const { db, close } = await openDatabase(join(data, "smartcloudops.db"), { wall: () => 0 });
  loadAuditKey(join(data, "audit.key"), { create: true });
  const history = createMetricsHistory({ db, source: "prometheus", stepSeconds: 60 });
  for (const target of ["web-1", "web-2"])
    await history.append(
      Array.from({ length: 2_880 }, (_, n) => ({
        target,
        at: 1_700_006_400 + n * 60,
        metrics: ["disk_usage_percent"],
        values: [n % 960 < 30 ? 95 : 40],
      })),
    );
  await close();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("backtest reads the store and tells when a rule would have fired", async () => {
  const { exitCode, printed, told } = await run("backtest", "full", "--window", "2d");
  expect(exitCode).toBe(0);
  expect(printed.split("\n")[0]).toBe("full would have fired 3 times in 2 days (times are UTC)");
  expect(printed).toContain("fired 2023-11-15 00:10 web-1 no incident");
  expect(printed).not.toContain("web-2");
  expect(told).toContain("% of the history");
  const json = JSON.parse((await run("backtest", "full", "--window", "2d", "--json")).printed) as {
    fired: number;
    proposals: number;
  };
  expect(json).toMatchObject({ fired: 3, proposals: 0 });
});

test("schema prints what an editor can check rules against", async () => {
  const { exitCode, printed } = await run("schema", "rules");
  expect(exitCode).toBe(0);
  const schema = JSON.parse(printed) as { properties: object };
  expect(Object.keys(schema.properties)).toEqual(["rules", "maintenance", "freezes"]);
  expect((await run("schema", "bogus")).exitCode).toBe(2);
});

test("backtest names the rules there are, and what a window looks like", async () => {
  expect(await run("backtest", "ful")).toMatchObject({
    exitCode: 2,
    told: expect.stringContaining('There is no rule "ful"; there are: full.') as string,
  });
  expect(await run("backtest", "full", "--window", "soon")).toMatchObject({
    exitCode: 2,
    told: expect.stringContaining("36h, 14d or 4w") as string,
  });
});
