import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clientOf, fakeBot } from "../../fixtures/fakes/http-bot.ts";
import { createHttpServer } from "./server.ts";

let files: string;
let app: FastifyInstance;
let get: ReturnType<typeof clientOf>["get"];

beforeEach(async () => {
  files = mkdtempSync(join(tmpdir(), "smartcloudops-http-"));
  app = await createHttpServer(fakeBot(pathToFileURL(join(files, "bot/console"))).deps);
  ({ get } = clientOf(app));
});

afterEach(async () => {
  await app.close();
  rmSync(files, { recursive: true });
});

describe("the console's page", () => {
  test("says how to build it while it is not built", async () => {
    const answer = await get("/");
    expect([answer.statusCode, answer.json().message]).toEqual([
      503,
      expect.stringContaining("npm run build"),
    ]);
    expect((await get("/assets/console/page/page.js")).statusCode).toBe(404);
  });

  test("is served with the modules it imports and no other file", async () => {
    mkdirSync(join(files, "bot/console/page"), { recursive: true });
    const paths = ["console/page/page.js", "console/page/page.css", "console/render.js", "card-text.js"];
    for (const path of [...paths, "console/page/index.html", "console/app.js", "main.js"])
      writeFileSync(join(files, "bot", path), `content of ${path}`);
    writeFileSync(join(files, "secret.js"), "secret");
    expect((await get("/")).headers["content-type"]).toBe("text/html; charset=utf-8");
    for (const path of paths) expect((await get(`/assets/${path}`)).body).toBe(`content of ${path}`);
    expect((await get("/assets/card-text.js")).headers["content-type"]).toBe(
      "text/javascript; charset=utf-8",
    );
    const others = [
      "main.js",
      "console/app.js",
      "../secret.js",
      "..%2fsecret.js",
      "console/page/..%2f..%2fmain.js",
    ];
    for (const path of [...others, "console/page/%2e%2e/%2e%2e/main.js", "console/page/page.js%00.css"])
      expect([path, (await get(`/assets/${path}`)).statusCode]).toEqual([path, 404]);
  });
});
