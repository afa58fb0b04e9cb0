import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { Answers } from "./answers.ts";
import { readTime, readTimes } from "./parameters.ts";
import { Refusal, badData } from "./refusal.ts";

const bodyCapBytes = 256 * 1024;

/** The part of Prometheus' HTTP API that a recording can answer. `now` is metric time, unix seconds. */
export function createReplayServer(answers: Answers, now: () => number): Server {
  return createServer((request, response) => {
    answer(request, answers, now).then(
      (body) => send(response, 200, body),
      (error: unknown) => {
        if (error instanceof Refusal) {
          const { status, errorType, message } = error;
          send(response, status, { status: "error", errorType, error: message });
        }
        // The other side went away while sending: nobody is left to be answered.
        else response.destroy();
      },
    );
  });
}

async function answer(request: IncomingMessage, answers: Answers, now: () => number): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://replay");
  if (request.method !== "GET" && request.method !== "POST")
    throw new Refusal(405, "bad_data", "use GET or POST");
  const form = await readForm(request, url);
  const label = /^\/api\/v1\/label\/([a-zA-Z_]\w*)\/values$/.exec(url.pathname)?.[1];
  if (label !== undefined) return success(labelValues(answers, label));
  switch (url.pathname) {
    case "/-/ready":
    case "/-/healthy":
      return "The replay is ready.\n";
    case "/api/v1/status/buildinfo":
      return success(buildInfo);
    case "/api/v1/query":
      return success({ resultType: "vector", result: instant(form, answers, now) });
    case "/api/v1/query_range":
      return success({ resultType: "matrix", result: range(form, answers) });
    case "/api/v1/labels":
      return success([...new Set(upSeries(answers).flatMap((labels) => Object.keys(labels)))].sort());
    case "/api/v1/series":
      return success(series(form, answers));
    default:
      throw new Refusal(404, "not_found", `the recording has no ${url.pathname.slice(0, 100)}`);
  }
}

const buildInfo = {
  version: "0.0.0-replay",
  revision: "",
  branch: "",
  buildUser: "",
  buildDate: "",
  goVersion: "",
};

function instant(form: URLSearchParams, answers: Answers, now: () => number): unknown {
  const time = form.get("time");
  const at = time === null ? Math.round(now() * 1000) / 1000 : readTime("time", time);
  return known(answers.vector(form.get("query") ?? "", at));
}

function range(form: URLSearchParams, answers: Answers): unknown {
  return known(answers.matrix(form.get("query") ?? "", readTimes(form)));
}

function series(form: URLSearchParams, answers: Answers): unknown {
  const wanted = form.getAll("match[]");
  if (wanted.length === 0) throw badData("no match[] parameter provided");
  return wanted.flatMap((expr) => known(answers.series(expr)));
}

function labelValues(answers: Answers, label: string): string[] {
  const values = upSeries(answers).map((labels) => labels[label]);
  return [...new Set(values.filter((value) => value !== undefined))].sort();
}

function upSeries(answers: Answers): Record<string, string>[] {
  return answers.series("up") ?? [];
}

function known<Rows>(rows: Rows | null): Rows {
  if (rows !== null) return rows;
  throw new Refusal(422, "execution", "the recording holds only the catalog's expressions");
}

async function readForm(request: IncomingMessage, url: URL): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyCapBytes) throw new Refusal(413, "bad_data", "the request is too large");
    chunks.push(chunk);
  }
  const body = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  return new URLSearchParams([...body, ...url.searchParams]);
}

function success(data: unknown): unknown {
  return { status: "success", data };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === "string";
  response.writeHead(status, { "content-type": isText ? "text/plain" : "application/json" });
  response.end(isText ? body : JSON.stringify(body));
}
