import type { ModelRow } from "../infra/database/models.ts";

/** Whether a person went back to an earlier version: one that was live after it is still there. */
export function isHeld(versions: readonly Pick<ModelRow, "number" | "status">[]): boolean {
  const live = versions.find(({ status }) => status === "live");
  const previous = versions.find(({ status }) => status === "previous");
  return live !== undefined && previous !== undefined && previous.number > live.number;
}

/** "previous", or a number as people write it ("3", "v3", "web-1 v3"); null when there is none. */
export function findVersion(all: readonly ModelRow[], version: string): ModelRow | null {
  const wanted = version.trim().toLowerCase();
  if (["previous", "last", "earlier", "older"].includes(wanted))
    return all.find(({ status }) => status === "previous") ?? null;
  const number = /^(?:.* )?v?(\d+)$/.exec(wanted)?.[1];
  return all.find((row) => String(row.number) === number) ?? null;
}

/** Says that there is no such version, and which ones a person may go back to. */
export function unknownVersion(target: string, version: string, all: readonly ModelRow[]): string {
  const usable = all.filter((row) => whyNotUsable(row) === null).map((row) => `v${row.number}`);
  const choice =
    usable.length === 0 ? "there is no version to go back to" : `there is ${usable.slice(0, 10).join(", ")}`;
  return `${target} has no version "${version.slice(0, 40)}": ${choice}`;
}

/** Why a version cannot become the live one; null where it can. */
export function whyNotUsable(row: ModelRow): string | null {
  if (row.live) return `${row.id} is live already`;
  if (row.status === "refused") return `${row.id} did not pass its gates and never goes live`;
  if (row.synthetic) return `${row.id} learned synthetic data and never goes live`;
  if (row.path === null) return `the file of ${row.id} was deleted as too old`;
  return null;
}
