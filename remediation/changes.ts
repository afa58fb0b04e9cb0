import { isDeepStrictEqual } from "node:util";
import { appendAudit } from "./audit.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { serviceOf } from "./service.ts";
import {
  changeCalled,
  changesBetween,
  countChanges,
  deleteChanges,
  insertChange,
} from "./store/change-rows.ts";
import { nextNumber } from "./store/switches.ts";
import { hasTags } from "./windows.ts";

/** What a change is about: one target by its exact name, all of a service, or all with these tags. */
export type ChangeScope = { target: string } | { service: string } | { tags: Record<string, string> };

/** A deploy or another change, as somebody outside tells of it. Its texts are shown and never followed. */
export type NewChange = {
  /** The teller's own id of it, so that telling twice is telling once; null: none. */
  key: string | null;
  scope: ChangeScope;
  /** One word: "deploy", "config", "migration". */
  kind: string;
  title: string;
  by: string | null;
  url: string | null;
  /** Wall ms; null: now. */
  at: number | null;
};

export type Change = NewChange & {
  number: number;
  at: number;
  /** The same moment in metric time, unix seconds. */
  metricAt: number;
  toldBy: string;
  /** Wall ms. */
  toldAt: number;
};

export type Told =
  { ok: true; change: Change; existing: boolean } | Refusal<"too_many" | "other_time" | "other_change">;

type Reading = Pick<Context, "store">;
type Writing = Pick<Context, "store" | "clock">;

const day = 86_400_000;
/** A clock that is this much ahead of ours is a clock; more is a mistake. */
const mostAheadMs = 300_000;
/** Older news explain nothing that happens now. */
const oldestMs = 30 * day;
/** A day's; more is a loop and no deploys. */
const mostADay = 2_000;
/** How long before a trouble a change may lie to be named with it, metric seconds. */
const beforeSeconds = 6 * 3_600;

/** Stores what somebody tells of a change, with an audit entry. The same `key` and content again change nothing. */
export async function tellChange(given: NewChange, teller: { id: string }, ctx: Writing): Promise<Told> {
  const now = ctx.clock.wall();
  const at = given.at ?? now;
  if (at > now + mostAheadMs || at < now - oldestMs)
    return refuse(
      "other_time",
      "The change lies in the future, or more than 30 days ago. Leave `at` out for now.",
    );
  const clean = { ...cleaned(given), at: Math.min(at, now) };
  return ctx.store.transaction(async (trx) => {
    const known = clean.key === null ? null : await changeCalled(trx, clean.key);
    if (known !== null) {
      if (saysTheSame(known, { ...clean, at: given.at })) return { ok: true, change: known, existing: true };
      return refuse(
        "other_change",
        `"${clean.key}" is another change already (${changeText(known)}). Use a new id.`,
      );
    }
    if ((await countChanges(trx, now - day)) >= mostADay)
      return refuse(
        "too_many",
        `${mostADay} changes were told of within a day, and that is the limit. Wait.`,
      );
    const change = {
      ...clean,
      number: await nextNumber(trx, "change"),
      metricAt: ctx.clock.metric() - (now - clean.at) / 1_000,
      toldBy: teller.id,
      toldAt: now,
    };
    await insertChange(trx, change);
    const detail = {
      kind: change.kind,
      title: change.title,
      ...(change.by === null ? {} : { by: change.by }),
    };
    await appendAudit(
      trx,
      { actor: teller.id, verb: "change", subject: scopeText(change.scope), detail },
      ctx,
    );
    return { ok: true, change, existing: false };
  });
}

/** Whether a change is about a target. */
export function concerns(
  { scope }: Pick<Change, "scope">,
  target: { name: string; tags: Record<string, string> },
): boolean {
  if ("target" in scope) return scope.target === target.name;
  if ("service" in scope) return scope.service === serviceOf(target);
  return hasTags(target.tags, scope.tags);
}

/** The changes of a target within a window of metric time (unix seconds), newest first. */
export async function changesOf(
  target: { name: string; tags: Record<string, string> },
  window: { start: number; end: number },
  { store }: Reading,
): Promise<Change[]> {
  return (await changesBetween(store.db, window)).filter((change) => concerns(change, target));
}

/** What changed on a target in the hours before a moment of metric time, newest first. */
export async function changesBefore(
  target: { name: string; tags: Record<string, string> },
  metricAt: number,
  ctx: Reading,
): Promise<Change[]> {
  return changesOf(target, { start: metricAt - beforeSeconds, end: metricAt }, ctx);
}

/** Forgets what lies before a wall time (ms); answers how many. */
export async function forgetChanges(before: number, { store }: Reading): Promise<number> {
  return store.transaction((trx) => deleteChanges(trx, before));
}

/** "deploy 4f2c by CI" */
export function changeText({ kind, title, by }: Pick<Change, "kind" | "title" | "by">): string {
  return `${kind} ${title}${by === null ? "" : ` by ${by}`}`;
}

/** "web-1", "the service app", "tags role=web" */
function scopeText(scope: ChangeScope): string {
  if ("target" in scope) return scope.target;
  if ("service" in scope) return `service ${scope.service}`;
  return `tags ${Object.entries(scope.tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ")}`.slice(0, 200);
}

/** Texts in one line without control characters: they stand on cards and beside lines of charts. */
function cleaned(change: NewChange): NewChange {
  const line = (text: string) => text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  const { by, url } = change;
  return {
    ...change,
    kind: line(change.kind),
    title: line(change.title),
    by: by === null || line(by) === "" ? null : line(by),
    url: url === null ? null : line(url),
  };
}

function saysTheSame(known: Change, told: NewChange): boolean {
  const said = ({ scope, kind, title, by, url }: NewChange) => [scope, kind, title, by, url];
  // A clock that was ahead of ours was taken for ours.
  const isSameTime =
    told.at === null || told.at === known.at || (known.at === known.toldAt && told.at > known.toldAt);
  return isSameTime && isDeepStrictEqual(said(known), said(told));
}
