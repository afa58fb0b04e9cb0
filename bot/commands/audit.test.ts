import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { takeFenceAway } from "../../fixtures/fakes/audit-fence.ts";
import { auditHeadsFile, openAuditHeads } from "../../infra/database/audit-heads.ts";
import { loadAuditKey } from "../../infra/database/audit-key.ts";
import { type OpenDatabase, openDatabase } from "../../infra/database/open.ts";
import { appendAudit, auditHead } from "../../remediation/audit.ts";
import { createStore, type Store } from "../../remediation/store.ts";
import { runCommandLine } from "./program.ts";

let folder: string;
let database: OpenDatabase;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "audit-"));
  vi.stubEnv("SMARTCLOUDOPS_DATA_DIR", folder);
  database = await openDatabase(join(folder, "smartcloudops.db"), { wall: () => 0 });
  store = createStore(database.db, loadAuditKey(join(folder, "audit.key"), { create: true }));
  const ctx = { store, clock: { wall: () => 1_700_000_000_000, metric: () => 1_700_000_000 } };
  for (let n = 0; n < 6; n += 1) {
    const note = {
      actor: "mara",
      verb: "approve",
      subject: `plan-${n}`,
      detail: { reason: "AKIAABCDEFGHIJKLMNOP" },
    };
    await store.transaction((trx) => appendAudit(trx, n === 3 ? note : { ...note, detail: {} }, ctx));
  }
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

async function run(...argv: string[]) {
  const [printed, told]: [string[], string[]] = [[], []];
  const exitCode = await runCommandLine(argv, {
    print: (line) => printed.push(line),
    tell: (line) => told.push(line),
    progress: () => undefined,
    input: [] as unknown as AsyncIterable<string>,
  });
  return { exitCode, printed, told: told.join("\n") };
}

const notProven = (why: string) =>
  expect.stringContaining(
    `not proven: the chain of 6 entries is whole, but ${why}: a truncated end cannot be told`,
  ) as string;

test("without an anchor the chain is whole and its end is not proven, with a head of one's own it is", async () => {
  const { seq, hash } = (await auditHead(store))!;
  const file = join(folder, auditHeadsFile);
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 3,
    printed: [notProven(`no anchor was found in ${file}`), `head ${seq}:${hash}`],
  });
  writeFileSync(file, "garbled\n");
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 3,
    printed: [
      expect.stringContaining("1 lines of audit-heads.jsonl cannot be read"),
      notProven(`no anchor was found in ${file}`),
      `head ${seq}:${hash}`,
    ],
  });
  expect(await run("audit", "verify", "--head", `${seq}:${hash}`)).toMatchObject({
    exitCode: 0,
    printed: expect.arrayContaining([
      "ok: 6 entries, none changed, none missing",
      `head ${seq}:${hash}`,
    ]) as string[],
  });
  rmSync(file);
  expect(await run("audit", "verify", "--head", `9:${hash}`)).toMatchObject({
    exitCode: 1,
    printed: [
      expect.stringContaining("entry 7 is broken: the chain ends at 6, but the head you name names 9"),
    ],
  });
  expect(await run("audit", "verify", "--head", "9")).toMatchObject({
    exitCode: 2,
    told: expect.stringContaining("--head must be SEQ:HASH") as string,
  });
});

test("a newest anchor that cannot be read could have named a later end; an older torn one could not", async () => {
  const file = join(folder, auditHeadsFile);
  openAuditHeads(file).append({ at: 1, ...(await auditHead(store))! });
  appendFileSync(file, '{"at":2,"se');
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 3,
    printed: expect.arrayContaining([notProven(`the newest line of ${file} cannot be read`)]) as string[],
  });
  openAuditHeads(file).append({ at: 3, ...(await auditHead(store))! });
  expect(await run("audit", "verify")).toMatchObject({ exitCode: 0 });
});

test("a cut tail together with its counter is found by the anchors in the data folder", async () => {
  openAuditHeads(join(folder, auditHeadsFile)).append({
    at: Date.parse("2026-11-21T03:00:00Z"),
    ...(await auditHead(store))!,
  });
  expect((await run("audit", "verify")).printed).toContain("1 anchors agree, the newest names 6");
  await takeFenceAway(database.db);
  await database.db.deleteFrom("audit").where("seq", ">", 4).execute();
  await database.db.updateTable("counters").set({ value: 4 }).where("name", "=", "audit").execute();
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 1,
    printed: [
      expect.stringMatching(
        /^entry 5 is broken: the chain ends at 4, but the anchor of 2026-11-21T03:00:00\.000Z names 6/,
      ),
    ],
  });
});

test("an export is checked with nothing but its key, and shows no secret", async () => {
  const { printed } = await run("audit", "export");
  expect(printed).toHaveLength(6);
  expect(printed.join()).not.toContain("AKIA");
  expect(JSON.parse(printed[3] ?? "")).toMatchObject({ seq: 4, redacted: true });
  const file = join(folder, "export.jsonl");
  writeFileSync(file, `${printed.slice(0, 3).join("\n")}\n`);
  const key = join(folder, "key-of-the-audit");
  writeFileSync(key, readFileSync(join(folder, "audit.key")));
  expect(await run("audit", "verify", "--file", file, "--key", key)).toMatchObject({
    exitCode: 3,
    printed: [
      expect.stringContaining("an export says nothing of what came after it"),
      expect.stringMatching(/^head 3:/),
    ],
  });
  const { hash } = JSON.parse(printed[2] ?? "") as { hash: string };
  expect(await run("audit", "verify", "--file", file, "--key", key, "--head", `3:${hash}`)).toMatchObject({
    exitCode: 0,
    printed: expect.arrayContaining(["ok: 3 entries, none changed, none missing"]) as string[],
  });
  writeFileSync(file, printed.slice(0, 3).join("\n").replace("plan-1", "plan-9"));
  expect(await run("audit", "verify", "--file", file)).toMatchObject({
    exitCode: 1,
    printed: ["entry 2 is broken: its content was changed"],
  });
  writeFileSync(file, "[]\nnull\n");
  expect(await run("audit", "verify", "--file", file)).toMatchObject({ exitCode: 1 });
  writeFileSync(file, "not an export\n");
  expect(await run("audit", "verify", "--file", file)).toMatchObject({
    exitCode: 2,
    told: expect.stringContaining("line 1 is no entry of an export") as string,
  });
  expect(await run("audit", "verify", "--key", key)).toMatchObject({ exitCode: 2 });
});
