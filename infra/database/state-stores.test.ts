import { expect, test } from "vitest";
import { openDatabase } from "./open.ts";
import { openDryRunStore, openReplayStore } from "./state-stores.ts";

const replayed = { capture: "web-1", fault: "memory_leak", start: 10, position: 20, curedAt: null };
const command = {
  id: "command-1",
  action: "clean_disk" as const,
  instanceId: "i-0a1b2c3d4e5f60001",
  parameters: {},
  comment: "exec-1",
  sentAt: 1,
  executed: false,
};

async function setUp() {
  const { db, close } = await openDatabase(":memory:", { wall: () => 0 });
  const errors: unknown[] = [];
  const options = { wall: () => 0, onError: (error: unknown) => void errors.push(error) };
  return { db, close, errors, options };
}

test("the replay and the dry run keep their state apart, and find it at the next opening", async () => {
  const { db, close, errors, options } = await setUp();
  const [replay, dryRun] = [await openReplayStore(db, options), await openDryRunStore(db, options)];
  expect([replay.load(), dryRun.load()]).toEqual([null, null]);
  void replay.save({ ...replayed, position: 15 });
  void replay.save(replayed);
  await dryRun.save({ sent: [command], boots: { "i-0b": 7 } });
  await replay.saved();
  expect((await openReplayStore(db, options)).load()).toEqual(replayed);
  expect((await openDryRunStore(db, options)).load()).toEqual({ sent: [command], boots: { "i-0b": 7 } });
  expect(errors).toEqual([]);
  await close();
});

test("a write that fails is told and does not stop the next one", async () => {
  const { db, close, errors, options } = await setUp();
  const circular: Record<string, unknown> = {};
  circular.itself = circular;
  const dryRun = await openDryRunStore(db, options);
  await dryRun.save(circular as never);
  await dryRun.save({ sent: [], boots: {} });
  expect(errors).toHaveLength(1);
  expect((await openDryRunStore(db, options)).load()).toEqual({ sent: [], boots: {} });
  await close();
});
