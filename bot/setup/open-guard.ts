import type { Config } from "../../infra/config.ts";
import { type OpenStore, storeErrorWords } from "../../infra/database/open-store.ts";
import type { Log } from "../../infra/log.ts";
import { createStoreGuard, type StoreGuard } from "../guard-store.ts";
import type { Surfaces } from "./surfaces.ts";

/** What watches the store and tells the home channels when it takes no writes. */
export function openStoreGuard(
  config: Config,
  parts: Pick<Surfaces, "surfaces" | "homes"> & { database: OpenStore; wall: () => number; log: Log },
): StoreGuard {
  const { database, ...rest } = parts;
  return createStoreGuard({
    ...rest,
    db: database.db,
    explain: (error) => storeErrorWords(error, config),
  });
}
