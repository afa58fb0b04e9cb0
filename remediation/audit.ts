import { createHmac } from "node:crypto";
import type { Context } from "./context.ts";
import type { Store, Trx } from "./store.ts";
import { auditAfter, insertAuditRow, lastAuditHash, selectAudit, type AuditRow } from "./store/audit-rows.ts";
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

const firstHash = "0".repeat(64);

/** Appends an entry to the chain, in the transaction of the change it tells of. */
export async function appendAudit(
  trx: Trx,
  note: AuditNote,
  ctx: Pick<Context, "store" | "clock">,
): Promise<void> {
  const seq = await nextNumber(trx, "audit");
  const row = {
    seq,
    at: ctx.clock.wall(),
    metric_at: ctx.clock.metric(),
    actor: storable(note.actor),
    verb: note.verb,
    subject: storable(note.subject),
    detail: JSON.stringify(note.detail ?? {}),
    prev_hash: (await lastAuditHash(trx)) ?? firstHash,
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

export type AuditCheck = { ok: true; entries: number } | { ok: false; seq: number; problem: string };

/**
 * Walks the whole chain and names the first row that was edited, deleted, moved or cut off. What it cannot see is a
 * tail cut off together with its counter: for that the newest hash must be kept elsewhere.
 */
export async function verifyAudit(store: Store): Promise<AuditCheck> {
  let [previous, seq] = [firstHash, 0];
  for (;;) {
    const rows = await auditAfter(store.db, seq, 1000);
    for (const row of rows) {
      if (row.seq !== seq + 1) return broken(seq + 1, "this entry is missing");
      if (row.prev_hash !== previous) return broken(row.seq, "it does not follow the entry before it");
      if (row.hash !== hashOf(store.key, row)) return broken(row.seq, "its content was changed");
      [previous, seq] = [row.hash, row.seq];
    }
    if (rows.length === 0) break;
  }
  const written = await readCounter(store.db, "audit");
  if (written !== seq) return broken(seq + 1, `the chain ends here, but ${written} entries were written`);
  return { ok: true, entries: seq };
}

/**
 * Text as every database gives it back: lone surrogates become U+FFFD in UTF-8, and PostgreSQL holds no NUL. What is
 * hashed must be what is read. JSON escapes both by itself.
 */
function storable(text: string): string {
  return Buffer.from(text).toString("utf8").replaceAll("\u0000", "\uFFFD");
}

function broken(seq: number, problem: string): AuditCheck {
  return { ok: false, seq, problem };
}

function hashOf(key: Buffer, row: Omit<AuditRow, "hash">): string {
  const { seq, at, metric_at, actor, verb, subject, detail, prev_hash } = row;
  const canonical = JSON.stringify(["audit", seq, at, metric_at, actor, verb, subject, detail, prev_hash]);
  return createHmac("sha256", key).update(canonical).digest("hex");
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    seq: row.seq,
    at: row.at,
    metricAt: row.metric_at,
    actor: row.actor,
    verb: row.verb,
    subject: row.subject,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
    hash: row.hash,
  };
}
