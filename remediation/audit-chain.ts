import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { AuditRow } from "./store/audit-rows.ts";

/** What the first entry follows. */
export const firstHash = "0".repeat(64);

/** Where the chain stood at a moment, noted outside of the database; `at` is wall ms where it is known. */
export type AuditHead = { seq: number; hash: string; at?: number };

export type AuditCheck =
  { ok: true; entries: number; head: AuditHead } | { ok: false; seq: number; problem: string };

type Broken = Extract<AuditCheck, { ok: false }>;

/** The seal of an entry: a keyed hash over all of it and over the seal of the entry before. */
export function hashOf(key: Buffer | KeyObject, row: Omit<AuditRow, "hash">): string {
  const { seq, at, metric_at, actor, verb, subject, detail, prev_hash } = row;
  const canonical = JSON.stringify(["audit", seq, at, metric_at, actor, verb, subject, detail, prev_hash]);
  return createHmac("sha256", key).update(canonical).digest("hex");
}

/**
 * Walks a chain from its first entry: give it the rows in their order, in as many portions as you like, then ask for
 * the end. Names the first row that was edited, deleted, moved, added or cut off. `heads` are noted elsewhere: with them
 * a tail that was cut off together with its counter is found, and a chain that somebody wrote anew with the key.
 */
export function walkChain(key: Buffer, heads: readonly AuditHead[] = []) {
  const secret = createSecretKey(key);
  const known = new Map<number, AuditHead[]>();
  for (const head of heads) known.set(head.seq, [...(known.get(head.seq) ?? []), head]);
  let [previous, seq] = [firstHash, 0];
  let broken: Broken | null = null;

  function check(row: AuditRow): string | null {
    if (row.seq !== seq + 1) return "this entry is missing";
    if (row.prev_hash !== previous) return "it does not follow the entry before it";
    if (row.hash !== hashOf(secret, row)) return "its content was changed";
    const other = known.get(row.seq)?.find(({ hash }) => hash !== row.hash);
    return other === undefined ? null : `${nameOf(other)} has another hash: it was written anew`;
  }

  return {
    /** The first broken row, or null as long as the chain is whole. */
    take(rows: readonly AuditRow[]): Broken | null {
      for (const row of rows) {
        if (broken !== null) break;
        const problem = check(row);
        if (problem !== null) broken = { ok: false, seq: seq + 1, problem };
        else [previous, seq] = [row.hash, row.seq];
      }
      return broken;
    },
    /** Where the walk stands: the last row that was whole. */
    seq: () => seq,
    /** `written` is how many entries the counter knows of; null where there is none, as in an export. */
    end(written: number | null): AuditCheck {
      if (broken !== null) return broken;
      const beyond = heads.reduce<AuditHead | null>(
        (last, head) => (head.seq > (last?.seq ?? seq) ? head : last),
        null,
      );
      if (beyond !== null)
        return {
          ok: false,
          seq: seq + 1,
          problem: `the chain ends at ${seq}, but ${nameOf(beyond)} names ${beyond.seq}: entries were cut off, or an older backup was put back`,
        };
      if (written !== null && written !== seq)
        return {
          ok: false,
          seq: seq + 1,
          problem: `the chain ends here, but ${written} entries were written`,
        };
      return { ok: true, entries: seq, head: { seq, hash: previous } };
    },
  };
}

function nameOf({ at }: AuditHead): string {
  return at === undefined ? "the head you name" : `the anchor of ${new Date(at).toISOString()}`;
}
