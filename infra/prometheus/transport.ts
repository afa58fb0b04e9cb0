import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import axios, { AxiosError, type AxiosResponse } from "axios";
import { z } from "zod";
import { assertAllowed, guardedLookup } from "./address-guard.ts";
import { PrometheusError, quote } from "./error.ts";

export type TransportOptions = {
  /** Base URL from the configuration; never from a person's text. A path is kept (Mimir: `/prometheus`). */
  url: string;
  /** For one try, the whole body included. */
  timeoutMs?: number;
  tries?: number;
  sleep?: (ms: number) => Promise<void>;
  /** 0..1, for the jitter of the pauses. */
  random?: () => number;
};

type Transport = {
  timeoutMs: number;
  /** POSTs a form and answers the body of a success. */
  post(path: string, form: Record<string, string>): Promise<string>;
  version(): Promise<string>;
};

const bodyCapBytes = 8 * 1024 * 1024;
const firstPauseMs = 200;
const longestPauseMs = 5_000;
const buildInfo = z.object({ data: z.object({ version: z.string() }) });
const errorBody = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

type Asked = { method: "GET" | "POST"; path: string; form?: Record<string, string>; tries: number };

/** Bounded, guarded HTTP to one base URL: no redirects, no proxy, no link-local address, 8 MB, a time limit. */
export function createTransport(options: TransportOptions): Transport {
  const { timeoutMs = 10_000, tries = 3, sleep = pause, random = Math.random } = options;
  const base = options.url.replace(/\/+$/, "");
  const http = axios.create({
    // A proxy from the environment would see the queries and make the address guard meaningless.
    proxy: false,
    maxRedirects: 0,
    maxContentLength: bodyCapBytes,
    timeout: timeoutMs,
    responseType: "text",
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    httpAgent: new HttpAgent({ lookup: guardedLookup, keepAlive: true }),
    httpsAgent: new HttpsAgent({ lookup: guardedLookup, keepAlive: true }),
  });

  async function once({ method, path, form }: Asked): Promise<Attempt> {
    assertAllowed(base);
    try {
      // axios' timeout restarts with every byte; the signal bounds a body that trickles.
      const signal = AbortSignal.timeout(timeoutMs);
      const data = form && new URLSearchParams(form);
      const response = await http.request<string>({ url: base + path, method, data, signal });
      return readResponse(response, base);
    } catch (error) {
      return { error: explainFailure(error, base, timeoutMs), again: isTransient(error), waitMs: null };
    }
  }

  async function ask(asked: Asked): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const result = await once(asked);
      if ("body" in result) return result.body;
      if (!result.again || attempt >= asked.tries) throw result.error;
      const growing = firstPauseMs * 2 ** (attempt - 1) * (0.5 + random());
      await sleep(Math.min(longestPauseMs, Math.max(growing, result.waitMs ?? 0)));
    }
  }

  return {
    timeoutMs,
    post: (path, form) => ask({ method: "POST", path, form, tries }),
    async version() {
      const body = await ask({ method: "GET", path: "/api/v1/status/buildinfo", tries: 1 });
      const parsed = buildInfo.safeParse(parseJson(body));
      return parsed.success && parsed.data.data.version !== "" ? quote(parsed.data.data.version) : "unknown";
    },
  };
}

type Attempt = { body: string } | { error: PrometheusError; again: boolean; waitMs: number | null };

function readResponse(response: AxiosResponse<string>, base: string): Attempt {
  const { status } = response;
  if (status >= 200 && status < 300) return { body: response.data };
  if (status >= 300 && status < 400)
    return fail(
      "redirect",
      `${base} redirects elsewhere (HTTP ${status})`,
      `${checkAddress}; redirects are not followed`,
    );
  const said = errorBody.safeParse(parseJson(response.data));
  const detail = said.success ? `: ${quote(said.data.error)}` : "";
  const again = status === 429 || status >= 500;
  const waitMs = Number(response.headers["retry-after"]) * 1000 || null;
  if (said.success && (status === 400 || status === 422))
    return fail(
      "bad_query",
      `Prometheus cannot answer the query${detail}`,
      "Check the expression, for example on its page /graph",
    );
  if (again)
    return {
      ...fail(
        "overloaded",
        `Prometheus is overloaded or failing (HTTP ${status}${detail})`,
        "Try again in a moment, with a shorter window, or look at its own log",
      ),
      again,
      waitMs,
    };
  if (status === 401 || status === 403)
    return fail("refused", `${base} refused access (HTTP ${status})`, "Put this machine on its allow list");
  return fail("refused", `${base} answered HTTP ${status}${detail}`, checkAddress);
}

const checkAddress = "Check that PROMETHEUS_URL is the address of Prometheus itself";

function fail(kind: PrometheusError["kind"], message: string, remedy: string) {
  return { error: new PrometheusError(kind, message, remedy), again: false, waitMs: null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isTransient(error: unknown): boolean {
  return (
    error instanceof AxiosError && !isTooLarge(error) && error.cause instanceof PrometheusError === false
  );
}

function isTooLarge(error: AxiosError): boolean {
  return error.message.startsWith("maxContentLength");
}

function explainFailure(error: unknown, base: string, timeoutMs: number): PrometheusError {
  if (!(error instanceof AxiosError)) throw error;
  if (error.cause instanceof PrometheusError) return error.cause;
  if (isTooLarge(error))
    return new PrometheusError(
      "too_large",
      `the answer of ${base} is larger than ${bodyCapBytes / 1024 / 1024} MB`,
      "Use a shorter window, a larger step, or an expression with fewer series",
      error,
    );
  if (["ECONNABORTED", "ETIMEDOUT", "ERR_CANCELED"].includes(error.code ?? ""))
    return new PrometheusError(
      "timeout",
      `${base} did not answer within ${timeoutMs / 1000} s`,
      "Try again with a shorter window, or look at the load of Prometheus",
      error,
    );
  return new PrometheusError(
    "unreachable",
    `${base} cannot be reached (${error.code ?? quote(error.message)})`,
    "Check PROMETHEUS_URL, and that Prometheus runs and is reachable from here",
    error,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
