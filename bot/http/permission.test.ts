import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chartId, local, type ServedBot, serveFakeBot } from "../../fixtures/fakes/http-bot.ts";
import { routeTable } from "./routes.ts";

import { createStreams } from "./updates.ts";

let http: ServedBot;

beforeEach(async () => {
  http = await serveFakeBot();
});

afterEach(() => http.app.close());

/** Method and path of everything that fastify itself would route, read from the tree of its router. */
function realRoutes(): { method: "GET" | "POST"; url: string }[] {
  const path: string[] = [];
  return http.app
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
    await http.app.ready();
    const routes = realRoutes();
    const declared = routeTable(http.deps, createStreams(http.deps)).map(
      ({ method, url }) => `${method} ${url}`,
    );
    expect(routes.length).toBe(declared.length);
    http.state.principal = null;
    for (const { method, url } of routes) {
      expect(declared, url).toContain(`${method} ${url}`);
      const path = url.replace(":id", chartId).replace("*", "card-text.js");
      const answer = method === "GET" ? await http.get(path) : await http.post(path, {});
      const open = url === "/health" || url === "/ready";
      expect([url, answer.statusCode]).toEqual([url, open ? 200 : 401]);
    }
  });

  test("a stranger is not told which addresses exist", async () => {
    http.state.principal = null;
    expect((await http.get("/nowhere")).statusCode).toBe(401);
  });

  test("a route that declares no permission cannot be registered", () => {
    expect(() => http.app.get("/forgotten", async () => "")).toThrow("declares no permission");
  });

  test("who may only look can neither talk nor decide", async () => {
    http.state.principal = { ...local, scopes: ["look"] };
    expect((await http.get("/plans")).statusCode).toBe(200);
    for (const url of ["/query", "/buttons", "/plans/plan-17/approve"]) {
      const answer = await http.post(url, { query: "help", token: "minted", digest: "right" });
      expect([url, answer.statusCode, answer.json().error]).toEqual([url, 403, "scope_missing"]);
    }
    expect(http.state.decisions).toEqual([]);
  });

  test("nobody may name another person, in the body or in the address", async () => {
    const inBody = await http.post("/query", { query: "help", user: "console:boss" });
    const inQuery = await http.post("/query?user=console:boss", { query: "help" });
    expect([inBody.statusCode, inQuery.statusCode]).toEqual([403, 403]);
    expect(inBody.json().error).toBe("user_not_allowed");
    expect(http.state.asked).toEqual([]);
  });

  test("the 101st request within a second is turned away and told when to come back", async () => {
    for (let count = 0; count < 100; count += 1) expect((await http.get("/status")).statusCode).toBe(200);
    const late = await http.get("/status");
    expect([late.statusCode, late.headers["retry-after"], late.json().error]).toEqual([
      429,
      "1",
      "too_many_requests",
    ]);
    http.state.nowMs += 1000;
    expect((await http.get("/status")).statusCode).toBe(200);
  });
});
