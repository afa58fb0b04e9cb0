import { setImmediate } from "node:timers/promises";
import type { Target } from "../../infra/inventory.ts";
import type { Catalog } from "../../infra/prometheus/catalog.ts";
import type { Prometheus, Window } from "../../infra/prometheus/client.ts";
import { parseAnswer } from "../../infra/prometheus/parse.ts";

type FakePrometheus = Prometheus & {
  /** Builds the answers of one moment beforehand, so that building them is not part of what is measured. */
  prepare(at: number): Promise<void>;
  /** Milliseconds spent so far on building answers that nobody had prepared: no work of the program. */
  buildingMs(): number;
};

/** Samples built before the event loop gets its turn: well under a millisecond. */
const SLICE_SAMPLES = 1_000;

/**
 * Answers the catalog's expressions for many targets with the texts that Prometheus would send; the real reading of
 * answers follows, JSON included. There is no network. `valueOf` is a target's value of a metric at a row of
 * `stepSeconds`.
 */
export function createFakePrometheus(options: {
  targets: readonly Target[];
  catalog: Catalog;
  stepSeconds: number;
  valueOf: (target: number, metric: number, row: number) => number;
  now: () => number;
  /** Looks at the event loop, and must not see the building of answers. */
  watcher: { enable(): unknown; disable(): unknown };
}): FakePrometheus {
  const { targets, catalog, stepSeconds, valueOf, now, watcher } = options;
  const metricOf = new Map(catalog.metrics.map((metric, m) => [catalog.expression(metric, stepSeconds), m]));
  const labels = targets.map(({ instanceId, addresses: [address = ""] }) =>
    JSON.stringify({ address, instance_id: instanceId ?? "" }),
  );
  let prepared = new Map<string, string>();
  let spentMs = 0;

  function aside<T>(run: () => T): T {
    watcher.disable();
    const started = now();
    const result = run();
    spentMs += now() - started;
    watcher.enable();
    return result;
  }

  async function build(expr: string, { start, end }: Window): Promise<string> {
    const metric = metricOf.get(expr);
    const first = Math.round(start / stepSeconds);
    const rows = Math.floor((end - start) / stepSeconds + 1e-9) + 1;
    const slice = Math.max(1, Math.floor(SLICE_SAMPLES / rows));
    const series: string[] = [];
    for (let from = 0; from < labels.length; from += slice) {
      aside(() => {
        for (let target = from; target < Math.min(labels.length, from + slice); target++)
          series.push(`{"metric":${labels[target]!},"values":[${samplesOf(target, metric, first, rows)}]}`);
      });
      await setImmediate();
    }
    return aside(() => `{"status":"success","data":{"resultType":"matrix","result":[${series.join(",")}]}}`);
  }

  function samplesOf(target: number, metric: number | undefined, first: number, rows: number): string {
    const samples: string[] = [];
    for (let row = first; row < first + rows; row++) {
      const time = row * stepSeconds;
      samples.push(`[${time},"${metric === undefined ? time : valueOf(target, metric, row)}"]`);
    }
    return samples.join(",");
  }

  return {
    async prepare(at) {
      const window = { start: at, end: at, stepSeconds };
      prepared = new Map();
      for (const expr of [...metricOf.keys(), catalog.freshness])
        prepared.set(`${expr} ${at} ${at}`, await build(expr, window));
    },
    buildingMs: () => spentMs,
    async queryRange(expr, window, take) {
      const known = prepared.get(`${expr} ${window.start} ${window.end}`);
      return parseAnswer(known ?? (await build(expr, window)), take);
    },
    query: () => Promise.reject(new Error("the fake of the benchmark answers ranges only")),
    ready: () => Promise.resolve({ ok: true, version: "none" }),
  };
}
