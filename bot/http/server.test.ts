import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chartId, png, replyCalled, type ServedBot, serveFakeBot } from "../../fixtures/fakes/http-bot.ts";

let http: ServedBot;

beforeEach(async () => {
  http = await serveFakeBot();
});

afterEach(() => http.app.close());

describe("talking and deciding", () => {
  test.each(["/query", "/chatops/smart-query"])("%s passes the message on as the caller's", async (url) => {
    const answer = await http.post(url, { query: "check web-1", thread: "t1" });
    expect([answer.statusCode, answer.json()]).toEqual([200, replyCalled("Here")]);
    expect(http.state.asked).toEqual([{ text: "check web-1", thread: "t1", identity: "console:local" }]);
  });

  test.each([
    ["nothing", ""],
    ["an empty query", { query: "" }],
    ["a query that is too long", { query: "x".repeat(4001) }],
    ["a number", { query: 5 }],
    ["a field nobody knows", { query: "help", as: "boss" }],
    ["an array", []],
    ["broken JSON", '{"query":'],
    ["a poisoned prototype", '{"query":"help","__proto__":{"a":1}}'],
  ])("a query with %s is 400", async (_what, body) => {
    const answer = await http.post("/query", body);
    expect([answer.statusCode, answer.json().error]).toEqual([400, "bad_request"]);
    expect(http.state.asked).toEqual([]);
  });

  test("a body of more than 256 kB is 413", async () => {
    const answer = await http.post("/query", { query: "x".repeat(256 * 1024) });
    expect([answer.statusCode, answer.json().error]).toEqual([413, "body_too_large"]);
  });

  test("a token that nobody minted is 404, a known one 200", async () => {
    expect((await http.post("/buttons", { token: "guessed" })).json().error).toBe("unknown_token");
    expect((await http.post("/buttons", { token: "guessed" })).statusCode).toBe(404);
    expect((await http.post("/buttons", { token: "minted" })).json().card.title).toBe("Clicked");
  });

  test("approving needs the digest of what was read, and each outcome has its status", async () => {
    const approve = (body: unknown, plan = "plan-17") => http.post(`/plans/${plan}/approve`, body);
    expect((await approve({})).json()).toMatchObject({
      error: "bad_request",
      message: expect.stringContaining("digest"),
    });
    expect(http.state.decisions).toEqual([]);
    const accepted = await approve({ digest: "right" });
    expect([accepted.statusCode, accepted.json()]).toEqual([200, replyCalled("Approved")]);
    const refused = await approve({ digest: "right" });
    expect([refused.statusCode, refused.json().card.title]).toEqual([403, "You may not"]);
    const conflict = await approve({ digest: "wrong" });
    expect([conflict.statusCode, conflict.json().card.title]).toEqual([409, "The plan is another one"]);
    expect((await approve({ digest: "right" }, "plan-99")).json().error).toBe("unknown_plan");
  });

  test("a plan may be denied with a reason and cancelled without a body", async () => {
    expect((await http.post("/plans/plan-17/deny", { reason: "not now" })).statusCode).toBe(200);
    expect((await http.post("/plans/plan-17/cancel", "")).statusCode).toBe(200);
    expect(http.state.decisions.map(({ decision, reason, digest }) => [decision, reason, digest])).toEqual([
      ["deny", "not now", null],
      ["cancel", null, null],
    ]);
  });
});

describe("looking", () => {
  test("lists, status and metrics are served as they are", async () => {
    expect((await http.get("/incidents")).json().incidents[0].id).toBe("inc-1");
    expect((await http.get("/plans")).json().plans[0].digest).toBe("right");
    expect((await http.get("/audit")).json().entries[0].verb).toBe("propose");
    expect((await http.get("/models")).json()).toEqual({ models: [] });
    expect((await http.get("/status")).json()).toEqual({ targets: [] });
    const metrics = await http.get("/metrics");
    expect([metrics.headers["content-type"], metrics.body]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      "up 1\n",
    ]);
  });

  test("readiness is 503 with its parts while something is missing", async () => {
    http.state.ready = false;
    const answer = await http.get("/ready");
    expect([answer.statusCode, answer.json().parts.metrics.ok]).toEqual([503, false]);
    expect((await http.get("/health")).statusCode).toBe(200);
  });

  test("a chart is a private picture that never changes; other ids are 404", async () => {
    const answer = await http.get(`/charts/${chartId}.png`);
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "image/png"]);
    expect(answer.headers["cache-control"]).toBe("private, max-age=31536000, immutable");
    expect(answer.rawPayload).toEqual(png);
    for (const id of ["f".repeat(32), "../x", "ABC"])
      expect((await http.get(`/charts/${encodeURIComponent(id)}.png`)).statusCode).toBe(404);
  });

  test("another method at a known address is 405 and says which one works", async () => {
    const answer = await http.app.inject({ method: "DELETE", url: "/plans/plan-17/approve" });
    expect([answer.statusCode, answer.headers["allow"]]).toEqual([405, "POST"]);
    expect((await http.get("/nowhere")).json().error).toBe("not_found");
    expect((await http.get("/%zz")).json().error).toBe("bad_request");
  });

  test("an exception is a 500 that tells the log everything and the client nothing", async () => {
    http.state.broken = true;
    const answer = await http.post("/query", { query: "help" });
    expect([answer.statusCode, answer.json().error]).toEqual([500, "internal_error"]);
    expect(answer.body).not.toContain("secret");
    expect(http.state.errors).toEqual([
      { message: "Error: the store is closed at /secret/path", route: "/query" },
    ]);
  });
});
