import { readFile } from "node:fs/promises";
import type { FastifyReply } from "fastify";
import { problem } from "./errors.ts";
import type { Route } from "./routes.ts";

const contentTypes: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** The page imports these modules; under /assets/ they stand as in `bot/`, so that relative imports hold. */
const modules = ["console/render.js", "card-text.js"];
const pageFile = /^console\/page\/[a-z0-9]+(-[a-z0-9]+)*\.(js|css|svg)$/;

/** `GET /`: the console. `consoleFiles` is the compiled folder `bot/console/`. */
export async function sendPage(consoleFiles: URL, reply: FastifyReply): Promise<FastifyReply> {
  const page = await readIfThere(new URL("page/index.html", folder(consoleFiles)));
  if (page === null)
    throw problem(
      503,
      "page_not_built",
      "The console's page is not built: run npm run build, then start again.",
    );
  return reply.type("text/html; charset=utf-8").header("cache-control", "no-cache").send(page);
}

/** `GET /assets/*`: the page's own files and the modules it shares with the bot, by name; nothing else is a file. */
export function sendAsset(consoleFiles: URL): Route["handler"] {
  return async (request, reply) => {
    const { "*": path } = request.params as { "*": string };
    const known = modules.includes(path) || pageFile.test(path);
    const file = known ? await readIfThere(new URL(`../${path}`, folder(consoleFiles))) : null;
    if (file === null) throw problem(404, "unknown_file", "The console's page has no such file.");
    const type = contentTypes[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return reply.type(type).header("cache-control", "no-cache").send(file);
  };
}

function folder(url: URL): URL {
  return url.href.endsWith("/") ? url : new URL(`${url.href}/`);
}

async function readIfThere(file: URL): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
