import { hidesLabels } from "./alert-secrets.ts";
import { appendAudit, listAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import type { Alert, Incident } from "./incident.ts";
import { incidentByNumber } from "./store/incident-rows.ts";
import { putSilence, type SilenceRow, silencesOf, silencesToKeep } from "./store/silences.ts";

/** All labels of one alert: what a silence of it must match, every one of them, and never fewer. */
export type AlertLabels = Readonly<Record<string, string>>;

/** What the outside said: `refused` means that asking again would change nothing. */
type Told<Result> = { ok: true; value: Result } | { ok: false; refused: boolean; message: string };

/** Where silences are kept besides here: Alertmanager. Nothing throws; what went wrong is a value. */
export type Silencer = {
  /** The unexpired silence of exactly these labels whose comment has the mark, or null. */
  find(wanted: { labels: AlertLabels; mark: string }): Promise<Told<string | null>>;
  /** Makes a silence, or moves the end of the one with this id; answers its id, which may be another one. */
  put(silence: {
    id: string | null;
    labels: AlertLabels;
    /** Wall ms. */
    endsAt: number;
    createdBy: string;
    comment: string;
  }): Promise<Told<string>>;
  /** Ends it; one that is over or unknown counts as ended. */
  end(id: string): Promise<Told<null>>;
};

const firstPauseMs = 5_000;
const longestPauseMs = 300_000;
const mostTries = 12;

/**
 * Makes Alertmanager's silences what the incidents say: one for each of their alerts that came from there, for as long
 * as the incident is silenced, and none afterwards. The incident's row is the truth; this may be called as often as one
 * likes, and after a crash it finds a silence that was made and not noted by its mark instead of making a second one.
 */
export async function keepSilences(silencer: Silencer, ctx: Context): Promise<void> {
  for (const number of await silencesToKeep(ctx.store.db)) {
    const incident = await incidentByNumber(ctx.store.db, number);
    if (incident === null) continue;
    const rows = await silencesOf(ctx.store.db, number);
    let changed = false;
    for (const alert of incident.alerts) {
      const row = rows.find(({ alert_key }) => alert_key === alert.key);
      const work = { incident, alert, row, silencer, ctx };
      changed = (isWanted(incident, alert, row, ctx) ? await make(work) : await end(work)) || changed;
    }
    if (changed) ctx.changed({ incident: incident.id });
  }
}

/** What people should know about an incident's silences outside of this program. */
export type OutsideState = {
  /** Alerts from Alertmanager that fire and are not to be silenced there, because their labels are not known. */
  nameless: number;
  silences: Pick<SilenceRow, "state" | "ends_at" | "problem">[];
};

/** How Alertmanager stands to this incident. */
export async function outsideSilences(
  incident: Incident,
  ctx: Pick<Context, "store">,
): Promise<OutsideState> {
  const fromThere = incident.alerts.filter(
    ({ detail, status }) => detail.alertmanager && status === "firing",
  );
  return {
    nameless: fromThere.filter((alert) => labelsOf(alert) === null).length,
    silences: await silencesOf(ctx.store.db, incident.number),
  };
}

type Work = {
  incident: Incident;
  alert: Alert;
  row: SilenceRow | undefined;
  silencer: Silencer;
  ctx: Context;
};

/** One that has ended meanwhile keeps the silence it has, for it may come back before the silence is over. */
function isWanted(incident: Incident, alert: Alert, row: SilenceRow | undefined, ctx: Context): boolean {
  if (incident.status !== "silenced" || (incident.silencedUntil ?? 0) <= ctx.clock.wall()) return false;
  return (
    labelsOf(alert) !== null && (alert.status === "firing" || (row !== undefined && row.state !== "ended"))
  );
}

/** True when something changed that a card shows. */
async function make({ incident, alert, row: known, silencer, ctx }: Work): Promise<boolean> {
  const [labels, until] = [labelsOf(alert), incident.silencedUntil];
  if (labels === null || until === null) return false;
  const row =
    known?.ends_at === until && known.state !== "ended" ? known : fresh(incident, alert, until, known);
  if (row.state === "active" || row.state === "refused" || ctx.clock.wall() < row.next_at) return false;
  if (row !== known) await ctx.store.transaction((trx) => putSilence(trx, row));
  const found = row.silence_id === null ? await silencer.find({ labels, mark: markOf(incident) }) : null;
  if (found?.ok === false) return failed(row, found, ctx);
  const by = await silencedBy(incident, ctx);
  const told = await silencer.put({
    id: row.silence_id ?? found?.value ?? null,
    labels,
    endsAt: until,
    createdBy: by,
    comment: `${incident.id}, silenced by ${by} [${markOf(incident)}]`,
  });
  if (!told.ok) return failed(row, told, ctx);
  const detail = { silence: told.value, until, alert: alert.key };
  await note(
    { ...row, state: "active", silence_id: told.value, problem: null },
    "silence in Alertmanager",
    detail,
    ctx,
  );
  return true;
}

async function end({ incident, alert, row: known, silencer, ctx }: Work): Promise<boolean> {
  if (known === undefined || known.state === "ended") return false;
  const row: SilenceRow =
    known.state === "ending" ? known : { ...known, state: "ending", tries: 0, next_at: 0, problem: null };
  const wall = ctx.clock.wall();
  if (wall < row.next_at) return false;
  if (row.ends_at <= wall) {
    await ctx.store.transaction((trx) => putSilence(trx, { ...row, state: "ended", problem: null }));
    return known.problem !== null;
  }
  if (row !== known) await ctx.store.transaction((trx) => putSilence(trx, row));
  const labels = labelsOf(alert);
  const found =
    row.silence_id === null && labels !== null
      ? await silencer.find({ labels, mark: markOf(incident) })
      : { ok: true as const, value: row.silence_id };
  if (!found.ok) return failed(row, found, ctx);
  const told = found.value === null ? null : await silencer.end(found.value);
  if (told?.ok === false) return failed(row, told, ctx);
  const detail = { silence: found.value, alert: alert.key };
  await note({ ...row, state: "ended", problem: null }, "end silence in Alertmanager", detail, ctx);
  return true;
}

/** Tries again later, each time after twice as long; making one is given up some day, taking one away never is. */
async function failed(
  row: SilenceRow,
  why: { refused: boolean; message: string },
  ctx: Context,
): Promise<boolean> {
  const tries = row.tries + 1;
  const over = row.state === "pending" && (why.refused || tries >= mostTries);
  const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1));
  const next: SilenceRow = {
    ...row,
    state: over ? "refused" : row.state,
    tries,
    next_at: ctx.clock.wall() + pause,
    problem: why.message,
  };
  await ctx.store.transaction((trx) => putSilence(trx, next));
  const incident = `inc-${row.incident}`;
  const message = `Alertmanager could not be told about ${incident}: ${why.message}`;
  if (tries === 1 || over) ctx.log({ level: "warn", event: "silence failed", message, incident });
  return row.problem !== next.problem || next.state !== row.state;
}

async function note(
  row: SilenceRow,
  verb: string,
  detail: Record<string, unknown>,
  ctx: Context,
): Promise<void> {
  await ctx.store.transaction(async (trx) => {
    await putSilence(trx, row);
    await appendAudit(trx, { actor: "system", verb, subject: `inc-${row.incident}`, detail }, ctx);
  });
}

function fresh(incident: Incident, alert: Alert, until: number, known: SilenceRow | undefined): SilenceRow {
  return {
    incident: incident.number,
    alert_key: alert.key,
    state: "pending",
    silence_id: known === undefined || known.state === "ended" ? null : known.silence_id,
    ends_at: until,
    tries: 0,
    next_at: 0,
    problem: null,
  };
}

/** In the comment, so that a silence that was made just before a crash is found again; another store has others. */
function markOf({ id, openedAt }: Incident): string {
  return `smartcloudops ${id}.${openedAt.toString(36)}`;
}

/** The labels with which an alert came from Alertmanager; null: it came from elsewhere, or not all of them were kept. */
export function labelsOf({ detail }: Alert): AlertLabels | null {
  if (hidesLabels(detail)) return null;
  const { labels } = (detail.alertmanager ?? {}) as { labels?: AlertLabels };
  const given = Object.entries(labels ?? {}).filter(([, value]) => value !== "");
  return given.length === 0 ? null : Object.fromEntries(given);
}

async function silencedBy(incident: Incident, ctx: Context): Promise<string> {
  const entries = await listAudit({ subject: incident.id, limit: 200 }, ctx);
  const actor = entries.find(({ verb }) => verb === "silence")?.actor ?? "somebody";
  return ctx.policy.people[actor]?.name ?? actor;
}
