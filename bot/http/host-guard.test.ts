import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { json, type ServedBot, serveFakeBot } from "../../fixtures/fakes/http-bot.ts";
import { allowedOrigins } from "./host-guard.ts";
import { createHttpServer } from "./server.ts";

let http: ServedBot;

beforeEach(async () => {
  http = await serveFakeBot();
});

afterEach(() => http.app.close());

describe("Host, Origin and content type", () => {
  test.each([
    ["localhost", 200],
    ["LOCALHOST:80", 200],
    ["127.0.0.1", 200],
    ["[::1]", 200],
    ["evil.example", 403],
    ["localhost.evil.example", 403],
    ["localhost:8080", 403],
    ["127.0.0.1@evil.example", 403],
  ])("Host %s is answered with %i", async (host, status) => {
    expect((await http.get("/health", { headers: { host } })).statusCode).toBe(status);
  });

  test("the host of PUBLIC_URL is answered, by its own scheme only", async () => {
    const behind = await createHttpServer({ ...http.deps, publicUrl: "https://ops.example.org" });
    const ask = (origin: string) =>
      behind.inject({
        method: "POST",
        url: "/query",
        headers: { ...json, host: "ops.example.org", origin },
        payload: { query: "help" },
      });
    expect((await ask("https://ops.example.org")).statusCode).toBe(200);
    expect((await ask("http://ops.example.org")).statusCode).toBe(403);
    await behind.close();
  });

  test.each(["http://evil.example", "null", "http://localhost:8080", "https://localhost"])(
    "a page of %s cannot press a button",
    async (origin) => {
      const answer = await http.post("/buttons", { token: "minted" }, { origin });
      expect([answer.statusCode, answer.json().error]).toEqual([403, "origin_not_allowed"]);
    },
  );

  test("the bot's own page may press a button", async () => {
    expect(
      (await http.post("/buttons", { token: "minted" }, { origin: "http://localhost" })).statusCode,
    ).toBe(200);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "a POST of content type '%s' is 415",
    async (type) => {
      const headers = type === "" ? {} : { "content-type": type };
      const answer = await http.app.inject({
        method: "POST",
        url: "/plans/plan-17/deny",
        headers,
        payload: "{}",
      });
      expect([answer.statusCode, answer.json().error]).toEqual([415, "unsupported_media_type"]);
      expect(http.state.decisions).toEqual([]);
    },
  );

  test("every answer forbids inline scripts, frames and other sites, refusals too", async () => {
    for (const url of ["/health", "/nowhere"]) {
      const policy = String((await http.get(url)).headers["content-security-policy"]);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
    }
  });

  test("Host and Origin are compared with the port that is listened on", async () => {
    const url = await http.app.listen({ host: "127.0.0.1", port: 0 });
    const ask = (origin: string) => fetch(`${url}/incidents`, { headers: { origin } });
    expect((await ask(url)).status).toBe(200);
    expect((await ask("http://127.0.0.1:1")).status).toBe(403);
  });
});

describe("the names a connection may use", () => {
  const origins = (door: Partial<Parameters<typeof allowedOrigins>[0]>) => [
    ...allowedOrigins({
      host: "127.0.0.1",
      publicUrl: null,
      localAddress: undefined,
      localPort: 3000,
      ...door,
    }),
  ];

  test("a loopback address has three names", () => {
    const names = ["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000"];
    expect(origins({})).toEqual(names);
    expect(origins({ host: "::1" }).sort()).toEqual(names.sort());
  });

  test("another address has only itself and PUBLIC_URL", () => {
    expect(origins({ host: "10.0.0.5", publicUrl: "https://ops.example.org/console" })).toEqual([
      "http://10.0.0.5:3000",
      "https://ops.example.org",
    ]);
  });

  test("listening everywhere means the address at which the connection arrived", () => {
    expect(origins({ host: "0.0.0.0", localAddress: "10.0.0.5" })).toEqual(["http://10.0.0.5:3000"]);
    expect(origins({ host: "::", localAddress: "::ffff:10.0.0.5" })).toEqual(["http://10.0.0.5:3000"]);
    expect(origins({ host: "0.0.0.0", localAddress: "127.0.0.1" })).toContain("http://localhost:3000");
  });
});
