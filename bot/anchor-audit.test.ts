import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeFenceAway } from "../fixtures/fakes/audit-fence.ts";
import { coreWorld, type World } from "../fixtures/fakes/core.ts";
import { auditHeadsFile, openAuditHeads } from "../infra/database/audit-heads.ts";
import { appendAudit, auditHead, verifyAudit } from "../remediation/audit.ts";
import { anchorAudit } from "./anchor-audit.ts";

let world: World;
let folder: string;
let logged: { level: string; event: unknown }[];

beforeEach(async () => {
  world = await coreWorld();
  folder = mkdtempSync(join(tmpdir(), "heads-"));
  logged = [];
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
const anchor = () =>
  anchorAudit({
    store: world.ctx.store,
    heads: openAuditHeads(file()),
    wall: () => world.now,
    log: {
      info: (fields) => logged.push({ level: "info", ...(fields as { event: unknown }) }),
      error: (fields) => logged.push({ level: "error", ...(fields as { event: unknown }) }),
    },
  });

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
    { at: world.now, ...head },
    { at: world.now, ...(await auditHead(world.ctx.store)) },
  ]);
});

test("a tail cut off together with its counter is told within the hour, and found by the file ever after", async () => {
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
  expect(heads).toHaveLength(1);
  expect(await verifyAudit(store, heads)).toMatchObject({ ok: false, seq: 5 });
});

test("a torn or foreign line of the file is counted and spoils no other", async () => {
  await write(1);
  await anchor();
  appendFileSync(file(), '{"at":1,"se');
  await write(1);
  await anchor();
  const { heads, unreadable } = openAuditHeads(file()).read();
  expect(heads.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(unreadable).toBe(1);
  expect(readFileSync(file(), "utf8").split("\n")).toHaveLength(4);
  writeFileSync(file(), 'null\n{"at":1,"seq":1,"hash":"short"}\n[]\n');
  expect(openAuditHeads(file()).read()).toEqual({ heads: [], unreadable: 3 });
});
