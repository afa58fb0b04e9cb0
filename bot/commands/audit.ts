import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { auditHeadsFile, openAuditHeads } from "../../infra/database/audit-heads.ts";
import { loadAuditKey } from "../../infra/database/audit-key.ts";
import type { OpenDatabase } from "../../infra/database/open.ts";
import { explainStoreError, openStoreReadOnly, storeKey } from "../../infra/database/open-store.ts";
import { isMissingTable } from "../../infra/database/store-problem.ts";
import { redactData } from "../../infra/redact.ts";
import { allAudit, type AuditEntry, verifyAudit, verifyExport } from "../../remediation/audit.ts";
import type { AuditCheck, AuditHead } from "../../remediation/audit-chain.ts";
import { createStore, type Store } from "../../remediation/store.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

export type VerifyOptions = {
  /** "SEQ:HASH", noted elsewhere. */
  head?: string;
  /** A file that `audit export` wrote, checked instead of the store; `key` is where its key is. */
  file?: string;
  key?: string;
};

/** `unproven`: every entry there is as it was written, but nothing noted elsewhere says that they are all. */
export type Verdict = "whole" | "broken" | "unproven";

/** `audit verify`: whether every entry is there as it was written. Looks beside a running bot, takes no lock. */
export async function auditVerify(
  print: (line: string) => void,
  options: VerifyOptions = {},
): Promise<Verdict> {
  const named = options.head === undefined ? [] : [readHead(options.head)];
  if (options.file !== undefined) return verifyFile(options.file, { ...options, named, print });
  if (options.key !== undefined) throw new UsageError("--key belongs to --file, the export that it seals");
  return withStore(async (store) => {
    const file = join(loadConfiguration().dataDirectory, auditHeadsFile);
    const { heads, unreadable, cut } = openAuditHeads(file).read();
    const check = await verifyAudit(store, [...heads, ...named]).catch((error: unknown) => {
      if (isMissingTable(error)) return null;
      throw error;
    });
    if (check === null) {
      print("the whole record is gone: the store has no audit table any more; restore a backup");
      return "broken";
    }
    if (unreadable > 0) print(`${unreadable} lines of ${auditHeadsFile} cannot be read and were passed over`);
    const unknownEnd =
      named.length > 0
        ? null
        : heads.length === 0
          ? `no anchor was found in ${file}`
          : cut
            ? `the newest line of ${file} cannot be read`
            : null;
    return tell(check, { anchors: [...heads, ...named], unknownEnd, print });
  });
}

/** `audit export`: one JSON a line, oldest first, never all of them in memory. */
export function auditExport(print: (line: string) => void): Promise<void> {
  return withStore(async (store) => {
    for await (const entry of allAudit(store)) print(JSON.stringify(exported(entry)));
  });
}

/** Entries are clean when they are sealed; an old one that is not is shown clean, and says that its seal cannot fit. */
function exported(entry: AuditEntry): AuditEntry & { redacted?: true } {
  const clean = redactData(entry) as AuditEntry;
  return JSON.stringify(clean) === JSON.stringify(entry) ? entry : { ...clean, redacted: true };
}

async function verifyFile(
  file: string,
  { key, named, print }: { key?: string; named: AuditHead[]; print: (line: string) => void },
): Promise<Verdict> {
  const keyFile = key ?? join(loadConfiguration().dataDirectory, "audit.key");
  const secret = loadAuditKey(keyFile, { create: false });
  if (!existsSync(file)) throw new UsageError(`--file ${file}: there is no such file`);
  const check = await verifyExport(readExport(file), secret, named);
  const unknownEnd = named.length > 0 ? null : "an export says nothing of what came after it";
  return tell(check, { anchors: named, unknownEnd, print });
}

async function* readExport(file: string): AsyncGenerator<AuditEntry> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity })) {
    number += 1;
    if (line === "") continue;
    try {
      const entry = JSON.parse(line) as unknown;
      if (typeof entry !== "object" || entry === null) throw new SyntaxError("no entry");
      // Whatever else it holds is only hashed and compared.
      yield entry as AuditEntry;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UsageError(`--file ${file}: line ${number} is no entry of an export`, { cause: error });
    }
  }
}

function readHead(text: string): AuditHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new UsageError(
      '--head must be SEQ:HASH, as the log line "audit head" names them (64 hexadecimal digits)',
    );
  return { seq: Number(seq), hash };
}

/** Says what was found. `unknownEnd` is why nothing tells where the chain must end; null: something does. */
function tell(
  check: AuditCheck,
  {
    anchors,
    unknownEnd,
    print,
  }: { anchors: readonly AuditHead[]; unknownEnd: string | null; print: (line: string) => void },
): Verdict {
  if (!check.ok) {
    print(`entry ${check.seq} is broken: ${check.problem}`);
    return "broken";
  }
  const { entries, head } = check;
  if (unknownEnd === null) print(`ok: ${entries} entries, none changed, none missing`);
  else
    print(
      `not proven: the chain of ${entries} entries is whole, but ${unknownEnd}: a truncated end cannot be told. Compare with --head SEQ:HASH, from the log's newest "audit head"`,
    );
  if (entries > 0) print(`head ${head.seq}:${head.hash}`);
  if (anchors.length > 0) {
    const newest = Math.max(...anchors.map(({ seq }) => seq));
    const after = newest < entries ? `; the ${entries - newest} after it are not anchored yet` : "";
    print(`${anchors.length} anchors agree, the newest names ${newest}${after}`);
  }
  return unknownEnd === null ? "whole" : "unproven";
}

/** Looks at the configured store, beside a running bot. */
export async function withStore<Result>(
  look: (store: Store, db: OpenDatabase["db"]) => Promise<Result>,
): Promise<Result> {
  const config = loadConfiguration();
  const opened = await openStoreReadOnly(config);
  if (opened === null) {
    throw new UsageError(
      config.databaseUrl === null
        ? `there is no store in ${config.dataDirectory}: start the bot once, or set SMARTCLOUDOPS_DATA_DIR`
        : "the database is empty: start the bot once, or set DATABASE_URL to the one it writes",
    );
  }
  try {
    return await look(createStore(opened.db, storeKey(config)), opened.db);
  } catch (error) {
    throw isMissingTable(error)
      ? new UsageError(`${opened.name} lacks a table that it was made with: restore a backup`, {
          cause: error,
        })
      : await explainStoreError(error, config);
  } finally {
    await opened.close();
  }
}
