import { z } from "zod";
import { type Ask, createAsk, parse, type Told } from "./alertmanager-client.ts";

/** Alertmanager's API version 2 (github.com/prometheus/alertmanager, api/v2/openapi.yaml), as far as it is used. */
export type Alertmanager = ReturnType<typeof createAlertmanager>;

type Labels = Readonly<Record<string, string>>;

type WantedSilence = {
  id: string | null;
  labels: Labels;
  /** Unix ms. */
  endsAt: number;
  createdBy: string;
  comment: string;
};

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

type Silence = z.infer<typeof silence>;

/** Silences in one Alertmanager; nothing throws. `wall` is unix ms. */
export function createAlertmanager({
  url,
  wall,
  timeoutMs = 5_000,
}: {
  url: string;
  wall: () => number;
  timeoutMs?: number;
}) {
  const ask = createAsk({ url, timeoutMs });
  return {
    /** Its version, for people who look whether it answers. */
    ready: () => ready(ask),
    /** Whether it holds an alert of exactly these labels that has not ended; a silenced one fires all the same. */
    fires: (labels: Labels) => fires(ask, labels, wall()),
    /** The unexpired silence of exactly these labels whose comment has the mark, or null. */
    find: (wanted: { labels: Labels; mark: string }) => find(ask, wanted),
    /** Makes a silence, or moves the end of the one with this id; answers its id. */
    put: (wanted: WantedSilence) => put(ask, wanted, wall()),
    /** Ends it; one that is over or unknown counts as ended. */
    end: (id: string) => end(ask, id),
  };
}

async function ready(ask: Ask): Promise<{ ok: true; version: string } | { ok: false; reason: string }> {
  const read = await got(ask, "/status", status);
  return read.ok
    ? { ok: true, version: read.value.versionInfo.version }
    : { ok: false, reason: read.message };
}

async function fires(ask: Ask, labels: Labels, now: number): Promise<Told<boolean>> {
  const read = await got(ask, `/alerts?${filterFor(labels)}`, alerts);
  if (!read.ok) return read;
  const wanted = JSON.stringify(matchersOf(labels));
  const held = read.value.filter((each) => JSON.stringify(matchersOf(each.labels)) === wanted);
  return { ok: true, value: held.some(({ endsAt }) => Date.parse(endsAt) > now) };
}

async function find(
  ask: Ask,
  { labels, mark }: { labels: Labels; mark: string },
): Promise<Told<string | null>> {
  const read = await got(ask, `/silences?${filterFor(labels)}`, z.array(silence));
  if (!read.ok) return read;
  const wanted = JSON.stringify(matchersOf(labels));
  const found = read.value.find(
    (each) =>
      each.status.state !== "expired" &&
      each.comment.includes(`[${mark}]`) &&
      JSON.stringify(sorted(each.matchers)) === wanted,
  );
  return { ok: true, value: found?.id ?? null };
}

async function put(ask: Ask, wanted: WantedSilence, now: number): Promise<Told<string>> {
  const matchers = matchersOf(wanted.labels);
  if (matchers.length === 0)
    return {
      ok: false,
      refused: true,
      message: "the alert has no labels, and a silence of nothing is one of everything",
    };
  const before = wanted.id === null ? null : await one(ask, wanted.id);
  if (before?.ok === false) return before;
  const lives = before?.value?.status.state === "expired" ? undefined : before?.value;
  const told = await ask("POST", "/silences", {
    // Only with the same beginning it is the same silence to Alertmanager.
    ...(lives ? { id: lives.id } : {}),
    matchers,
    startsAt: lives?.startsAt ?? new Date(now).toISOString(),
    endsAt: new Date(wanted.endsAt).toISOString(),
    createdBy: wanted.createdBy,
    comment: wanted.comment,
  });
  if (!told.ok) return told;
  const read = parse(made, told.value.body);
  return read.ok ? { ok: true, value: read.value.silenceID } : read;
}

async function end(ask: Ask, id: string): Promise<Told<null>> {
  const told = await ask("DELETE", `/silence/${id}`);
  if (told.ok) return { ok: true, value: null };
  // Alertmanager answers 500 for one that has expired already.
  const now = await one(ask, id);
  const isOver = now.ok && (now.value === null || now.value.status.state === "expired");
  return isOver ? { ok: true, value: null } : told;
}

async function one(ask: Ask, id: string): Promise<Told<Silence | null>> {
  const told = await ask("GET", `/silence/${id}`);
  if (!told.ok) return told;
  if (told.value.status === 404) return { ok: true, value: null };
  return parse(silence, told.value.body);
}

async function got<Schema extends z.ZodType>(
  ask: Ask,
  path: string,
  schema: Schema,
): Promise<Told<z.infer<Schema>>> {
  const told = await ask("GET", path);
  return told.ok ? parse(schema, told.value.body) : told;
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
