import { type AuditCheck, type AuditHead, firstHash, hashOf, walkChain } from "./audit-chain.ts";
import type { Context } from "./context.ts";
import type { Store, Trx } from "./store.ts";
import { auditAfter, insertAuditRow, lastAuditRow, selectAudit, type AuditRow } from "./store/audit-rows.ts";
import { nextNumber, readCounter } from "./store/switches.ts";

/** Who did what to which incident or plan. `at` is wall ms, `metricAt` unix seconds. */
export type AuditEntry = {
  seq: number;
  at: number;
  metricAt: number;
  actor: string;
  verb: string;
  subject: string;
  detail: Record<string, unknown>;
  hash: string;
};

export type AuditNote = { actor: string; verb: string; subject: string; detail?: Record<string, unknown> };

/** Appends an entry to the chain, in the transaction of the change it tells of. */
export async function appendAudit(
  trx: Trx,
  note: AuditNote,
  ctx: Pick<Context, "store" | "clock">,
): Promise<void> {
  const seq = await nextNumber(trx, "audit");
  // Before it is sealed: what people type as a reason may hold a secret, and nothing is ever taken out of the chain.
  const { actor, verb, subject, detail } = ctx.store.redact({ ...note, detail: note.detail ?? {} });
  const row = {
    seq,
    at: ctx.clock.wall(),
    metric_at: ctx.clock.metric(),
    actor: storable(actor),
    verb,
    subject: storable(subject),
    detail: JSON.stringify(detail),
    prev_hash: (await lastAuditRow(trx))?.hash ?? firstHash,
  };
  await insertAuditRow(trx, { ...row, hash: hashOf(ctx.store.key, row) });
}

/** Newest first; `subject` is "inc-12" or "plan-17". */
export async function listAudit(
  wanted: { subject?: string; subjects?: readonly string[]; since?: number; limit: number },
  ctx: Pick<Context, "store">,
): Promise<AuditEntry[]> {
  const subjects =
    wanted.subject === undefined ? wanted.subjects : [wanted.subject, ...(wanted.subjects ?? [])];
  const rows = await selectAudit(ctx.store.db, { ...wanted, subjects });
  return rows.map(toEntry);
}

/** Where the chain ends now; null while nothing was written. */
export async function auditHead(store: Pick<Store, "db">): Promise<AuditHead | null> {
  const row = await lastAuditRow(store.db);
  return row === null ? null : { seq: row.seq, hash: row.hash };
}

/** Whether the chain still holds an entry as a head noted elsewhere names it. */
export async function holdsHead(head: AuditHead, { db }: Pick<Store, "db">): Promise<boolean> {
  if (head.seq === 0) return head.hash === firstHash;
  const [row] = await auditAfter(db, head.seq - 1, 1);
  return row?.seq === head.seq && row.hash === head.hash;
}

/**
 * Walks the whole chain and names the first row that was edited, deleted, moved or cut off. `heads` were noted outside
 * of the database: only with them a tail cut off together with its counter is found.
 */
export async function verifyAudit(store: Store, heads: readonly AuditHead[] = []): Promise<AuditCheck> {
  const chain = walkChain(store.key, heads);
  for await (const rows of auditPages(store)) if (chain.take(rows) !== null) break;
  return chain.end(await readCounter(store.db, "audit"));
}

/** Every entry, oldest first, without holding them all in memory. */
export async function* allAudit(store: Pick<Store, "db">): AsyncGenerator<AuditEntry> {
  for await (const rows of auditPages(store)) yield* rows.map(toEntry);
}

/** Checks entries that were exported, without any database; `entries` in the order of the export. */
export async function verifyExport(
  entries: AsyncIterable<AuditEntry>,
  key: Buffer,
  heads: readonly AuditHead[] = [],
): Promise<AuditCheck> {
  const chain = walkChain(key, heads);
  let previous = firstHash;
  for await (const entry of entries) {
    const { metricAt, detail, ...rest } = entry;
    const row = { ...rest, metric_at: metricAt, detail: JSON.stringify(detail), prev_hash: previous };
    if (chain.take([row]) !== null) break;
    previous = entry.hash;
  }
  return chain.end(null);
}

/**
 * Text as every database gives it back: lone surrogates become U+FFFD in UTF-8, and PostgreSQL holds no NUL. What is
 * hashed must be what is read. JSON escapes both by itself.
 */
export function storable(text: string): string {
  return Buffer.from(text).toString("utf8").replaceAll("\u0000", "\uFFFD");
}

const pageRows = 1000;

async function* auditPages({ db }: Pick<Store, "db">): AsyncGenerator<AuditRow[]> {
  let seq = 0;
  for (;;) {
    const rows = await auditAfter(db, seq, pageRows);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    seq = last.seq;
    // SQLite answers at once: without this nobody else would get a turn in a million rows.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    seq: row.seq,
    at: row.at,
    metricAt: row.metric_at,
    actor: row.actor,
    verb: row.verb,
    subject: row.subject,
    detail: readDetail(row.detail),
    hash: row.hash,
  };
}

/** Somebody who edits a row by hand may leave anything there; the chain names it, and the answers still come. */
function readDetail(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return { unreadable: text };
    throw error;
  }
}
