import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { worldsStandOnPostgres } from "../../../fixtures/fakes/core-on-postgres.ts";
import { hasPostgres, testPostgres, type TestPostgres } from "../../../fixtures/fakes/postgres-server.ts";
import { createMetricsHistory, type MetricsHistory } from "../metrics-history.ts";

import { type OpenDatabase, openDatabase } from "../open.ts";
import { openPostgres } from "./open-postgres.ts";

describe.runIf(hasPostgres())("on PostgreSQL", async () => {
  worldsStandOnPostgres();
  await import("../feedback.test.ts");
});

describe.runIf(hasPostgres())("the history of metrics", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server.stop());

  const all = { start: 0, end: 1e9 };
  const metrics = ["cpu", "memory"];
  const row = (minute: number, values: number[], target = "web-1") => ({
    target,
    at: minute * 60,
    metrics,
    values,
  });

  /** Everything that can be asked, as plain data. */
  async function answers(history: MetricsHistory) {
    const rows: [string, number, boolean, boolean, number[]][] = [];
    for await (const page of history.pages(all))
      for (const { target, at, dead, afterGap, values } of page)
        rows.push([target, at, dead, afterGap, [...values]]);
    const frame = await history.read("web-1", { start: 0, end: 36_000, stepSeconds: 120 });
    return {
      rows,
      frame:
        frame === null
          ? null
          : { ...frame, time: [...frame.time], columns: frame.columns.map((each) => [...each]) },
      coverage: await history.coverage(),
      stats: await history.stats(all),
      metrics: await history.metrics(all),
    };
  }

  /** Rows that are new, late, there already, dead, after a gap, of another catalog, and old enough to be forgotten. */
  async function story({ db, close }: OpenDatabase) {
    const history = createMetricsHistory({ db, source: "prometheus", stepSeconds: 60 });
    const recording = createMetricsHistory({ db, source: "recording", stepSeconds: 60 });
    await recording.append([row(5, [9, 9])]);
    const many = Array.from({ length: 250 }, (_, n) => row(n, [n / 3, 1e12 + n], `web-${n % 3}`));
    await history.append(many);
    await history.append([
      row(1, [7, 7]),
      row(1, [8, 8]),
      row(300, [Number.NaN, Number.NaN]),
      row(301, [1, 2]),
    ]);
    await history.append([{ target: "db-1", at: 60, metrics: ["disk", "cpu"], values: [0.1, -1e-300] }]);
    await expect(history.append([row(400, [1])])).rejects.toThrow(/one value a metric/);
    const before = await answers(history);
    const forgotten = await history.forget(100 * 60);
    const found = { before, forgotten, after: await answers(history), recording: await answers(recording) };
    await close();
    return found;
  }

  it("answers the same on both stores", async () => {
    const sqlite = await story(await openDatabase(":memory:", { wall: () => 0 }));
    const url = await server.createDatabase();
    const postgres = await story(await openPostgres(url, { wall: () => 0, holder: "a test" }));
    expect(sqlite.before.rows).toHaveLength(253);
    expect(sqlite.forgotten).toBeGreaterThan(90);
    expect(postgres).toEqual(sqlite);
  });
});
