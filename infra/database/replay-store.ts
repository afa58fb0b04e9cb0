import type { Kysely } from "kysely";
import { readSetting, writeSetting, type SettingsTable } from "./settings.ts";
import type { ReplayState, ReplayStore } from "../replay.ts";

const key = "replay";

/**
 * The replay's position, fault and cured state in the store. What is saved is written in order; the position is kept a
 * little ahead of the time that was told, so a write that a crash cuts off never lets metric time go back.
 */
export async function openReplayStore(
  db: Kysely<{ settings: SettingsTable }>,
  { wall, onError }: { wall: () => number; onError: (error: unknown) => void },
): Promise<ReplayStore & { saved(): Promise<void> }> {
  const found = await readSetting(db, key);
  let writing: Promise<void> = Promise.resolve();
  return {
    load: () => (isState(found) ? found : null),
    save: (state) => {
      writing = writing.then(() => writeSetting(db, key, state, wall())).catch(onError);
    },
    saved: () => writing,
  };
}

function isState(value: unknown): value is ReplayState {
  if (typeof value !== "object" || value === null) return false;
  const state = value as Partial<Record<keyof ReplayState, unknown>>;
  return (
    typeof state.capture === "string" &&
    typeof state.fault === "string" &&
    typeof state.start === "number" &&
    typeof state.position === "number" &&
    (state.curedAt === null || typeof state.curedAt === "number")
  );
}
