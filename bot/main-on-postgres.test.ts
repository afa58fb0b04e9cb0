import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { hasPostgres, testPostgres, type TestPostgres } from "../fixtures/fakes/postgres-server.ts";
import { loadConfig } from "../infra/config.ts";
import { auditExport, auditVerify } from "./commands/audit.ts";
import { doctorCommand } from "./commands/doctor-command.ts";
import { type Running, start } from "./main.ts";

/** The whole program on the recorded incident with PostgreSQL as its store, and the commands beside it. */
describe.runIf(hasPostgres())("the bot on PostgreSQL", () => {
  let server: TestPostgres;
  let directory: string;
  let environment: NodeJS.ProcessEnv;
  let running: Running | null = null;
  const logged: string[] = [];

  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "smartcloudops-"));
    environment = {
      PORT: "0",
      SMARTCLOUDOPS_DATA_DIR: directory,
      SMARTCLOUDOPS_REPLAY_SPEED: "30",
      DATABASE_URL: await server.createDatabase({ empty: true }),
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    logged.length = 0;
  });
  afterEach(async () => {
    await running?.stop();
    running = null;
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true, force: true });
  });

  const begin = (changes: NodeJS.ProcessEnv = {}) =>
    start(
      loadConfig({ ...environment, ...changes }, () => ""),
      {
        print: (line) => logged.push(line),
        writeLog: (line) => logged.push(line),
        wall: Date.now,
        workerUrl: new URL("../dist/bot/worker.js", import.meta.url),
        consoleFiles: new URL("../dist/bot/console/", import.meta.url),
      },
    );

  type Plan = { id: string; status: string; digest: string };

  async function plan(isIt: (each: Plan) => boolean, seconds: number): Promise<Plan> {
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
      const response = await fetch(`${running?.url}/plans`);
      const found = ((await response.json()) as { plans: Plan[] }).plans.find(isIt);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error(`not seen within ${seconds} s; the log ends: ${logged.slice(-5).join("")}`);
  }

  it("finds, proposes and acts, keeps it over a restart, and lets the commands look", async () => {
    running = await begin();
    const proposed = await plan(({ status }) => status === "proposed", 60);
    await fetch(`${running.url}/plans/${proposed.id}/approve`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ digest: proposed.digest }),
    });
    await plan(({ id, status }) => id === proposed.id && status === "done", 30);
    const printed: string[] = [];
    const print = (line: string) => void printed.push(line);
    expect(await auditVerify(print)).toBe("whole");
    await auditExport(print);
    expect(printed[0]).toMatch(/^ok: \d+ entries/);
    expect(printed.filter((line) => line.includes('"verb":"approve"'))).toHaveLength(1);
    expect(await doctorCommand({ report: null, print })).toBe(true);
    expect(printed.find((line) => line.includes(" store: "))).toMatch(
      /ok +store: postgres:\/\/postgres@127\.0\.0\.1:\d+\/test_\d+ answers, schema current, its clock agrees/,
    );
    const collected = await server.run("select count(*) as rows from metric_rows", environment.DATABASE_URL);
    expect(Number(collected[0]?.rows)).toBeGreaterThan(0);

    await expect(begin()).rejects.toThrow(/is in use by process \d+ on .* one process writes it at a time/);

    await running.stop();
    running = await begin();
    expect((await plan(({ id }) => id === proposed.id, 5)).status).toBe("done");
    expect(await auditVerify(print)).toBe("whole");
    const errors = logged.filter((line) => line.includes('"level":50'));
    expect(errors).toEqual([]);
    expect(logged.join("")).not.toMatch(/p@ss|p%40ss/);
  }, 150_000);

  it("refuses a database that was sealed with another key", async () => {
    running = await begin();
    await running.stop();
    running = null;
    writeFileSync(join(directory, "audit.key"), "0".repeat(64));
    await expect(begin()).rejects.toThrow(/is not the key with which this database was sealed/);
  }, 60_000);

  it("stops while the database is gone instead of waiting for it", async () => {
    running = await begin();
    await plan(({ status }) => status === "proposed", 60);
    await server.crash();
    const ready = await fetch(`${running.url}/ready`);
    expect(ready.status).toBe(503);
    await running.stop().catch(() => undefined);
    running = null;
    await server.start();
  }, 150_000);
});
