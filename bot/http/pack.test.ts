import { afterEach, beforeEach, expect, test } from "vitest";
import { local, type ServedBot, serveFakeBot } from "../../fixtures/fakes/http-bot.ts";

let http: ServedBot;
beforeEach(async () => {
  http = await serveFakeBot();
});
afterEach(() => http.app.close());

test("a pack is a file to keep, and is never shown as a page of this server", async () => {
  const answer = await http.get("/incidents/inc-12/pack");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-disposition": 'attachment; filename="inc-12.html"',
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
  });
});

test.each(["inc-13", "12", "inc-0", "plan-1", "inc-1%22%0d%0ax", ".."])("there is none of %s", async (id) => {
  expect((await http.get(`/incidents/${id}/pack`)).statusCode).toBe(404);
});

test("only for whoever may look", async () => {
  http.state.principal = { ...local, scopes: ["say"] };
  expect((await http.get("/incidents/inc-12/pack")).statusCode).toBe(403);
  http.state.principal = null;
  expect((await http.get("/incidents/inc-12/pack")).statusCode).toBe(401);
});
