import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeS3, startFakeS3 } from "../fixtures/fakes/s3-server.ts";
import { appendAudit, listAudit } from "../remediation/audit.ts";
import { createStore } from "../remediation/store.ts";
import { s3ModelFiles } from "./aws/s3-model-files.ts";
import { createModelRegister, type ModelRow } from "./database/models.ts";
import { type OpenDatabase, openDatabase } from "./database/open.ts";
import { localModelFiles, type ModelFiles } from "./model-files.ts";
import { createModelStore, KEPT_FILES, ModelStoreError, type ModelToSave } from "./model-store.ts";

const note = { actor: "mara", detail: { because: "person" } };
let directory: string;
let database: OpenDatabase;
let now = 1_700_000_000_000;
const complaints: string[] = [];
const complain = (message: string) => void complaints.push(message);

beforeEach(async () => {
  complaints.length = 0;
  directory = mkdtempSync(path.join(tmpdir(), "models-"));
  database = await openDatabase(":memory:", { wall: () => now });
});
afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true, force: true });
});

const core = () => ({
  store: createStore(database.db, Buffer.alloc(32, 7)),
  clock: { wall: () => now, metric: () => now / 1_000 },
});
const register = () =>
  createModelRegister({ db: database.db, audit: (trx, entry) => appendAudit(trx, entry, core()) });
const storeOn = (files: ModelFiles = localModelFiles(directory)) =>
  createModelStore({ files, register: register(), wall: () => (now += 1_000), complain });

const bytesOf = (n: number) => Uint8Array.from({ length: 100 }, (_, i) => (i * 7 + n) % 256);
const model = (n: number, parts: Partial<ModelToSave> = {}): ModelToSave => ({
  target: "web-1",
  bytes: bytesOf(n),
  meta: { rows: n },
  status: "live",
  synthetic: false,
  ...parts,
});
const statuses = async (store: ReturnType<typeof storeOn>) =>
  (await store.list("web-1")).map(({ id, status }) => `${id} ${status}`);
const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => "it worked",
    (error: unknown) => (error instanceof ModelStoreError ? error.message : `not ours: ${String(error)}`),
  );

describe("versions", () => {
  test("are numbered by target; the newest live one steps in and the others step back", async () => {
    const store = storeOn();
    for (const n of [1, 2, 3]) await store.save(model(n), note);
    await store.save(model(4, { target: "db-1" }), note);
    expect(await statuses(store)).toEqual(["web-1 v3 live", "web-1 v2 previous", "web-1 v1 retired"]);
    expect((await store.live()).map(({ id }) => id)).toEqual(["db-1 v1", "web-1 v3"]);
    expect(Uint8Array.from(await store.load((await store.find("web-1 v2")) ?? gone()))).toEqual(bytesOf(2));
  });

  test("that were refused change nothing about the live one, and never go live", async () => {
    const store = storeOn();
    await store.save(model(1), note);
    await store.save(model(2, { status: "refused" }), note);
    expect(await statuses(store)).toEqual(["web-1 v2 refused", "web-1 v1 live"]);
    expect(await store.promote("web-1 v2", note)).toBe(false);
    expect(await statuses(store)).toEqual(["web-1 v2 refused", "web-1 v1 live"]);
  });

  test("go back and forth, and every step is in the audit", async () => {
    const store = storeOn();
    for (const n of [1, 2, 3]) await store.save(model(n), note);
    await store.save(model(4, { status: "refused" }), note);
    expect(await store.promote("web-1 v1", { actor: "olga", detail: {} })).toBe(true);
    expect((await statuses(store)).slice(1)).toEqual([
      "web-1 v3 previous",
      "web-1 v2 retired",
      "web-1 v1 live",
    ]);
    expect(await store.promote("web-1 v1", note)).toBe(false);
    const entries = await listAudit({ limit: 10 }, core());
    expect(entries.map(({ actor, verb, subject, detail }) => [actor, verb, subject, detail.model])).toEqual([
      ["olga", "roll back model", "web-1", "web-1 v1"],
      ["mara", "refuse model", "web-1", "web-1 v4"],
      ["mara", "promote model", "web-1", "web-1 v3"],
      ["mara", "promote model", "web-1", "web-1 v2"],
      ["mara", "promote model", "web-1", "web-1 v1"],
    ]);
  });

  test("keep their files only while they are among the newest ten, live or previous", async () => {
    const store = storeOn();
    for (let n = 1; n <= KEPT_FILES; n++) await store.save(model(n), note);
    await store.promote("web-1 v1", note);
    for (let n = 11; n <= 14; n++) await store.save(model(n, { status: "refused" }), note);
    const kept = (await store.list("web-1")).filter((row) => row.path !== null).map(({ number }) => number);
    expect(kept).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 1]);
    expect(readdirSync(directory)).toHaveLength(kept.length);
    expect(await store.promote("web-1 v2", note)).toBe(false);
    expect(await messageOf(store.load((await store.find("web-1 v2")) ?? gone()))).toMatch(
      /^the file of web-1 v2 was deleted as too old: say "train web-1"/,
    );
  });
});

describe("synthetic data", () => {
  test("never goes live: the store refuses it, and keeps it as refused", async () => {
    const store = storeOn();
    expect(await messageOf(store.save(model(1, { synthetic: true }), note))).toMatch(/cannot go live/);
    expect(readdirSync(directory)).toEqual([]);
    const row = await store.save(model(1, { synthetic: true, status: "refused" }), note);
    expect(row).toMatchObject({ synthetic: true, live: false });
  });

  test("never goes live: the database itself refuses it, whoever writes", async () => {
    const store = storeOn();
    await store.save(model(1, { synthetic: true, status: "refused" }), note);
    const update = database.db.updateTable("model_versions").set({ status: "live" });
    await expect(update.execute()).rejects.toThrow(/CHECK constraint failed: model_versions_real/);
    const insert = register().add(
      { target: "web-1", synthetic: true, createdAt: 1, sha256: "x", meta: {}, path: "x", status: "live" },
      note,
    );
    await expect(insert).rejects.toThrow(/CHECK constraint failed/);
    expect(await statuses(store)).toEqual(["web-1 v1 refused"]);
  });
});

describe("files", () => {
  test.each([
    ["cut short", (file: string) => truncateSync(file, 50)],
    ["changed", (file: string) => writeFileSync(file, bytesOf(9))],
    ["gone", (file: string) => rmSync(file)],
  ])("that are %s are refused with what to do", async (_, damage) => {
    const store = storeOn();
    const row = await store.save(model(1), note);
    damage(path.join(directory, row.path ?? ""));
    expect(await messageOf(store.load(row))).toMatch(
      /(is not what was stored|cannot be read).*say "train web-1"/,
    );
  });

  test("of a process that died between writing and registering are swept at the next start; others stay", async () => {
    const store = storeOn();
    const row = await store.save(model(1), note);
    const dying = createModelStore({
      files: localModelFiles(directory),
      register: { ...register(), add: () => Promise.reject(new Error("killed")) },
      wall: () => now,
      complain,
    });
    await expect(dying.save(model(2), note)).rejects.toThrow("killed");
    writeFileSync(path.join(directory, "00000000-0000-0000-0000-000000000000.model.part"), "half");
    writeFileSync(path.join(directory, "notes.txt"), "mine");
    expect(readdirSync(directory)).toHaveLength(4);
    const swept = await localModelFiles(directory).sweep(new Set([row.path ?? ""]));
    expect(swept).toHaveLength(2);
    expect(readdirSync(directory).sort()).toEqual([row.path, "notes.txt"].sort());
    expect(await statuses(store)).toEqual(["web-1 v1 live"]);
    expect(Uint8Array.from(await store.load(row))).toEqual(bytesOf(1));
  });

  test("that cannot be written register nothing", async () => {
    const file = path.join(directory, "taken");
    writeFileSync(file, "a file where a folder belongs");
    const store = storeOn(localModelFiles(path.join(file, "models")));
    await expect(store.save(model(1), note)).rejects.toThrow();
    expect(await store.list()).toEqual([]);
  });
});

describe("a bucket", () => {
  let s3: FakeS3;
  beforeEach(async () => {
    s3 = await startFakeS3(["models"]);
  });
  afterEach(() => s3.close());

  const settings = (parts: { bucket?: string } = {}) => ({
    bucket: "models",
    prefix: "bot/v 1/",
    region: "eu-central-1",
    endpoint: s3.endpoint,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "for-the-fake-only" },
    timeoutMs: 5_000,
    ...parts,
  });
  const store = (parts: { bucket?: string } = {}) =>
    storeOn(s3ModelFiles(settings(parts), localModelFiles(directory)));

  test("gets the bytes with their checksum, is read back, and a start needs no network", async () => {
    const row = await store().save(model(1), note);
    const key = `bot/v 1/${row.path}`;
    expect(s3.buckets.get("models")?.get(key)).toEqual(Buffer.from(bytesOf(1)));
    expect(s3.calls.map((call) => call.split(" ")[0])).toEqual(["PUT", "GET"]);
    s3.trouble = "away";
    expect(Uint8Array.from(await store().load(row))).toEqual(bytesOf(1));
    expect(s3.calls).toHaveLength(2);
  });

  test("gives back what the cache lost or somebody changed there", async () => {
    const row = await store().save(model(1), note);
    const file = path.join(directory, row.path ?? "");
    for (const damage of [() => rmSync(file), () => writeFileSync(file, "rubbish")]) {
      damage();
      expect(Uint8Array.from(await store().load(row))).toEqual(bytesOf(1));
      expect(readFileSync(file)).toEqual(Buffer.from(bytesOf(1)));
    }
  });

  test("that keeps other bytes than it was given is noticed before anything is registered", async () => {
    s3.trouble = "rot";
    expect(await messageOf(store().save(model(1), note))).toMatch(/does not hold what was written/);
    expect(await store().list()).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ["away", /writing s3:\/\/models\/bot.* failed: .*The live models stay in use/],
    ["denied", /AccessDenied.*the bot's role needs s3:GetObject, s3:PutObject and s3:DeleteObject/],
    ["busy", /SlowDown.*look at the bucket and train again/],
  ] as const)(
    "that is %s changes nothing: what was live stays so, and the message says what to do",
    async (trouble, message) => {
      await store().save(model(1), note);
      s3.trouble = trouble;
      expect(await messageOf(store().save(model(2), note))).toMatch(message);
      expect(await statuses(store())).toEqual(["web-1 v1 live"]);
    },
  );

  test("that does not exist is told with the setting's name", async () => {
    expect(await messageOf(store({ bucket: "other" }).save(model(1), note))).toMatch(
      /NoSuchBucket.*correct SMARTCLOUDOPS_MODEL_BUCKET/,
    );
  });

  test("and a cache that both lost a version say that it must be trained anew", async () => {
    const row = await store().save(model(1), note);
    s3.buckets.get("models")?.clear();
    rmSync(path.join(directory, row.path ?? ""));
    expect(await messageOf(store().load(row))).toMatch(/NoSuchKey.*say "train" to make a new one/);
  });

  test("that goes away while old files are deleted keeps nobody from going live; it is complained about", async () => {
    for (let n = 1; n <= KEPT_FILES; n++) await store().save(model(n), note);
    s3.failOn = "DELETE";
    expect((await store().save(model(11), note)).id).toBe("web-1 v11");
    expect(complaints).toEqual([expect.stringMatching(/^deleting s3:.*AccessDenied/)]);
    expect((await statuses(store()))[0]).toBe("web-1 v11 live");
  });

  test("loses old versions together with the cache", async () => {
    for (let n = 1; n <= KEPT_FILES + 3; n++) await store().save(model(n), note);
    expect(s3.buckets.get("models")?.size).toBe(KEPT_FILES);
    expect(readdirSync(directory)).toHaveLength(KEPT_FILES);
  });
});

function gone(): ModelRow {
  throw new Error("the register lost a version");
}
