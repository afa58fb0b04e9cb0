import type { AuditHeads } from "../infra/database/audit-heads.ts";
import { auditHead, holdsHead } from "../remediation/audit.ts";
import type { Store } from "../remediation/store.ts";

/**
 * Notes outside of the database where the audit's chain stands: in the log, which people keep elsewhere, and in a file
 * that is only appended to. A chain that no longer holds what the last note says is told at once and not noted.
 */
export async function anchorAudit({
  store,
  heads,
  wall,
  log,
}: {
  store: Pick<Store, "db">;
  heads: AuditHeads;
  wall: () => number;
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
}): Promise<void> {
  const newest = heads.read().heads.at(-1) ?? null;
  if (newest !== null && !(await holdsHead(newest, store))) {
    const { seq, hash } = newest;
    log.error(
      { event: "audit broken", seq, hash },
      "the audit no longer holds the entry that the newest anchor names; run smartcloudops audit verify",
    );
    return;
  }
  const head = await auditHead(store);
  if (head === null) return;
  if (head.seq !== newest?.seq) heads.append({ at: wall(), seq: head.seq, hash: head.hash });
  log.info({ event: "audit head", seq: head.seq, hash: head.hash }, "where the audit's chain stands");
}
