import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chartId, clientOf, fakeBot, type FakeBot, local } from "../../fixtures/fakes/http-bot.ts";
import { routeTable } from "./routes.ts";
import { createHttpServer } from "./server.ts";
import { createStreams } from "./updates.ts";

let bot: FakeBot;
let app: FastifyInstance;
let get: ReturnType<typeof clientOf>["get"];
let post: ReturnType<typeof clientOf>["post"];

beforeEach(async () => {
  bot = fakeBot(new URL("file:///nothing/is/built/here/"));
  app = await createHttpServer(bot.deps);
  ({ get, post } = clientOf(app));
});

afterEach(() => app.close());

/** Method and path of everything that fastify itself would route, read from the tree of its router. */
function realRoutes(): { method: "GET" | "POST"; url: string }[] {
  const path: string[] = [];
  return app
    .printRoutes()
    .split("\n")
    .flatMap((line) => {
      const [, indent, part = "", methods] = /^([│ ]*)[└├]── (\S+)(?: \((.+)\))?$/.exec(line) ?? [];
      if (indent === undefined) return [];
      path.splice(indent.length / 4, Infinity, part);
      const url = path.join("");
      return methods?.split(", ").map((method) => ({ method: method as "GET" | "POST", url })) ?? [];
    });
}

describe("who may use what", () => {
  test("every route that fastify knows declares a permission and wants a principal", async () => {
    await app.ready();
    const routes = realRoutes();
    const declared = routeTable(bot.deps, createStreams(bot.deps)).map(
      ({ method, url }) => `${method} ${url}`,
    );
    expect(routes.length).toBe(declared.length);
    bot.state.principal = null;
    for (const { method, url } of routes) {
      expect(declared, url).toContain(`${method} ${url}`);
      const path = url.replace(":id", chartId).replace("*", "card-text.js");
      const answer = method === "GET" ? await get(path) : await post(path, {});
      const open = url === "/health" || url === "/ready";
      expect([url, answer.statusCode]).toEqual([url, open ? 200 : 401]);
    }
  });

  test("a stranger is not told which addresses exist", async () => {
    bot.state.principal = null;
    expect((await get("/nowhere")).statusCode).toBe(401);
  });

  test("a route that declares no permission cannot be registered", () => {
    expect(() => app.get("/forgotten", async () => "")).toThrow("declares no permission");
  });

  test("who may only look can neither talk nor decide", async () => {
    bot.state.principal = { ...local, scopes: ["look"] };
    expect((await get("/plans")).statusCode).toBe(200);
    for (const url of ["/query", "/buttons", "/plans/plan-17/approve"]) {
      const answer = await post(url, { query: "help", token: "minted", digest: "right" });
      expect([url, answer.statusCode, answer.json().error]).toEqual([url, 403, "scope_missing"]);
    }
    expect(bot.state.decisions).toEqual([]);
  });

  test("nobody may name another person, in the body or in the address", async () => {
    const inBody = await post("/query", { query: "help", user: "console:boss" });
    const inQuery = await post("/query?user=console:boss", { query: "help" });
    expect([inBody.statusCode, inQuery.statusCode]).toEqual([403, 403]);
    expect(inBody.json().error).toBe("user_not_allowed");
    expect(bot.state.asked).toEqual([]);
  });

  test("the 101st request within a second is turned away and told when to come back", async () => {
    for (let count = 0; count < 100; count += 1) expect((await get("/status")).statusCode).toBe(200);
    const late = await get("/status");
    expect([late.statusCode, late.headers["retry-after"], late.json().error]).toEqual([
      429,
      "1",
      "too_many_requests",
    ]);
    bot.state.nowMs += 1000;
    expect((await get("/status")).statusCode).toBe(200);
  });
});
