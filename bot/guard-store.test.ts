import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, type OpenStore, storeErrorWords } from "../infra/database/open-store.ts";
import type { Card } from "./card.ts";
import { createStoreGuard } from "./guard-store.ts";
import type { Place, Surface, SurfaceName } from "./surface.ts";

let directory: string;
let store: OpenStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "guard-"));
  const nothing = () => undefined;
  store = await openStore(
    { databaseUrl: null, dataDirectory: directory },
    { wall: () => 0, onError: nothing, onLost: nothing },
  );
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

const home = (surface: SurfaceName): Place => ({ surface, channel: "ops", thread: null });

/** A surface that keeps what was posted. */
function surfaceOf(name: SurfaceName, posted: string[], isUp = true): Surface {
  const post = async (_place: Place, card: Card) => {
    if (!isUp) throw new Error("the chat is away");
    posted.push(`${name}: ${card.tone}: ${card.title}: ${card.text}`);
    return "1";
  };
  const nothing = async () => undefined;
  return {
    name,
    start: nothing,
    stop: nothing,
    post,
    edit: nothing,
    state: () => ({ connected: isUp, detail: "" }),
  };
}

it("says once that the disk is full, in the log, in readiness and on the chats that are there, and once that it is not", async () => {
  const posted: string[] = [];
  const logged: string[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void logged.push(`${level}: ${message} ${JSON.stringify(fields)}`);
  const guard = createStoreGuard({
    db: store.db,
    wall: () => 1,
    explain: (error) => storeErrorWords(error, { databaseUrl: null, dataDirectory: directory }),
    surfaces: new Map([
      ["console", surfaceOf("console", posted)],
      ["slack", surfaceOf("slack", posted, false)],
    ] as const),
    homes: [home("slack"), home("console"), home("discord")],
    log: { info: write("info"), warn: write("warn"), error: write("error") },
  });
  await guard.beat();
  expect([guard.state(), posted, logged]).toEqual([{ ok: true, detail: "answers" }, [], []]);

  await fillDisk();
  await guard.beat();
  await guard.beat();
  const words = /smartcloudops\.db does not fit on its disk any more: make room there \(SQLITE_FULL\)/;
  expect(guard.state()).toEqual({ ok: false, detail: expect.stringMatching(words) as string });
  expect(posted).toEqual([
    expect.stringMatching(/^console: critical: .*nothing is acted on: Nothing can be/),
  ]);
  expect(posted[0]).toMatch(words);
  expect(logged.filter((line) => line.startsWith("error"))).toEqual([expect.stringMatching(words)]);
  expect(logged.filter((line) => line.startsWith("warn"))).toHaveLength(1);

  await sql`pragma max_page_count = 1073741823`.execute(store.db);
  await guard.beat();
  await guard.beat();
  expect(guard.state().ok).toBe(true);
  expect(posted.slice(1)).toEqual([expect.stringMatching(/^console: ok: The store takes writes again/)]);
});

/** No page may be added to the file any more, and those that are free are used up. */
async function fillDisk(): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.db);
  await sql.raw(`pragma max_page_count = ${rows[0]?.page_count ?? 1}`).execute(store.db);
  // The beat's own row changes in its place, so the limit has to meet something that grows.
  await sql`create trigger grow after update on settings begin
    insert into inbox (key, body, received_at) values (hex(randomblob(16)), hex(zeroblob(50000)), 0); end`.execute(
    store.db,
  );
}
