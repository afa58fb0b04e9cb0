import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import axios, { AxiosError, type AxiosResponse } from "axios";
import { z } from "zod";
import { guardLookup, isForbidden } from "./prometheus/address-guard.ts";

/** Alertmanager's API version 2 (github.com/prometheus/alertmanager, api/v2/openapi.yaml), as far as it is used. */
export type Alertmanager = ReturnType<typeof createAlertmanager>;

/** `refused`: asking again would change nothing. */
type Failure = { ok: false; refused: boolean; message: string };
type Told<Result> = { ok: true; value: Result } | Failure;

type Labels = Readonly<Record<string, string>>;

const bodyCapBytes = 8 * 1024 * 1024;
const quoteLength = 200;

const silence = z.object({
  id: z.string().regex(/^[\w-]{1,100}$/),
  status: z.object({ state: z.enum(["expired", "active", "pending"]) }),
  startsAt: z.string(),
  comment: z.string(),
  matchers: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      isRegex: z.boolean(),
      isEqual: z.boolean().default(true),
    }),
  ),
});
const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()), endsAt: z.string() }));
const made = z.object({ silenceID: silence.shape.id });
const status = z.object({ versionInfo: z.object({ version: z.string().max(100) }) });

/** Silences in one Alertmanager: no redirects, no proxy, no link-local address, 8 MB, a time limit; nothing throws. */
export function createAlertmanager({ url, timeoutMs = 5_000 }: { url: string; timeoutMs?: number }) {
  const base = `${url.replace(/\/+$/, "")}/api/v2`;
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

  async function ask(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Told<{ status: number; body: unknown }>> {
    const { hostname } = new URL(base);
    if (isForbidden(hostname.replace(/^\[|\]$/g, "")))
      return { ok: false, refused: true, message: `${hostname} belongs to the machine's own metadata` };
    try {
      // axios' timeout restarts with every byte; the signal bounds a body that trickles.
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await http.request<string>({ url: base + path, method, data: body, signal });
      return readAnswer(response);
    } catch (error) {
      if (!(error instanceof AxiosError)) throw error;
      return { ok: false, refused: false, message: explain(error, timeoutMs) };
    }
  }

  async function one(id: string): Promise<Told<z.infer<typeof silence> | null>> {
    const told = await ask("GET", `/silence/${id}`);
    if (!told.ok) return told;
    if (told.value.status === 404) return { ok: true, value: null };
    return parse(silence, told.value.body);
  }

  return {
    /** Its version, for people who look whether it answers. */
    async ready(): Promise<{ ok: true; version: string } | { ok: false; reason: string }> {
      const told = await ask("GET", "/status");
      const read = told.ok ? parse(status, told.value.body) : told;
      return read.ok
        ? { ok: true, version: read.value.versionInfo.version }
        : { ok: false, reason: read.message };
    },

    /** Whether it holds an alert of exactly these labels that has not ended; a silenced one fires all the same. */
    async fires(labels: Labels): Promise<Told<boolean>> {
      const told = await ask("GET", `/alerts?${filterFor(labels)}`);
      if (!told.ok) return told;
      const read = parse(alerts, told.value.body);
      if (!read.ok) return read;
      const wanted = JSON.stringify(matchersOf(labels));
      const held = read.value.filter((each) => JSON.stringify(matchersOf(each.labels)) === wanted);
      return { ok: true, value: held.some(({ endsAt }) => Date.parse(endsAt) > Date.now()) };
    },

    /** The unexpired silence of exactly these labels whose comment has the mark, or null. */
    async find({ labels, mark }: { labels: Labels; mark: string }): Promise<Told<string | null>> {
      const told = await ask("GET", `/silences?${filterFor(labels)}`);
      if (!told.ok) return told;
      const read = parse(z.array(silence), told.value.body);
      if (!read.ok) return read;
      const wanted = JSON.stringify(matchersOf(labels));
      const found = read.value.find(
        (each) =>
          each.status.state !== "expired" &&
          each.comment.includes(`[${mark}]`) &&
          JSON.stringify(sorted(each.matchers)) === wanted,
      );
      return { ok: true, value: found?.id ?? null };
    },

    /** Makes a silence, or moves the end of the one with this id; answers its id. */
    async put(wanted: {
      id: string | null;
      labels: Labels;
      endsAt: number;
      createdBy: string;
      comment: string;
    }): Promise<Told<string>> {
      const matchers = matchersOf(wanted.labels);
      if (matchers.length === 0)
        return {
          ok: false,
          refused: true,
          message: "the alert has no labels, and a silence of nothing is one of everything",
        };
      const before = wanted.id === null ? null : await one(wanted.id);
      if (before?.ok === false) return before;
      const lives =
        before?.value !== null && before?.value.status.state !== "expired" ? before?.value : undefined;
      const told = await ask("POST", "/silences", {
        // Only with the same beginning it is the same silence to Alertmanager.
        ...(lives === undefined ? {} : { id: lives.id }),
        matchers,
        startsAt: lives?.startsAt ?? new Date().toISOString(),
        endsAt: new Date(wanted.endsAt).toISOString(),
        createdBy: wanted.createdBy,
        comment: wanted.comment,
      });
      if (!told.ok) return told;
      const read = parse(made, told.value.body);
      return read.ok ? { ok: true, value: read.value.silenceID } : read;
    },

    /** Ends it; one that is over or unknown counts as ended. */
    async end(id: string): Promise<Told<null>> {
      const told = await ask("DELETE", `/silence/${id}`);
      if (told.ok) return { ok: true, value: null };
      // Alertmanager answers 500 for one that has expired already.
      const now = await one(id);
      const isOver = now.ok && (now.value === null || now.value.status.state === "expired");
      return isOver ? { ok: true, value: null } : told;
    },
  };
}

/** Every label must be equal: exactly this alert, and what has the same labels and more. */
function matchersOf(labels: Labels) {
  const given = Object.entries(labels).filter(([, value]) => value !== "");
  return sorted(given.map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })));
}

function sorted<Matcher extends { name: string; value: string; isRegex: boolean; isEqual: boolean }>(
  matchers: readonly Matcher[],
) {
  return matchers
    .map(({ name, value, isRegex, isEqual }) => ({ name, value, isRegex, isEqual }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Thousands of silences may be there: ask for those of the alert's name only, where it has a plain one. */
function filterFor({ alertname = "" }: Labels): string {
  return /^[\w .:-]{1,200}$/.test(alertname)
    ? new URLSearchParams({ filter: `alertname="${alertname}"` }).toString()
    : "";
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

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): Told<z.infer<Schema>> {
  const read = schema.safeParse(body);
  if (read.success) return { ok: true, value: read.data };
  return {
    ok: false,
    refused: true,
    message: "its answer is none of Alertmanager's; check that ALERTMANAGER_URL is its own address",
  };
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
