import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeFenceAway } from "../fixtures/fakes/audit-fence.ts";
import { coreWorld, type World } from "../fixtures/fakes/core.ts";
import { auditHeadsFile, openAuditHeads } from "../infra/database/audit-heads.ts";
import { appendAudit, auditHead, listAudit, verifyAudit } from "../remediation/audit.ts";
import { createAuditAnchor } from "./anchor-audit.ts";

let world: World;
let folder: string;
let logged: { level: string; event: unknown }[];
/** One process; another begins with `restart`. */
let anchor: () => Promise<void>;

beforeEach(async () => {
  world = await coreWorld();
  folder = mkdtempSync(join(tmpdir(), "heads-"));
  logged = [];
  restart();
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, auditHeadsFile);
const write = async (count: number) => {
  for (let n = 0; n < count; n += 1)
    await world.ctx.store.transaction((trx) =>
      appendAudit(trx, { actor: "mara", verb: "approve", subject: "plan-1" }, world.ctx),
    );
};
const told = (level: string) => (fields: object) =>
  void logged.push({ level, ...(fields as { event: unknown }) });
const restart = () => {
  anchor = createAuditAnchor({
    core: world.ctx,
    heads: openAuditHeads(file()),
    log: { info: told("info"), warn: told("warn"), error: told("error") },
  });
};
const noted = () =>
  openAuditHeads(file())
    .read()
    .heads.map(({ seq }) => seq);

test("the chain's head goes into the log every time, and into the file when it has moved", async () => {
  await anchor();
  expect(logged).toEqual([]);
  await write(3);
  const head = await auditHead(world.ctx.store);
  await anchor();
  await anchor();
  expect(logged).toEqual([
    { level: "info", event: "audit head", ...head },
    { level: "info", event: "audit head", ...head },
  ]);
  await write(1);
  await anchor();
  expect(openAuditHeads(file()).read().heads).toEqual([
    { at: world.now, seq: 0, hash: "0".repeat(64) },
    { at: world.now, ...head },
    { at: world.now, ...(await auditHead(world.ctx.store)) },
  ]);
});

test("anchors that are gone are told once, in the log and in the chain, by a running bot and by the next start", async () => {
  await anchor();
  await write(3);
  await anchor();
  rmSync(file());
  await anchor();
  const missing = { level: "error", event: "audit anchors missing" };
  expect(logged.filter(({ level }) => level === "error")).toMatchObject([missing]);
  expect(noted()).toEqual([4]);
  await anchor();
  rmSync(file());
  restart();
  await anchor();
  expect(logged.filter(({ level }) => level === "error")).toMatchObject([missing, missing]);
  expect((await listAudit({ subject: "audit", limit: 9 }, world.ctx)).map(({ verb }) => verb)).toEqual([
    "miss anchors",
    "miss anchors",
  ]);
});

test("an older file of anchors that is put back under a running bot is told", async () => {
  await anchor();
  const older = readFileSync(file(), "utf8");
  await write(3);
  await anchor();
  writeFileSync(file(), older);
  await anchor();
  expect(logged.filter(({ level }) => level === "error")).toMatchObject([{ event: "audit anchors missing" }]);
  expect(noted()).toEqual([0, 4]);
});

test("a tail cut off together with its counter is told within the hour, and found by the file ever after", async () => {
  await anchor();
  await write(5);
  await anchor();
  const { store } = world.ctx;
  await takeFenceAway(store.db);
  await store.db.deleteFrom("audit").where("seq", ">", 3).execute();
  await store.db.updateTable("counters").set({ value: 3 }).where("name", "=", "audit").execute();
  await write(1);
  await anchor();
  expect(logged.at(-1)).toMatchObject({ level: "error", event: "audit broken", seq: 5 });
  const { heads } = openAuditHeads(file()).read();
  expect(heads.map(({ seq }) => seq)).toEqual([0, 5]);
  expect(await verifyAudit(store, heads)).toMatchObject({ ok: false, seq: 5 });
});

test("a torn or foreign line of the file is counted and spoils no other", async () => {
  await anchor();
  await write(1);
  await anchor();
  appendFileSync(file(), '{"at":1,"se');
  expect(openAuditHeads(file()).read()).toMatchObject({ unreadable: 1, cut: true });
  await anchor();
  expect(logged.at(-2)).toMatchObject({ level: "warn", event: "audit anchor torn" });
  expect(noted()).toEqual([0, 1, 1]);
  expect(openAuditHeads(file()).read()).toMatchObject({ unreadable: 1, cut: false });
  expect(readFileSync(file(), "utf8").split("\n")).toHaveLength(5);
  writeFileSync(file(), 'null\n{"at":1,"seq":1,"hash":"short"}\n[]\n');
  expect(openAuditHeads(file()).read()).toEqual({ heads: [], unreadable: 3, cut: true });
});
