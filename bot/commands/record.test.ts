import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasPrometheus, testPrometheus } from "../../fixtures/fakes/prometheus-server.ts";
import { readColumns } from "../../infra/capture-columns.ts";
import { readCapture } from "../../infra/capture.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import { type Prometheus, type Series, createPrometheus } from "../../infra/prometheus/client.ts";
import { startReplay } from "../../infra/replay.ts";
import { type RecordOptions, readLabels, record } from "./record.ts";

const catalog = createCatalog({ scrapeSeconds: 5 });
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "record-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const from = 1_700_000_000;
const to = from + 900;
/** Memory leaks from 300 s, is full at 400 s, and is back at 500 s; CPU is always 10. */
const leak = (at: number) => (at < 300 || at >= 500 ? 10 : Math.min(60, 10 + (at - 300) / 2));
const values: Record<string, (at: number) => number> = {
  service_up: () => 1,
  cpu_usage_percent: () => 10,
  memory_usage_percent: leak,
};

/** A Prometheus that has three of the catalog's metrics for the given addresses. */
function fake(addresses: string[]): Prometheus {
  const name = (expr: string) =>
    catalog.metrics.find((metric) => catalog.expression(metric, 5) === expr)?.name ?? "";
  return {
    ready: () => Promise.resolve({ ok: true, version: "fake" }),
    query: (expr) => {
      const series = addresses.map((address): Series => {
        const labels = { instance: `${address}:8080`, job: "shop" };
        return { labels, time: [to], values: [expr.includes("up") ? 1 : NaN] };
      });
      return Promise.resolve({ series, warnings: [], partial: false });
    },
    queryRange: (expr, { start, end, stepSeconds }) => {
      const time = Array.from({ length: (end - start) / stepSeconds + 1 }, (_, i) => start + i * stepSeconds);
      const value = values[name(expr)];
      const series = addresses.flatMap((address): Series[] =>
        value ? [{ labels: { address }, time, values: time.map((at) => value(at - from)) }] : [],
      );
      return Promise.resolve({ series, warnings: [], partial: false });
    },
  };
}

function options(parts: Partial<RecordOptions> = {}): RecordOptions {
  return {
    prometheus: fake(["10.0.0.1"]),
    catalog,
    from,
    to,
    step: 5,
    targets: [{ name: "web-1", instanceId: "i-0001" }],
    out: join(folder, "leak"),
    ...parts,
  };
}

const label = { start: from + 301, end: from + 498, fault: "memory_leak" };

describe("record", () => {
  test("writes train, test, labels and where the stretches of a fault lie", async () => {
    const lines: string[] = [];
    await record(options({ labels: [label], print: (line) => lines.push(line) }));
    const capture = await readCapture(join(folder, "leak"));
    expect(capture).toMatchObject({
      name: "leak",
      demo: false,
      step_seconds: 5,
      targets: [{ name: "web-1", instance_id: "i-0001", labels: { instance: "10.0.0.1:8080", job: "shop" } }],
    });
    // The level of 60 is reached at 400 s, 2 % earlier counts as arrived (398 s), a rate window of 20 s follows.
    expect(capture.faults).toEqual([
      {
        name: "memory_leak",
        target: "web-1",
        start: from + 301,
        end: from + 498,
        before: [from + 185, from + 300],
        onset: [from + 305, from + 415],
        plateau: [from + 420, from + 495],
        recovery: [from + 500, from + 515],
        calm: [from + 520, from + 900],
        cure: "restart_service",
      },
    ]);
    const target = join(folder, "leak", "web-1");
    const train = await readColumns(join(target, "train.csv.gz"));
    const test = await readColumns(join(target, "test.csv.gz"));
    expect([train.time[0], train.time.at(-1), test.time[0], test.time.at(-1)]).toEqual([
      from,
      from + 180,
      from + 185,
      to,
    ]);
    expect(test.columns.get("memory_usage_percent")?.[(400 - 185) / 5]).toBe(60);
    expect(test.columns.get("load1")?.every((value) => Number.isNaN(value))).toBe(true);
    expect(readFileSync(join(target, "labels.csv"), "utf8")).toBe(
      `start,end,fault\n${label.start},${label.end},memory_leak\n`,
    );
    expect(lines.at(-1)).toContain("1 faults");
  });

  test("what was recorded can be replayed", async () => {
    await record(options({ labels: [label] }));
    const state = { load: () => null, save: () => undefined };
    const wall = () => to * 1000;
    const replay = await startReplay({
      directory: join(folder, "leak"),
      fault: null,
      speed: 10,
      wall,
      state,
    });
    const answer = await createPrometheus({ url: replay.url }).query("up", replay.clock.metric());
    await replay.close();
    expect(answer.series[0]?.labels).toEqual({
      __name__: "up",
      instance: "10.0.0.1:8080",
      job: "shop",
      instance_id: "i-0001",
      target: "web-1",
    });
  });

  test("the same recording is written to the same bytes", async () => {
    await record(options({ labels: [label] }));
    const read = () => readFileSync(join(folder, "leak", "web-1", "test.csv.gz"));
    const first = read();
    await record(options({ labels: [label] }));
    expect(read().equals(first)).toBe(true);
  });

  test("several addresses need to be told which is which", async () => {
    const two = options({ prometheus: fake(["10.0.0.1", "10.0.0.2"]) });
    await expect(record(two)).rejects.toThrow("--target web-1=i-0001@ADDRESS");
    await record({ ...two, targets: [{ name: "web-1", instanceId: "i-0001", address: "10.0.0.2" }] });
    expect((await readCapture(two.out)).targets[0]?.labels.instance).toBe("10.0.0.2:8080");
  });

  test.each([
    [{ to: from }, "--to"],
    [{ step: 0 }, "--step"],
    [{ targets: [] }, "--target NAME=INSTANCE_ID"],
    [{ targets: [{ name: "../web", instanceId: "i-1" }] }, "cannot name a target"],
    [
      {
        targets: [
          { name: "a", instanceId: "i-1" },
          { name: "a", instanceId: "i-2" },
        ],
      },
      "the same name",
    ],
    [{ prometheus: fake([]) }, "no `up` sample"],
    [{ targets: [{ name: "a", instanceId: "i-1", address: "10.9.9.9" }] }, "no sample of a"],
  ])("refuses %j and says what to change", async (parts, words) => {
    await expect(record(options(parts as Partial<RecordOptions>))).rejects.toThrow(words);
  });
});

describe("labels", () => {
  const read = (text: string) => {
    const path = join(folder, "labels.csv");
    writeFileSync(path, text);
    return readLabels(path);
  };

  test("are read with or without names", async () => {
    expect(await read("start,end,fault\n1,2,latency\n")).toEqual([{ start: 1, end: 2, fault: "latency" }]);
    expect(await read("start,end\n1,2\n3,4\n")).toMatchObject([{ fault: "fault-1" }, { fault: "fault-2" }]);
    expect(await read("start,end,fault\n")).toEqual([]);
  });

  test.each([
    ["from,to\n1,2\n", "labels.csv:1"],
    ["start,end\n2,1\n", "labels.csv:2"],
    ["start,end\n1,x\n", "labels.csv:2"],
    ["start,end\n,2\n", "labels.csv:2"],
  ])("%j is refused with its line", async (text, words) => {
    await expect(read(text)).rejects.toThrow(words);
  });
});

describe.runIf(hasPrometheus())("record from a real Prometheus", () => {
  test("writes what was scraped", async () => {
    const times = Array.from({ length: 61 }, (_, i) => from + i * 5);
    const samples = (name: string, labels: string, value: (i: number) => number) => [
      `# TYPE ${name} gauge`,
      ...times.map((time, i) => `${name}{${labels}} ${value(i)} ${time}`),
    ];
    const node = 'instance="10.0.0.1:9100",job="node"';
    const openMetrics = [
      ...samples("up", node, () => 1),
      ...samples("node_load1", node, (i) => i),
      "# EOF\n",
    ].join("\n");
    const server = await testPrometheus({ openMetrics });
    try {
      await record(options({ prometheus: createPrometheus({ url: server.url }), to: from + 300 }));
    } finally {
      await server.stop();
    }
    const { columns } = await readColumns(join(folder, "leak", "web-1", "train.csv.gz"));
    expect([...(columns.get("load1") ?? [])]).toEqual(times.map((_, i) => i));
    expect([...(columns.get("service_up") ?? [])]).toEqual(times.map(() => 1));
  });
});
