import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { takeFenceAway } from "../../fixtures/fakes/audit-fence.ts";
import { coreWorld, memoryAlert, personIn } from "../../fixtures/fakes/core.ts";
import { raiseAlert } from "../../remediation/incident.ts";
import { acknowledge } from "../../remediation/triage.ts";
import { runCommandLine } from "./program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pack-"));
  vi.stubEnv("SMARTCLOUDOPS_DATA_DIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function run(...argv: string[]) {
  const [printed, told]: [string[], string[]] = [[], []];
  const exitCode = await runCommandLine(argv, {
    print: (line) => printed.push(line),
    tell: (line) => told.push(line),
    progress: () => undefined,
    input: [] as unknown as AsyncIterable<string>,
  });
  return { exitCode, printed: printed.join("\n"), told: told.join("\n") };
}

test("an incident becomes one file that only its owner may read; a broken record is told with code 1", async () => {
  const world = await coreWorld({ file: join(folder, "smartcloudops.db") });
  writeFileSync(join(folder, "audit.key"), world.ctx.store.key.toString("hex"));
  await raiseAlert(memoryAlert(), world.ctx);
  await acknowledge("inc-1", personIn(world.ctx.policy, "olga"), world.ctx);
  const out = join(folder, "inc-1.html");
  expect(await run("incident", "inc-1", "--out", out)).toEqual({
    exitCode: 0,
    printed: expect.stringMatching(
      /inc-1\.html: \d+ kB, 0 plans, 0 charts, 2 entries of the audit; the audit is whole$/,
    ) as string,
    told: "",
  });
  const page = readFileSync(out, "utf8");
  expect(page).toContain("web-1: memory is climbing");
  expect(page).toContain("Taken by Olga.");
  expect(statSync(out).mode & 0o777).toBe(0o600);

  await takeFenceAway(world.ctx.store.db);
  await world.ctx.store.db.updateTable("audit").set({ actor: "eve" }).where("seq", "=", 2).execute();
  expect(await run("incident", "inc-1", "--out", out)).toMatchObject({
    exitCode: 2,
    told: expect.stringContaining("a file stands there already; name another place") as string,
  });
  expect(readFileSync(out, "utf8")).toBe(page);
  const later = join(folder, "inc-1-broken.html");
  expect(await run("incident", "inc-1", "--out", later)).toMatchObject({
    exitCode: 1,
    printed: expect.stringContaining("the audit is BROKEN at entry 2") as string,
  });
  const broken = readFileSync(later, "utf8");
  expect(broken).toContain("The chain is broken at entry 2: its content was changed");
  expect(broken.indexOf("tampered with (entry 2)")).toBeLessThan(broken.indexOf("In short"));
  await world.close();
});

test("what is no incident, or cannot be written, is one line and code 2", async () => {
  const world = await coreWorld({ file: join(folder, "smartcloudops.db") });
  writeFileSync(join(folder, "audit.key"), world.ctx.store.key.toString("hex"));
  await raiseAlert(memoryAlert(), world.ctx);
  const out = join(folder, "x.html");
  for (const [argv, words] of [
    [["incident", "web-1", "--out", out], /write it like inc-12/],
    [["incident", "inc-9", "--out", out], /there is no inc-9/],
    [["incident", "inc-1", "--out", "/nope/x.html"], /--out \/nope\/x\.html/],
    [["incident", "inc-1"], /--out/],
  ] as const)
    expect(await run(...argv)).toMatchObject({ exitCode: 2, told: expect.stringMatching(words) as string });
  await world.close();
});
