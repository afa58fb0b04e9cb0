import { afterEach, beforeEach, expect, test } from "vitest";
import { local, type ServedBot, serveFakeBot } from "../../fixtures/fakes/http-bot.ts";

let http: ServedBot;

beforeEach(async () => {
  http = await serveFakeBot();
  http.state.principal = {
    identity: "key:alertmanager",
    name: "Alertmanager",
    groups: [],
    scopes: ["alerts"],
  };
});
afterEach(() => http.app.close());

test("a message is answered once it is stored", async () => {
  const answer = await http.post("/alerts", { version: "4" });
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: "stored" }]);
});

test("a message that is wrong is told what is wrong with it", async () => {
  http.deps.alerts = async () => ({ status: "invalid", reason: "groupKey: is missing" });
  const answer = await http.post("/alerts", {});
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ error: "bad_request", message: expect.stringContaining("groupKey") });
  expect((await http.post("/alerts", "{")).statusCode).toBe(400);
});

test("a label may be called as JavaScript's own things are: refusing it would lose the whole message", async () => {
  let heard: unknown;
  http.deps.alerts = async (body) => {
    heard = body;
    return { status: "stored" };
  };
  const answer = await http.post("/alerts", '{"labels":{"__proto__":"a","constructor":{"prototype":1}}}');
  expect(answer.statusCode).toBe(200);
  expect(JSON.stringify(heard)).toBe('{"labels":{"__proto__":"a","constructor":{"prototype":1}}}');
});

test("what is nested without end is 400 before it is read, and nobody's log is filled", async () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const answer = await http.post("/alerts", `${open.repeat(500_000)}1${close.repeat(500_000)}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      message: "The body is nested deeper than 32. Send a flatter one.",
    });
  }
  expect(http.state.errors).toEqual([]);
});

test("a body that is too large is told how large it may be", async () => {
  const answer = await http.post("/alerts", `"${"x".repeat(33 * 1024 * 1024)}"`);
  expect([answer.statusCode, answer.json().message]).toEqual([
    413,
    "The body is larger than 32768 kB. Send less.",
  ]);
});

test("a full queue answers 503, after which Alertmanager sends again", async () => {
  http.deps.alerts = async () => ({ status: "full" });
  const answer = await http.post("/alerts", {});
  expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "5"]);
});

test("never 429, however many come, and a group of five thousand alerts fits", async () => {
  const statuses = new Set<number>();
  for (let n = 0; n < 250; n++) statuses.add((await http.post("/alerts", {})).statusCode);
  const alerts = Array.from({ length: 5_000 }, (_, n) => ({ labels: { n: `${n}`, text: "x".repeat(300) } }));
  statuses.add((await http.post("/alerts", { alerts })).statusCode);
  expect([...statuses]).toEqual([200]);
});

test("who may look, talk and decide may not tell of alerts, and nobody may guess the bearer without end", async () => {
  http.state.principal = { ...local, scopes: ["look", "say", "decide"] };
  expect((await http.post("/alerts", {})).statusCode).toBe(403);
  http.state.principal = null;
  const statuses = new Set<number>();
  for (let n = 0; n < 250; n++) statuses.add((await http.post("/alerts", {})).statusCode);
  expect([...statuses].sort()).toEqual([401, 429]);
});
