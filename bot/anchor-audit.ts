import type { AuditHeads } from "../infra/database/audit-heads.ts";
import { appendAudit, auditHead, holdsHead } from "../remediation/audit.ts";
import { firstHash } from "../remediation/audit-chain.ts";
import type { Context } from "../remediation/context.ts";

type Log = Record<"info" | "warn" | "error", (fields: object, message: string) => void>;

/**
 * Notes outside of the database where the audit's chain stands: in the log, which people keep elsewhere, and in a file
 * that is only appended to, from the empty chain on. A chain that no longer holds what the last note says is told at once
 * and not noted. Notes that are gone are told too, in the log and in the chain itself, before new ones begin.
 */
export function createAuditAnchor({
  core,
  heads,
  log,
}: {
  core: Pick<Context, "store" | "clock">;
  heads: AuditHeads;
  log: Log;
}): () => Promise<void> {
  /** The newest entry that this process has noted. */
  let noted = 0;

  async function tellMissing(): Promise<void> {
    log.error(
      { event: "audit anchors missing", noted },
      "the file with the audit's anchors is gone, or some of its lines are: entries could have been cut off unseen. Compare with an older log line `audit head` by smartcloudops audit verify --head",
    );
    const note = { actor: "system", verb: "miss anchors", subject: "audit", detail: { noted } };
    await core.store.transaction((trx) => appendAudit(trx, note, core));
  }

  return async () => {
    const { heads: known, cut } = heads.read();
    const newest = known.at(-1) ?? null;
    if (newest !== null && !(await holdsHead(newest, core.store))) {
      const { seq, hash } = newest;
      log.error(
        { event: "audit broken", seq, hash },
        "the audit no longer holds the entry that the newest anchor names; run smartcloudops audit verify",
      );
      return;
    }
    const empty = (await auditHead(core.store)) === null;
    if (newest === null ? !empty : newest.seq < noted) await tellMissing();
    else if (cut) log.warn({ event: "audit anchor torn" }, "the newest anchor of the audit cannot be read");
    const head = await auditHead(core.store);
    const { seq, hash } = head ?? { seq: 0, hash: firstHash };
    if (seq !== newest?.seq || cut) heads.append({ at: core.clock.wall(), seq, hash });
    noted = seq;
    if (head !== null) log.info({ event: "audit head", seq, hash }, "where the audit's chain stands");
  };
}
