import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import axios, { AxiosError, type AxiosResponse } from "axios";
import type { z } from "zod";
import { guardLookup, isForbidden } from "./prometheus/address-guard.ts";

/** `refused`: asking again would change nothing. */
export type Failure = { ok: false; refused: boolean; message: string };
export type Told<Result> = { ok: true; value: Result } | Failure;

/** One request; `body` of the answer is what its JSON says, a 404 is an answer. */
export type Ask = (
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: object,
) => Promise<Told<{ status: number; body: unknown }>>;

const bodyCapBytes = 8 * 1024 * 1024;
const quoteLength = 200;

/** Asks one Alertmanager: no redirects, no proxy, no link-local address, 8 MB, a time limit; nothing throws. */
export function createAsk({ url, timeoutMs }: { url: string; timeoutMs: number }): Ask {
  const base = `${url.replace(/\/+$/, "")}/api/v2`;
  const { hostname } = new URL(base);
  const lookup = guardLookup((address) => new Error(`${address} belongs to the machine's own metadata`));
  const http = axios.create({
    proxy: false,
    maxRedirects: 0,
    maxContentLength: bodyCapBytes,
    timeout: timeoutMs,
    responseType: "text",
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    httpAgent: new HttpAgent({ lookup, keepAlive: true }),
    httpsAgent: new HttpsAgent({ lookup, keepAlive: true }),
  });
  return async (method, path, body) => {
    if (isForbidden(hostname.replace(/^\[|\]$/g, "")))
      return { ok: false, refused: true, message: `${hostname} belongs to the machine's own metadata` };
    try {
      // axios' timeout restarts with every byte; the signal bounds a body that trickles.
      const signal = AbortSignal.timeout(timeoutMs);
      return readAnswer(await http.request<string>({ url: base + path, method, data: body, signal }));
    } catch (error) {
      if (!(error instanceof AxiosError)) throw error;
      return { ok: false, refused: false, message: explain(error, timeoutMs) };
    }
  };
}

/** What an answer says, in the shape it must have. */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): Told<z.infer<Schema>> {
  const read = schema.safeParse(body);
  if (read.success) return { ok: true, value: read.data };
  return {
    ok: false,
    refused: true,
    message: "its answer is none of Alertmanager's; check that ALERTMANAGER_URL is its own address",
  };
}

function readAnswer({ status, data }: AxiosResponse<string>): Told<{ status: number; body: unknown }> {
  if ((status >= 200 && status < 300) || status === 404)
    return { ok: true, value: { status, body: parseJson(data) } };
  const said = parseJson(data);
  const text = typeof said === "string" ? `: ${quote(said)}` : "";
  if (status >= 300 && status < 400)
    return { ok: false, refused: true, message: `it redirects elsewhere (HTTP ${status})` };
  const refused = status < 500 && status !== 429 && status !== 408;
  return { ok: false, refused, message: `it answered HTTP ${status}${text}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function explain(error: AxiosError, timeoutMs: number): string {
  if (error.message.startsWith("maxContentLength")) return "its answer is larger than 8 MB";
  if (["ECONNABORTED", "ETIMEDOUT", "ERR_CANCELED"].includes(error.code ?? ""))
    return `it did not answer within ${timeoutMs / 1000} s`;
  return `it cannot be reached (${error.code ?? quote(error.message)})`;
}

function quote(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length <= quoteLength ? line : `${line.slice(0, quoteLength - 1)}…`;
}
