import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  hasAlertmanager,
  type TestAlertmanager,
  testAlertmanager,
} from "../fixtures/fakes/alertmanager-server.ts";
import { createAlertmanager } from "./alertmanager.ts";

const installed = hasAlertmanager();
const hour = 3_600_000;
const labels = { alertname: "HighLoad", instance: 'web-1 "quoted" \\ {x=~".*"}', empty: "" };
const wanted = (parts: { id?: string | null; endsAt?: number; mark?: string } = {}) => ({
  id: parts.id ?? null,
  labels,
  endsAt: parts.endsAt ?? Date.now() + hour,
  createdBy: "Mara",
  comment: `inc-1, silenced by Mara [${parts.mark ?? "smartcloudops inc-1.a"}]`,
});

describe.runIf(installed)("a real Alertmanager", () => {
  let real: TestAlertmanager;
  beforeAll(async () => {
    real = await testAlertmanager({ url: "http://127.0.0.1:9/none", bearer: "none" });
  });
  afterAll(() => real.stop());

  const read = async (id: string) =>
    (await (await fetch(`${real.url}/api/v2/silence/${id}`)).json()) as {
      status: { state: string };
      endsAt: string;
      matchers: object[];
    };

  test("keeps a silence of exactly the labels, finds it by its mark, moves its end and ends it", async () => {
    const alertmanager = createAlertmanager({ url: `${real.url}/`, wall: Date.now });
    expect(await alertmanager.ready()).toMatchObject({
      ok: true,
      version: expect.stringMatching(/^\d+\./) as string,
    });
    const mark = { labels, mark: "smartcloudops inc-1.a" };
    expect(await alertmanager.find(mark)).toEqual({ ok: true, value: null });
    const put = await alertmanager.put(wanted());
    expect(put).toMatchObject({ ok: true });
    const id = put.ok ? put.value : "";
    expect(await read(id)).toMatchObject({
      status: { state: "active" },
      matchers: [
        { name: "alertname", value: "HighLoad", isRegex: false, isEqual: true },
        { name: "instance", value: labels.instance, isRegex: false, isEqual: true },
      ],
    });
    expect(await alertmanager.find(mark)).toEqual({ ok: true, value: id });
    expect(await alertmanager.find({ ...mark, mark: "smartcloudops inc-1.b" })).toMatchObject({
      value: null,
    });
    expect(await alertmanager.find({ ...mark, labels: { alertname: "HighLoad" } })).toMatchObject({
      value: null,
    });

    const until = Date.now() + 3 * hour;
    expect(await alertmanager.put(wanted({ id, endsAt: until }))).toEqual({ ok: true, value: id });
    expect(Date.parse((await read(id)).endsAt)).toBe(until);
    expect(await alertmanager.end(id)).toEqual({ ok: true, value: null });
    expect((await read(id)).status.state).toBe("expired");
    expect(await alertmanager.end(id)).toEqual({ ok: true, value: null });
    expect(await alertmanager.end("00000000-0000-0000-0000-000000000000")).toEqual({ ok: true, value: null });
    expect(await alertmanager.find(mark)).toEqual({ ok: true, value: null });
    const again = await alertmanager.put(wanted({ id }));
    expect(again).toMatchObject({ ok: true });
    expect(again).not.toMatchObject({ value: id });
  });

  test("says whether an alert of exactly these labels still fires, a silenced one too", async () => {
    const alertmanager = createAlertmanager({ url: real.url, wall: Date.now });
    const own = { alertname: "StillFires", instance: "10.0.1.9" };
    expect(await alertmanager.fires(own)).toEqual({ ok: true, value: false });
    await real.post([{ labels: own }]);
    await expect.poll(() => alertmanager.fires(own)).toEqual({ ok: true, value: true });
    expect(await alertmanager.fires({ alertname: "StillFires" })).toEqual({ ok: true, value: false });
    const silence = { ...wanted(), labels: own };
    expect(await alertmanager.put(silence)).toMatchObject({ ok: true });
    expect(await alertmanager.fires(own)).toEqual({ ok: true, value: true });
    await real.post([{ labels: own, endsAt: new Date(Date.now() - 1_000).toISOString() }]);
    await expect.poll(() => alertmanager.fires(own)).toEqual({ ok: true, value: false });
  });

  test("says why it will not, and that is not tried again", async () => {
    const alertmanager = createAlertmanager({ url: real.url, wall: Date.now });
    expect(await alertmanager.put(wanted({ endsAt: 1_000 }))).toMatchObject({
      ok: false,
      refused: true,
      message: expect.stringMatching(/^it answered HTTP 400: .*/) as string,
    });
    expect(await alertmanager.put({ ...wanted(), labels: { empty: "" } })).toMatchObject({
      ok: false,
      refused: true,
      message: expect.stringContaining("one of everything") as string,
    });
  });
});

describe("an Alertmanager that is not well", () => {
  let server: Server | null = null;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
    server = null;
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
    serve((_request, response) => response.writeHead(status, headers).end(body));

  test.each([
    ["fails", 500, "{}", false, /HTTP 500/],
    ["is too busy", 429, "{}", false, /HTTP 429/],
    ["refuses", 403, '"no entry\\u202e"', true, /^it answered HTTP 403: no entry$/],
    ["is something else", 200, "<html>", true, /check that ALERTMANAGER_URL/],
    ["makes an id that is none", 200, '{"silenceID":"../../x"}', true, /check that ALERTMANAGER_URL/],
  ])("that %s is told in words", async (_, status, body, refused, words) => {
    const told = await createAlertmanager({ url: await answering(status, body), wall: Date.now }).put(
      wanted(),
    );
    expect(told).toMatchObject({ ok: false, refused, message: expect.stringMatching(words) as string });
  });

  test("is never followed elsewhere", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(307, { location: "http://127.0.0.1:1/" }).end();
    });
    expect(await createAlertmanager({ url, wall: Date.now }).end("a")).toMatchObject({
      ok: false,
      message: expect.stringContaining("redirects") as string,
    });
    expect(asked).toBe(2);
  });

  test("that trickles, floods or is not there ends within its limits", async () => {
    const trickle = await serve((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("["), 20);
      response.on("close", () => clearInterval(drip));
    });
    const slow = await createAlertmanager({ url: trickle, wall: Date.now, timeoutMs: 200 }).find({
      labels,
      mark: "x",
    });
    expect(slow).toEqual({ ok: false, refused: false, message: "it did not answer within 0.2 s" });
    server?.closeAllConnections();
    server?.close();
    const flood = await serve((_request, response) => response.end("x".repeat(9 * 1024 * 1024)));
    expect(
      await createAlertmanager({ url: flood, wall: Date.now }).find({ labels, mark: "x" }),
    ).toMatchObject({
      message: "its answer is larger than 8 MB",
    });
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    expect(await createAlertmanager({ url: flood, wall: Date.now }).ready()).toMatchObject({
      ok: false,
      reason: expect.stringContaining("cannot be reached (ECONNREFUSED)") as string,
    });
    server = null;
  });

  test.each(["http://169.254.169.254", "http://[fd00:ec2::254]", "http://[fe80::1]:9093"])(
    "is never asked at %s",
    async (url) => {
      expect(await createAlertmanager({ url, wall: Date.now }).put(wanted())).toMatchObject({
        ok: false,
        refused: true,
        message: expect.stringContaining("metadata") as string,
      });
    },
  );
});
