import { request } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientOf, fakeBot, type FakeBot } from "../../fixtures/fakes/http-bot.ts";
import type { StoredRow } from "../../infra/database/metrics-history-pages.ts";
import { createMetricsHistory, type MetricsHistory } from "../../infra/database/metrics-history.ts";
import { openDatabase, type OpenDatabase } from "../../infra/database/open.ts";
import { createHttpServer } from "./server.ts";

let store: OpenDatabase;
let history: MetricsHistory;
let bot: FakeBot;
let app: FastifyInstance;

beforeEach(async () => {
  store = await openDatabase(":memory:", { wall: () => 0 });
  bot = fakeBot(new URL("file:///nothing/is/built/here/"));
  await serve("prometheus");
});
afterEach(async () => {
  await app.close();
  await store.close();
});

async function serve(source: "prometheus" | "recording"): Promise<void> {
  history = createMetricsHistory({ db: store.db, source, stepSeconds: 60 });
  const labels = async () => (target: string, at: number) =>
    target === "web-1" && at === 1_800_000_120 ? "anomaly" : "normal";
  app = await createHttpServer({ ...bot.deps, history: { ...history, retentionDays: 90, labels } });
}

const get = (url: string) => clientOf(app).get(`/metrics-history/${url}`);
const at = (minute: number) => 1_800_000_000 + minute * 60;
const collect = () =>
  history.append([
    { target: "web-1", at: at(1), metrics: ["cpu", "memory"], values: [-1.5, 2e21] },
    { target: "web-1", at: at(2), metrics: ["cpu", "memory"], values: [Number.NaN, 4] },
    { target: "db-1", at: at(2), metrics: ["cpu", "disk"], values: [3, 0.1] },
  ]);

describe("the export", () => {
  it("is a table with a row a target and time, and what was going on", async () => {
    await collect();
    const answer = await get("export?format=csv");
    expect(answer.headers).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="metrics-history.csv"',
      "cache-control": "no-store",
    });
    expect(answer.body).toBe(
      [
        "time,target,cpu,memory,disk,label",
        `${at(1)},web-1,-1.5,2e+21,,normal`,
        `${at(2)},web-1,,4,,anomaly`,
        `${at(2)},db-1,3,,0.1,normal`,
        "",
      ].join("\n"),
    );
    expect((await get("export")).body).toBe(answer.body);
  });

  it("is one JSON array with a row a line", async () => {
    await collect();
    const answer = await get("export?format=json&target=web-1");
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(answer.json()).toEqual([
      { time: at(1), target: "web-1", label: "normal", metrics: { cpu: -1.5, memory: 2e21 } },
      { time: at(2), target: "web-1", label: "anomaly", metrics: { cpu: null, memory: 4 } },
    ]);
    expect(answer.body.split("\n")).toHaveLength(5);
    expect((await get(`export?format=json&start=${at(3)}`)).json()).toEqual([]);
  });

  it("takes unix seconds and ISO times, both inclusive", async () => {
    await collect();
    const iso = new Date(at(2) * 1000).toISOString();
    const bodies = await Promise.all(
      [
        `start=${at(2)}&end=${at(2)}`,
        `start=${iso}`,
        `start=${iso.replace("Z", "%2B00:00")}&end=2099-01-01`,
      ].map(async (query) => (await get(`export?target=web-1&${query}`)).body),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toBe(`time,target,cpu,memory,disk,label\n${at(2)},web-1,,4,,anomaly\n`);
  });

  it("gives a spreadsheet no formula and no broken row", async () => {
    const hostile = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", " =1", "a,b", 'say "hi"', "two\nlines"];
    await history.append([
      { target: "=cmd|' /C calc'!A0", at: at(1), metrics: hostile, values: hostile.map(() => -1) },
    ]);
    const { body } = await get("export");
    expect(body).toBe(
      `time,target,"'=HYPERLINK(""http://x"")",'+1,'-1,'@SUM(1),' =1,"a,b","say ""hi""","two\nlines",label\n` +
        `${at(1)},'=cmd|' /C calc'!A0,-1,-1,-1,-1,-1,-1,-1,-1,normal\n`,
    );
    const [row] = (await get("export?format=json")).json() as { metrics: object }[];
    expect(Object.keys(row?.metrics ?? {})).toEqual(hostile);
  });

  it("says in its file name that a recording is one", async () => {
    await serve("recording");
    await collect();
    const { headers } = await get("export?format=json");
    expect(headers["content-disposition"]).toBe('attachment; filename="metrics-history-of-a-recording.json"');
    expect((await get("stats")).json()).toMatchObject({
      source: "recording",
      note: expect.stringContaining("no model learns from them") as string,
    });
  });
});

describe("the statistics", () => {
  it("tell samples, spread, hours, labels and what is missing", async () => {
    await collect();
    const stats = (await get("stats?target=web-1")).json() as object;
    expect(stats).toEqual({
      source: "prometheus",
      note: null,
      target: "web-1",
      collectionSeconds: 60,
      retentionDays: 90,
      from: at(1),
      to: at(2),
      rows: 2,
      targets: 1,
      hours: 0.033,
      gaps: 0,
      deadScrapes: 0,
      labels: [
        { label: "normal", rows: 1, share: 0.5 },
        { label: "anomaly", rows: 1, share: 0.5 },
      ],
      metrics: [
        { metric: "cpu", samples: 1, mean: -1.5, std: null, min: -1.5, max: -1.5 },
        { metric: "memory", samples: 2, mean: 1e21, std: Math.sqrt(2e42), min: 4, max: 2e21 },
      ],
    });
  });

  it("of nothing are empty, and too much at once is refused with what to do", async () => {
    expect((await get("stats")).json()).toMatchObject({ rows: 0, metrics: [], from: null });
    await collect();
    await store.db.updateTable("metric_targets").set({ row_count: 6_000_000 }).execute();
    const answer = await get("stats");
    expect([answer.statusCode, answer.json().message]).toEqual([
      400,
      "These are about 12000000 rows; at most 5000000 are summarised at once. Give a target, or a later start.",
    ]);
    expect((await get(`stats?end=${at(0)}`)).statusCode).toBe(200);
  });
});

describe("what cannot be meant", () => {
  const advice = /unix seconds \(1795219200\) or ISO 8601 with its zone/;
  it.each([
    ["export?format=xml", 400, /format must be csv or json/],
    ["export?start=yesterday", 400, advice],
    ["export?start=-5", 400, advice],
    ["export?start=1e9", 400, advice],
    ["export?start=", 400, advice],
    ["export?start=2026-11-21T00:00:00", 400, advice],
    ["export?start=2026-13-45", 400, advice],
    ["export?end=1795219200000", 400, /Divide milliseconds by 1000/],
    ["export?start=20&end=10", 400, /end is before start/],
    ["export?start=1&start=2", 400, /start is given more than once/],
    ["export?strat=1", 400, /no parameter "strat". Use target, start, end, format/],
    ["stats?format=csv", 400, /no parameter "format". Use target, start, end\./],
    ["stats?target=", 400, /target is empty/],
    ["stats?target=web-9", 404, /There is db-1, web-1/],
    ["export?target=web-9", 404, /Nothing was collected of this target/],
  ])("%s is %d", async (url, status, message) => {
    await collect();
    const answer = await get(url);
    expect([answer.statusCode, answer.json().message]).toEqual([status, expect.stringMatching(message)]);
    expect(bot.state.errors).toEqual([]);
  });

  it("is not read by somebody who may not look", async () => {
    bot.state.principal = null;
    expect((await get("export")).statusCode).toBe(401);
    expect((await get("stats")).statusCode).toBe(401);
  });
});

describe("a long export", () => {
  /** Pages without end, which count how many were taken and whether the reading was ended. */
  function endless() {
    const state = { taken: 0, ended: 0 };
    const metrics = ["cpu"];
    const row = (i: number): StoredRow => {
      return { target: "web-1", at: i, metrics, values: Float64Array.of(i), dead: false, afterGap: false };
    };
    async function* pages(): AsyncGenerator<StoredRow[]> {
      try {
        for (let i = 0; ; i++) {
          state.taken += 1;
          yield Array.from({ length: 1000 }, () => row(i));
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        state.ended += 1;
      }
    }
    return { state, pages };
  }

  async function listen(pages: MetricsHistory["pages"]): Promise<number> {
    await app.close();
    const labels = async () => () => "normal";
    app = await createHttpServer({
      ...bot.deps,
      history: { ...history, pages, metrics: async () => ["cpu"], retentionDays: 90, labels },
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    return (app.server.address() as AddressInfo).port;
  }

  const quiet = () => new Promise((resolve) => setTimeout(resolve, 150));

  it("waits for a client that does not read, and ends when it leaves", async () => {
    const { state, pages } = endless();
    const port = await listen(pages);
    const client = request({ host: "127.0.0.1", port, path: "/metrics-history/export" });
    const response = await new Promise<import("node:http").IncomingMessage>((resolve) => {
      client.on("response", resolve).end();
    });
    client.on("error", () => undefined);
    response.on("error", () => undefined);
    let before = -1;
    while (before !== state.taken) {
      before = state.taken;
      await quiet();
    }
    // What fits into the buffers of both ends; without waiting it would be far more in that time.
    expect(state.taken * 1000 * 20).toBeLessThan(64_000_000);
    expect(state.ended).toBe(0);
    response.destroy();
    const end = Date.now() + 5_000;
    while (state.ended === 0 && Date.now() < end) await quiet();
    expect(state.ended).toBe(1);
    expect(bot.state.errors).toEqual([]);
  });

  it("lets only a few read at once", async () => {
    const { state, pages } = endless();
    const port = await listen(pages);
    const url = `http://127.0.0.1:${port}/metrics-history/export`;
    const leaving = new AbortController();
    await Promise.all([1, 2, 3, 4].map(() => fetch(url, { signal: leaving.signal })));
    const refused = await fetch(url);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
    await refused.text();
    leaving.abort();
    const end = Date.now() + 5_000;
    while (state.ended < 4 && Date.now() < end) await quiet();
    const again = new AbortController();
    expect((await fetch(url, { signal: again.signal })).status).toBe(200);
    again.abort();
  });

  it("is cut where the store fails in the middle, and the log hears of it", async () => {
    const port = await listen(async function* () {
      yield [
        { target: "a", at: 1, metrics: ["cpu"], values: Float64Array.of(1), dead: false, afterGap: false },
      ];
      throw new Error("the store is damaged");
    });
    const response = await fetch(`http://127.0.0.1:${port}/metrics-history/export`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(bot.state.errors).toEqual([
      { message: "Error: the store is damaged", route: "/metrics-history/export" },
    ]);
  });
});
