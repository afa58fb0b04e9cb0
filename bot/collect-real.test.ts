import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedRows } from "../fixtures/fakes/stored-rows.ts";
import { webTarget } from "../fixtures/fakes/core.ts";
import { hasPrometheus, testPrometheus, type TestPrometheus } from "../fixtures/fakes/prometheus-server.ts";
import { createMetricsHistory } from "../infra/database/metrics-history.ts";
import { openDatabase } from "../infra/database/open.ts";
import { builtinMetrics } from "../infra/prometheus/builtin-metrics.ts";
import { createCatalog } from "../infra/prometheus/catalog.ts";
import { createPrometheus } from "../infra/prometheus/client.ts";
import { createCollector } from "./collect.ts";

const start = 1_760_000_040;
/** What was scraped every 15 s: of 10.0.0.2 nothing from second 130 on, of both nothing from 600 to 900. */
const scraped = (address: string) =>
  Array.from({ length: 101 }, (_, i) => start + i * 15).filter(
    (at) => (at < start + 600 || at > start + 900) && (address === "10.0.0.1" || at < start + 130),
  );

function openMetrics(): string {
  const lines = (name: string, value: (at: number) => number) =>
    ["10.0.0.1", "10.0.0.2"].flatMap((address) =>
      scraped(address).map((at) => `${name}{job="node",instance="${address}:9100"} ${value(at)} ${at}`),
    );
  return [
    "# TYPE up gauge",
    ...lines("up", () => 1),
    "# TYPE node_load1 gauge",
    ...lines("node_load1", (at) => at - start),
    "# EOF",
    "",
  ].join("\n");
}

describe.runIf(hasPrometheus())("the collection from a real Prometheus", () => {
  let prometheus: TestPrometheus;
  beforeAll(async () => {
    prometheus = await testPrometheus({ openMetrics: openMetrics() });
  }, 60_000);
  afterAll(() => prometheus.stop());

  it("stores every sample once, nothing that is carried on, and tells a gap from a dead scrape", async () => {
    const { db, close } = await openDatabase(":memory:", { wall: () => 0 });
    const history = createMetricsHistory({ db, source: "prometheus", stepSeconds: 60 });
    const problems: string[] = [];
    const tell = (_fields: object, message: string) => void problems.push(message);
    const { beat } = createCollector({
      prometheus: createPrometheus({ url: prometheus.url }),
      catalog: createCatalog({
        metrics: builtinMetrics.filter(({ name }) => name === "load1"),
        scrapeSeconds: 15,
      }),
      clock: { metric: () => start + 1_530 },
      targets: () => [
        webTarget("web-1", { match: { instance: "10.0.0.1" } }),
        webTarget("web-2", { match: { instance: "10.0.0.2" } }),
      ],
      history,
      retentionDays: 90,
      log: { info: tell, warn: tell },
    });
    await beat();
    const rows: Record<string, (number | null)[]> = { "web-1": [], "web-2": [] };
    for await (const { target, at, values, dead } of storedRows(history))
      rows[target]?.push(dead ? null : at - start - (values[0] ?? NaN));
    // The age of each value in seconds: none serves two rows, and the last one before the hole is 15 s old.
    const own = Array<number>(10).fill(0);
    expect(rows["web-1"]).toEqual([...own, 15, ...own]);
    expect(rows["web-2"]?.slice(0, 3)).toEqual([0, 0, 0]);
    expect(new Set(rows["web-2"]?.slice(3))).toEqual(new Set([null]));
    expect(await history.coverage("web-1")).toMatchObject([{ rows: 21, gaps: 1, deadScrapes: 0 }]);
    expect(problems).toEqual([]);
    await close();
  });
});
