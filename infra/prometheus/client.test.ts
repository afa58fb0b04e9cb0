import { type RequestListener, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Prometheus, createPrometheus, pointsPerCall, splitWindow } from "./client.ts";
import { PrometheusError } from "./error.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that answers as it is told, and counts what it is asked. */
async function hostile(listener: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      asked.push(`${request.url} ${body}`);
      listener(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function client(url: string, pauses: number[] = [], timeoutMs = 500): Prometheus {
  const sleep = (ms: number) => Promise.resolve(void pauses.push(ms));
  return createPrometheus({ url, timeoutMs, sleep, random: () => 0.5 });
}

async function failure(promise: Promise<unknown>): Promise<PrometheusError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (caught: unknown) => caught,
  );
  if (error instanceof PrometheusError) return error;
  throw error;
}

function vector(...values: string[]): string {
  const result = values.map((value, i) => ({ metric: { instance: `${i}` }, value: [100, value] }));
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
}

describe("answers", () => {
  test("values that are not numbers keep their meaning", async () => {
    const { url } = await hostile((_, response) => response.end(vector("NaN", "+Inf", "-Inf", "1e3")));
    const { series, partial } = await client(url).query("up");
    expect(series.map(({ values }) => values[0])).toEqual([NaN, Infinity, -Infinity, 1000]);
    expect(partial).toBe(false);
  });

  test("a warning makes an answer partial, an info does not, and both are told on one line", async () => {
    const body = (notes: object) => JSON.stringify({ ...(JSON.parse(vector("1")) as object), ...notes });
    const warned = await hostile((_, response) =>
      response.end(body({ warnings: ["store\n10.0.0.1 is gone"] })),
    );
    expect(await client(warned.url).query("up")).toMatchObject({
      partial: true,
      warnings: ["store 10.0.0.1 is gone"],
    });
    const informed = await hostile((_, response) => response.end(body({ infos: ["not a counter"] })));
    expect(await client(informed.url).query("up")).toMatchObject({
      partial: false,
      warnings: ["not a counter"],
    });
    const victoria = await hostile((_, response) => response.end(body({ isPartial: true })));
    expect(await client(victoria.url).query("up")).toMatchObject({ partial: true });
  });

  test("a scalar is a series without labels", async () => {
    const body = { status: "success", data: { resultType: "scalar", result: [100, "2"] } };
    const { url } = await hostile((_, response) => response.end(JSON.stringify(body)));
    expect((await client(url).query("2")).series).toEqual([{ labels: {}, time: [100], values: [2] }]);
  });

  test.each([
    ["a web page", "<html>login</html>"],
    ["JSON of something else", '{"hello":"world"}'],
    ["a value that is not a number", vector("many")],
    ["an empty value", vector("")],
    ["an empty body", ""],
  ])("%s is an error that asks to check the address", async (_what, body) => {
    const { url, asked } = await hostile((_, response) => response.end(body));
    const error = await failure(client(url).query("up"));
    expect(error.kind).toBe("garbage");
    expect(error.message).toContain("PROMETHEUS_URL");
    expect(asked).toHaveLength(1);
  });
});

describe("long answers", () => {
  const window = { start: 100, end: 110, stepSeconds: 10 };
  // A label that looks like the beginning of a series.
  const sly = ',{"metric":{"instance":"7"}}],"x":"';
  const result = Array.from({ length: 5_000 }, (_, i) => ({
    metric: { instance: `${i}`, sly },
    values: [
      [100, `${i}`],
      [110, "NaN"],
    ],
  }));
  const long = (parts: object = {}) =>
    JSON.stringify({ status: "success", data: { resultType: "matrix", result }, ...parts });

  test("are read in slices, with the same series as in one piece and what is told after them", async () => {
    const body = long({ warnings: ["a store is gone"] });
    expect(body.length).toBeGreaterThan(4 * 64 * 1024);
    const { url } = await hostile((_, response) => response.end(body));
    const { series, partial, warnings } = await client(url).queryRange("up", window);
    expect(series).toEqual(
      result.map(({ metric }, i) => ({ labels: metric, time: [100, 110], values: [i, NaN] })),
    );
    expect({ partial, warnings }).toEqual({ partial: true, warnings: ["a store is gone"] });
  });

  test("are handed over slice by slice to who takes them, and other work gets its turn in between", async () => {
    const { url } = await hostile((_, response) => response.end(long()));
    let [turns, taken] = [0, 0];
    const slices: number[] = [];
    const other = setInterval(() => (turns += 1), 0);
    const answer = await client(url).queryRange("up", window, (series) => {
      slices.push(turns);
      taken += series.length;
    });
    clearInterval(other);
    expect({ series: answer.series, taken }).toEqual({ series: [], taken: 5_000 });
    expect(slices.length).toBeGreaterThan(4);
    expect(slices.at(-1)).toBeGreaterThan(slices[0] ?? 0);
  });

  test.each([
    ["in the middle", (body: string) => body.replace('"2500"', "2500x")],
    ["at the end", (body: string) => body.slice(0, -3)],
    ["where a value is no number", (body: string) => body.replace('"2500"]', '"many"]')],
  ])("that are damaged %s are an error", async (_where, damage) => {
    const { url } = await hostile((_, response) => response.end(damage(long())));
    expect((await failure(client(url).queryRange("up", window))).kind).toBe("garbage");
  });

  test("with blanks in their JSON are read in one piece", async () => {
    const { url } = await hostile((_, response) => response.end(JSON.stringify(JSON.parse(long()), null, 1)));
    expect((await client(url).queryRange("up", window)).series).toHaveLength(5_000);
  });
});

describe("failures", () => {
  test.each([400, 422])("status %i tells what Prometheus said, cut, and is not repeated", async (status) => {
    const said = `parse error: ${"x".repeat(1000)}`;
    const { url, asked } = await hostile((_, response) =>
      response.writeHead(status).end(JSON.stringify({ status: "error", errorType: "bad_data", error: said })),
    );
    const error = await failure(client(url).query("up{"));
    expect(error.kind).toBe("bad_query");
    expect(error.message).toContain("parse error: xxx");
    expect(error.message.length).toBeLessThan(500);
    expect(asked).toHaveLength(1);
  });

  test("503 is repeated with growing pauses, and the third answer counts", async () => {
    const pauses: number[] = [];
    let left = 2;
    const { url } = await hostile((_, response) =>
      left-- > 0 ? response.writeHead(503).end("no") : response.end(vector("7")),
    );
    expect((await client(url, pauses).query("up")).series[0]?.values).toEqual([7]);
    expect(pauses).toEqual([200, 400]);
  });

  test("429 waits as long as it is told, five seconds at most, and gives up after three tries", async () => {
    const pauses: number[] = [];
    const { url, asked } = await hostile((_, response) =>
      response.writeHead(429, { "retry-after": "60" }).end(),
    );
    expect((await failure(client(url, pauses).query("up"))).kind).toBe("overloaded");
    expect(asked).toHaveLength(3);
    expect(pauses).toEqual([5000, 5000]);
  });

  test("a redirect is not followed", async () => {
    const { url, asked } = await hostile((_, response) =>
      response.writeHead(307, { location: "http://169.254.169.254/latest" }).end(),
    );
    expect((await failure(client(url).query("up"))).kind).toBe("redirect");
    expect(asked).toHaveLength(1);
  });

  test("more than 8 MB is refused without a second try", async () => {
    const { url, asked } = await hostile((_, response) => response.end(Buffer.alloc(9 * 1024 * 1024, "x")));
    const error = await failure(client(url, [], 5_000).query("up"));
    expect(error.kind).toBe("too_large");
    expect(error.message).toContain("shorter window");
    expect(asked).toHaveLength(1);
  });

  test("no answer in time is an error after three tries", async () => {
    const { url, asked } = await hostile(() => undefined);
    expect((await failure(client(url, [], 50).query("up"))).kind).toBe("timeout");
    expect(asked).toHaveLength(3);
  });

  test("a body that trickles for ever does not outlast the time limit", async () => {
    const { url } = await hostile((_, response) => {
      const trickle = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(trickle));
    });
    expect((await failure(client(url, [], 100).query("up"))).kind).toBe("timeout");
  });

  test("a server that is gone says so and names the variable", async () => {
    const { url } = await hostile((_, response) => response.end());
    for (const close of closing.splice(0)) close();
    const error = await failure(client(url).query("up"));
    expect(error.kind).toBe("unreachable");
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.message).toContain("PROMETHEUS_URL");
    expect(await client(url).ready()).toEqual({ ok: false, reason: error.message });
  });

  test.each([
    "http://169.254.169.254",
    "http://2852039166",
    "http://[fd00:ec2::254]:9090",
    "http://[::ffff:169.254.169.254]/prometheus",
    "http://[fe80::1]",
  ])("%s is never asked", async (url) => {
    expect((await failure(client(url).query("up"))).kind).toBe("forbidden");
  });
});

describe("range queries", () => {
  test("are split into calls that share no point and skip none", () => {
    const parts = splitWindow({ start: 1000, end: 1000 + 12_345 * 5, stepSeconds: 5 });
    const times = parts.flatMap(({ start, end }) =>
      Array.from({ length: (end - start) / 5 + 1 }, (_, i) => start + i * 5),
    );
    expect(parts).toHaveLength(3);
    expect(times).toEqual(Array.from({ length: 12_346 }, (_, i) => 1000 + i * 5));
    for (const { start, end } of parts) expect((end - start) / 5 + 1).toBeLessThanOrEqual(pointsPerCall);
  });

  test("an empty, endless or enormous window is refused before anything is asked", () => {
    expect(() => splitWindow({ start: 10, end: 5, stepSeconds: 1 })).toThrow("holds no point");
    expect(() => splitWindow({ start: 0, end: 10, stepSeconds: 0 })).toThrow("holds no point");
    expect(() => splitWindow({ start: 0, end: NaN, stepSeconds: 5 })).toThrow("holds no point");
    expect(() => splitWindow({ start: 0, end: 1e9, stepSeconds: 1 })).toThrow("larger step");
  });
});
