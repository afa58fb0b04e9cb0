import type { Kysely } from "kysely";
import type { DryRunState } from "../dry-run-state.ts";
import type { ReplayState } from "../replay.ts";
import { readSetting, writeSetting, type SettingsTable } from "./settings.ts";

/**
 * What one part of the program keeps over a restart. `load` answers what stood there when it was opened. What is saved
 * is written in order; the promise resolves when it is written, and never rejects: `onError` hears of a failure.
 */
type StateStore<State> = {
  load(): unknown;
  save(state: State): Promise<void>;
  /** Resolves when everything that was saved is written. */
  saved(): Promise<void>;
};

type Options = { wall: () => number; onError: (error: unknown) => void };
type Db = Kysely<{ settings: SettingsTable }>;

/**
 * The replay's position, fault and cured state. The position is kept a little ahead of the time that was told, so a
 * write that a crash cuts off never lets metric time go back.
 */
export async function openReplayStore(
  db: Db,
  options: Options,
): Promise<StateStore<ReplayState> & { load(): ReplayState | null }> {
  const store = await openState<ReplayState>(db, "replay", options);
  const found = store.load();
  return { ...store, load: () => (isReplayState(found) ? found : null) };
}

/** The dry run's commands and boots. */
export async function openDryRunStore(db: Db, options: Options): Promise<StateStore<DryRunState>> {
  return openState(db, "dry-run-cloud", options);
}

async function openState<State>(db: Db, key: string, { wall, onError }: Options): Promise<StateStore<State>> {
  const found = await readSetting(db, key);
  let writing: Promise<void> = Promise.resolve();
  return {
    load: () => found,
    save: (state) => {
      writing = writing.then(() => writeSetting(db, key, state, wall())).catch(onError);
      return writing;
    },
    saved: () => writing,
  };
}

function isReplayState(value: unknown): value is ReplayState {
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
