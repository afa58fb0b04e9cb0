import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { local, serveFakeBot, type ServedBot } from "../../fixtures/fakes/http-bot.ts";

let bot: ServedBot;
beforeAll(async () => {
  bot = await serveFakeBot();
});
afterAll(async () => {
  await bot.app.close();
});
beforeEach(() => {
  bot.state.changes = [];
  bot.state.principal = local;
});

const deploy = { service: "app", kind: "deploy", title: "4f2c" };

it("takes a change of now, and says which targets it is about", async () => {
  const answer = await bot.post("/changes", {
    ...deploy,
    by: "CI",
    url: "https://ci.example/7",
    id: "run-7",
  });
  expect(answer.statusCode).toBe(201);
  expect(answer.json()).toEqual({
    change: {
      number: 1,
      id: "run-7",
      service: "app",
      kind: "deploy",
      title: "4f2c",
      by: "CI",
      url: "https://ci.example/7",
      at: bot.state.nowMs,
      metric_at: bot.state.nowMs / 1_000,
      told_by: "console:local",
      told_at: bot.state.nowMs,
    },
    matches: ["web-1"],
  });
  expect((await bot.post("/changes", { ...deploy, id: "run-7" })).statusCode).toBe(200);
});

it("reads unix seconds and ISO 8601 with a zone", async () => {
  for (const at of [900, "1970-01-01T00:15:00Z", "1970-01-01T01:15:00+01:00"])
    await bot.post("/changes", { ...deploy, at });
  expect(bot.state.changes.map(({ at }) => at)).toEqual([900_000, 900_000, 900_000]);
});

it("says what is wrong with everything else, and stores nothing of it", async () => {
  const wrong: [object | string, RegExp][] = [
    [{}, /kind/],
    [{ kind: "deploy", title: "x" }, /exactly one of target, service and tags/],
    [{ ...deploy, target: "web-1" }, /exactly one/],
    [{ ...deploy, title: "x".repeat(121) }, /title/],
    [{ ...deploy, title: "  " }, /title/],
    [{ ...deploy, at: "yesterday" }, /at: /],
    [{ ...deploy, at: Date.now() }, /at: /],
    [{ ...deploy, at: "2026-11-21T02:47:00" }, /at: /],
    [{ ...deploy, surprise: 1 }, /surprise/],
    [{ kind: "deploy", title: "x", tags: {} }, /1 to 10/],
    [{ ...deploy, user: "mara" }, /user/],
    ["not json", /cannot be read|JSON/],
  ];
  for (const [body, says] of wrong) {
    const answer = await bot.post("/changes", body);
    expect(answer.statusCode, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.json<{ message: string }>().message).toMatch(says);
  }
  expect(bot.state.changes).toEqual([]);
});

it("needs a principal that may tell of changes", async () => {
  bot.state.principal = null;
  expect((await bot.post("/changes", deploy)).statusCode).toBe(401);
  bot.state.principal = { ...local, scopes: ["look", "say", "decide", "alerts"] };
  expect((await bot.post("/changes", deploy)).statusCode).toBe(403);
  bot.state.principal = { ...local, scopes: ["changes"] };
  expect((await bot.post("/changes", deploy)).statusCode).toBe(201);
});
