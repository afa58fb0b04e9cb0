import { describe, expect, test } from "vitest";
import { watchedTarget } from "../../fixtures/fakes/target.ts";
import type { Target } from "../inventory.ts";
import { type Metric, createCatalog } from "./catalog.ts";
import type { Prometheus, QueryAnswer, Series, Window } from "./client.ts";
import { PrometheusError } from "./error.ts";
import { fetchFrames } from "./frames.ts";
import { distinguishingLabels, matches, matchFinder, seriesMatcher } from "./match-series.ts";
import { narrowTo } from "./narrow.ts";

const metric = (name: string, combine: Metric["combine"]): Metric => ({
  name,
  title: name,
  aliases: [],
  unit: "count",
  range: [0, null],
  worse: "more",
  smallestChange: 1,
  limit: null,
  combine,
  expr: name,
});

const catalog = createCatalog({
  metrics: [metric("load", "max"), metric("requests", "sum")],
  scrapeSeconds: 5,
});

function target(name: string, parts: Partial<Target> = {}): Target {
  return watchedTarget(name, parts.addresses?.[0] ?? "10.0.0.1", parts);
}

/** Answers each expression with series, or fails with an error, and remembers how many ran at once. */
function fake(answers: Record<string, Series[] | Error>): Prometheus & { asked: string[]; most: number } {
  let running = 0;
  const self = {
    asked: [] as string[],
    most: 0,
    query: (): Promise<QueryAnswer> => Promise.reject(new Error("not asked here")),
    ready: () => Promise.resolve({ ok: true as const, version: "fake" }),
    async queryRange(expr: string, _window: Window) {
      self.asked.push(expr);
      self.most = Math.max(self.most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      const answer = answers[expr] ?? [];
      if (answer instanceof Error) throw answer;
      return { series: answer, warnings: [], partial: false };
    },
  };
  return self;
}

const series = (labels: Record<string, string>, time: number[], values: number[]): Series => ({
  labels,
  time,
  values,
});
const at1 = { address: "10.0.0.1" };
const fresh = { [catalog.freshness]: [series(at1, [100, 105, 110], [100, 105, 110])] };
const window = { start: 100, end: 110, stepSeconds: 5 };

async function fetch(answers: Record<string, Series[] | Error>, targets = [target("web-1")]) {
  return fetchFrames({ prometheus: fake(answers), catalog, targets, ...window });
}

describe("frames", () => {
  test("every target has the same rows and the catalog's columns, and what nobody has is NaN", async () => {
    const { frames, partial, stale, newest } = await fetch({
      ...fresh,
      load: [series(at1, [100, 110], [1, 3])],
    });
    const frame = frames.get("web-1");
    expect([...(frame?.time ?? [])]).toEqual([100, 105, 110]);
    expect(frame?.metrics).toEqual(["load", "requests"]);
    expect(frame?.columns.map((column) => [...column])).toEqual([
      [1, NaN, 3],
      [NaN, NaN, NaN],
    ]);
    expect({ partial, stale, newest }).toEqual({ partial: false, stale: [], newest: 110 });
  });

  test("rows are multiples of the step, whatever the window", async () => {
    const request = { catalog, targets: [target("web-1")], start: 101.3, end: 119.9, stepSeconds: 5 };
    const { frames } = await fetchFrames({ prometheus: fake(fresh), ...request });
    expect([...(frames.get("web-1")?.time ?? [])]).toEqual([105, 110, 115]);
    await expect(fetchFrames({ prometheus: fake(fresh), ...request, start: 101, end: 104 })).rejects.toThrow(
      "at least one step",
    );
  });

  test("several services of one target are one series, in whatever order they come", async () => {
    const a = series({ instance: "10.0.0.1:80" }, [100, 105], [1, 10]);
    const b = series({ instance: "10.0.0.1:81" }, [105, 110], [5, NaN]);
    for (const both of [
      [a, b],
      [b, a],
    ]) {
      const { frames } = await fetch({ ...fresh, load: both, requests: both });
      expect(frames.get("web-1")?.columns.map((column) => [...column])).toEqual([
        [1, 10, NaN],
        [1, 15, NaN],
      ]);
    }
  });

  test("an infinite value is no sample, and a warning", async () => {
    const { frames, warnings } = await fetch({ ...fresh, load: [series(at1, [100, 105], [Infinity, 2])] });
    expect([...(frames.get("web-1")?.columns[0] ?? [])]).toEqual([NaN, 2, NaN]);
    expect(warnings).toEqual(["load: infinite values of web-1 left out"]);
  });

  test("one failing query costs its own column only and makes the answer partial", async () => {
    const refused = new PrometheusError("bad_query", "many-to-many", "Change it");
    const { frames, partial, warnings } = await fetch({
      ...fresh,
      load: refused,
      requests: [series(at1, [105], [4])],
    });
    expect(frames.get("web-1")?.columns.map((column) => [...column])).toEqual([
      [NaN, NaN, NaN],
      [NaN, 4, NaN],
    ]);
    expect({ partial, warnings }).toEqual({ partial: true, warnings: ["load: many-to-many. Change it"] });
  });

  test("what refuses a narrowed question is asked for all targets", async () => {
    const narrow = createCatalog({
      metrics: [{ ...metric("load", "max"), expr: "load by ($by)" }],
      narrows: true,
    });
    const [whole] = narrow.metrics.map((one) => narrow.expression(one, 5));
    const refused = new PrometheusError("bad_query", "not in the recording", "Ask for what is");
    const prometheus = fake({
      [narrowTo([target("web-1")], whole ?? "")]: refused,
      [whole ?? ""]: [series(at1, [100], [4])],
      [narrowTo([target("web-1")], narrow.freshness)]: refused,
      [narrow.freshness]: [series(at1, [100, 105, 110], [100, 105, 110])],
    });
    const request = { prometheus, catalog: narrow, targets: [target("web-1")], ...window };
    const { frames, partial, warnings } = await fetchFrames(request);
    expect([...(frames.get("web-1")?.columns[0] ?? [])]).toEqual([4, NaN, NaN]);
    expect({ partial, warnings }).toEqual({ partial: false, warnings: [] });
  });

  test("when nothing can be reached the error is thrown, after one query's worth of waiting", async () => {
    const gone = new PrometheusError("unreachable", "gone", "Start it");
    const many = createCatalog({ metrics: Array.from({ length: 12 }, (_, i) => metric(`m${i}`, "max")) });
    const answers = Object.fromEntries(many.metrics.map(({ name }) => [name, gone]));
    const prometheus = fake({ ...answers, [many.freshness]: gone });
    await expect(
      fetchFrames({ prometheus, catalog: many, targets: [target("web-1")], ...window }),
    ).rejects.toBe(gone);
    expect(prometheus.asked.length).toBeLessThanOrEqual(4);
    expect(prometheus.most).toBe(4);
  });

  test("a value repeated long after its sample is a gap", async () => {
    const sampled = [series(at1, [100, 105, 110], [84, 84, 110])];
    const { frames } = await fetch({
      [catalog.freshness]: sampled,
      load: [series(at1, [100, 105, 110], [1, 1, 2])],
    });
    expect([...(frames.get("web-1")?.columns[0] ?? [])]).toEqual([NaN, NaN, 2]);
  });

  test("a target without a sample of the last 90 s is stale, and so is one without any", async () => {
    const targets = [target("web-1"), target("web-2", { addresses: ["10.0.0.2"] })];
    const request = { catalog, targets, start: 100, end: 200, stepSeconds: 5 };
    const old = { [catalog.freshness]: [series(at1, [110, 115], [110, 111])] };
    const reached = { [catalog.freshness]: [series(at1, [110, 115], [110, 109.9])] };
    const first = await fetchFrames({ prometheus: fake(old), ...request });
    expect({ stale: first.stale, newest: first.newest }).toEqual({ stale: ["web-2"], newest: 111 });
    expect((await fetchFrames({ prometheus: fake(reached), ...request })).stale).toEqual(["web-1", "web-2"]);
  });
});

describe("series find their target", () => {
  const targets = [
    target("web-1", { instanceId: "i-1", match: { instance: "10.0.0.1" } }),
    target("web-2", { instanceId: "i-2", match: { instance: "10.0.0.2:9100" }, addresses: ["10.0.0.2"] }),
    target("pod-7", { match: { pod: "seven" }, addresses: [] }),
  ];
  const find = seriesMatcher(targets);
  test.each([
    [{ instance_id: "i-2", address: "10.0.0.1" }, "web-2"],
    [{ target: "web-2", address: "10.0.0.1" }, "web-2"],
    [{ instance: "10.0.0.1:8080" }, "web-1"],
    [{ address: "10.0.0.2" }, "web-2"],
    [{ instance_id: "i-9", address: "10.0.0.2" }, "web-2"],
    [{ pod: "seven", instance: "10.9.9.9:1" }, "pod-7"],
    [{ instance: "10.0.0.3:9100" }, undefined],
    [{}, undefined],
  ])("%j is %s", (labels, name) => {
    expect(find(labels as Record<string, string>)?.name).toBe(name);
  });

  test("the first match that fits is found as if each were tried", () => {
    // Every match over few names and values, so that many fit the same labels.
    const values = ["10.0.0.1", "10.0.0.1:9100", "a", undefined];
    const labelSets = values.flatMap((instance) =>
      values.flatMap((pod) => values.map((zone) => strip({ instance, pod, zone }))),
    );
    const shuffled = labelSets.toSorted((left, right) => order(left) - order(right));
    const found = matchFinder(shuffled);
    for (const labels of labelSets.map((one) => ({ ...one, extra: "1" })))
      expect(found(labels)).toBe(shuffled.findIndex((match) => matches(match, labels)));
  });

  test("one of ten thousand targets is found without trying the others", () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      target(`web-${i}`, { match: { instance: `h${i}` }, addresses: [`h${i}`] }),
    );
    const findOne = seriesMatcher(many);
    const begin = performance.now();
    for (let i = 0; i < 10_000; i++)
      if (findOne({ address: `h${i}` })?.name !== `web-${i}`) throw new Error(`h${i} was not found`);
    // Trying each takes half a minute here; a table a hundredth of a second.
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  test("a question is narrowed to plain addresses only", () => {
    const web = { addresses: ["10.0.0.1", "fe80::1"] };
    expect(narrowTo([web], "up")).toBe(
      '(up) and on (address) (label_replace(vector(1), "address", "10.0.0.1", "", "") or ' +
        'label_replace(vector(1), "address", "fe80::1", "", "") or ' +
        'label_replace(vector(1), "address", "[fe80::1]", "", ""))',
    );
    for (const address of ['x"} or vector(1)', "a\\", "a b", "", "$1"])
      expect(narrowTo([web, { addresses: [address] }], "up")).toBe("up");
    expect(narrowTo([web, { addresses: [] }], "up")).toBe("up");
    expect(narrowTo([], "up")).toBe("up");
    expect(
      narrowTo(
        Array.from({ length: 100 }, () => web),
        "up",
      ),
    ).toBe("up");
  });

  test("an empty match fits nothing, and a port in a match counts", () => {
    expect(matches({}, { instance: "10.0.0.1:80" })).toBe(false);
    expect(matches({ instance: "10.0.0.1:80" }, { instance: "10.0.0.1:81" })).toBe(false);
    expect(matches({ instance: "10.0.0.1" }, { instance: "10.0.0.1:81" })).toBe(true);
  });

  test("labels other than the address must be kept by the catalog's queries", () => {
    expect(distinguishingLabels(targets)).toEqual(["instance", "pod"]);
    expect(distinguishingLabels([target("web-1")])).toEqual([]);
  });
});

function strip(labels: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** An order that has nothing to do with the labels' own, and is always the same. */
function order(labels: Record<string, string>): number {
  return [...JSON.stringify(labels)].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_009, 7);
}
