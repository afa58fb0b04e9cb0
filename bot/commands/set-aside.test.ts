import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../infra/database/open.ts";
import { setAside } from "./set-aside.ts";

const now = { wall: () => 1_700_000_000_000, pid: 4242 };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "data-"));
  writeFileSync(join(directory, "holiday.jpg"), "not ours");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function writeStore(): void {
  for (const name of ["smartcloudops.db", "smartcloudops.db-wal", "audit.key"])
    writeFileSync(join(directory, name), name);
  mkdirSync(join(directory, "models"));
  writeFileSync(join(directory, "models", "web-1"), "a model");
}

test("our own files go into a folder beside them, and nothing else does", () => {
  writeStore();
  const kept = setAside(directory, now);
  expect(kept).toBe(join(directory, "kept-2023-11-14T22-13-20-000Z"));
  expect(readdirSync(kept ?? "").sort()).toEqual([
    "audit.key",
    "models",
    "smartcloudops.db",
    "smartcloudops.db-wal",
  ]);
  expect(readFileSync(join(kept ?? "", "models", "web-1"), "utf8")).toBe("a model");
  expect(readdirSync(directory).filter((name) => !name.startsWith("smartcloudops.db.lock"))).toEqual([
    "holiday.jpg",
    "kept-2023-11-14T22-13-20-000Z",
  ]);
});

test("a store that a running bot writes is left where it is, and the process is named", async () => {
  const running = await openDatabase(join(directory, "smartcloudops.db"), { wall: now.wall });
  const before = readdirSync(directory);
  expect(() => setAside(directory, now)).toThrow(`in use by process ${process.pid} since`);
  expect(readdirSync(directory)).toEqual(before);
  await running.close();
  expect(setAside(directory, now)).not.toBeNull();
  // The lock is let go of again.
  await (await openDatabase(join(directory, "smartcloudops.db"), { wall: now.wall })).close();
});

test("where there is no store, there is nothing to do", () => {
  expect(setAside(directory, now)).toBeNull();
  expect(setAside(join(directory, "none"), now)).toBeNull();
  expect(() => setAside(join(directory, "holiday.jpg"), now)).toThrow("SMARTCLOUDOPS_DATA_DIR");
});
