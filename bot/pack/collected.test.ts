import { expect, test } from "vitest";
import { openDatabase } from "../../infra/database/open.ts";
import { createMetricsHistory } from "../../infra/database/metrics-history.ts";
import { collectedFrames } from "./collected.ts";

test.each(["prometheus", "recording"] as const)(
  "rows collected from a %s are read for pictures",
  async (source) => {
    const { db, close } = await openDatabase(":memory:", { wall: () => 0 });
    const history = createMetricsHistory({ db, source, stepSeconds: 60 });
    const metrics = ["memory_usage_percent"];
    const row = (at: number, value: number) => ({
      target: "web-1",
      at,
      metrics,
      values: Float64Array.of(value),
    });
    await history.append([row(600, 9), row(660, 41), row(720, 12)]);
    const { read } = collectedFrames(history);
    const frame = await read("web-1", { start: 630, end: 900, stepSeconds: 60 });
    expect([...(frame?.time ?? [])]).toEqual([660, 720]);
    expect([...(frame?.columns[0] ?? [])]).toEqual([41, 12]);
    expect(await read("web-2", { start: 630, end: 900, stepSeconds: 60 })).toBeNull();
    await close();
  },
);
