import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** Where the audit's chain stood at a moment: `at` wall ms. */
type Anchor = { at: number; seq: number; hash: string };

export type AuditHeads = ReturnType<typeof openAuditHeads>;

export const auditHeadsFile = "audit-heads.jsonl";

/**
 * The file beside the database that says where the audit's chain stood: one JSON a line, only ever appended to. A line
 * that cannot be read (a torn one after a power cut) is counted and passed over.
 */
export function openAuditHeads(file: string) {
  return {
    /** `cut`: the last line is one of the unreadable, so a newer anchor than those read may have been there. */
    read(): { heads: Anchor[]; unreadable: number; cut: boolean } {
      const lines = contentOf(file)
        .split("\n")
        .filter((line) => line !== "");
      const heads = lines.flatMap((line) => readAnchor(line) ?? []);
      const last = lines.at(-1);
      return {
        heads,
        unreadable: lines.length - heads.length,
        cut: last !== undefined && readAnchor(last) === null,
      };
    },
    append(head: Anchor): void {
      const torn = !/(^|\n)$/.test(contentOf(file));
      const handle = openSync(file, "a", 0o600);
      try {
        writeSync(handle, `${torn ? "\n" : ""}${JSON.stringify(head)}\n`);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
}

function readAnchor(line: string): Anchor | null {
  try {
    const { at, seq, hash } = JSON.parse(line) as Record<string, unknown>;
    if (typeof at !== "number" || !Number.isSafeInteger(seq) || typeof hash !== "string") return null;
    return /^[0-9a-f]{64}$/.test(hash) ? { at, seq: Number(seq), hash } : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
