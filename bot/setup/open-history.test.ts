import { expect, it } from "vitest";
import { openDatabase } from "../../infra/database/open.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import type { MetricSource } from "./metric-source.ts";
import { openHistory } from "./open-history.ts";

it("collects as configured, but not faster than a slow scrape, and at a recording's speed", async () => {
  const { db, close } = await openDatabase(":memory:", { wall: () => 0 });
  const seen = (collectionSeconds: number, scrapeSeconds: number | null, speed: number | null) => {
    const { history, collectMs } = openHistory(
      {
        collectionSeconds,
        metrics:
          speed === null
            ? { kind: "prometheus", url: "http://p" }
            : { kind: "recording", directory: null, speed, fault: null },
      },
      {
        db,
        source: {
          catalog: createCatalog({ scrapeSeconds }),
          replay: speed === null ? null : ({} as MetricSource["replay"]),
        },
        cycleMs: undefined,
      },
    );
    return [history.source, history.stepSeconds, collectMs];
  };
  expect(seen(60, 15, null)).toEqual(["prometheus", 60, 60_000]);
  expect(seen(5, 60, null)).toEqual(["prometheus", 5, 5_000]);
  expect(seen(60, 120, null)).toEqual(["prometheus", 120, 120_000]);
  expect(seen(60, null, null)).toEqual(["prometheus", 60, 60_000]);
  expect(seen(60, 5, 10)).toEqual(["recording", 60, 6_000]);
  await close();
});
