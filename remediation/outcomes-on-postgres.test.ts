import { describe } from "vitest";
import { worldsStandOnPostgres } from "../fixtures/fakes/core-on-postgres.ts";
import { hasPostgres } from "../fixtures/fakes/postgres-server.ts";

/** Every test of these files once more, on a real PostgreSQL: whatever the core relies on must hold there too. */
describe.runIf(hasPostgres())("on PostgreSQL", async () => {
  worldsStandOnPostgres();
  await import("./changes.test.ts");
  await import("./rollback.test.ts");
  await import("./track-record.test.ts");
});
