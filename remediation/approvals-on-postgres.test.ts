import { describe } from "vitest";
import { worldsStandOnPostgres } from "../fixtures/fakes/core-on-postgres.ts";
import { hasPostgres } from "../fixtures/fakes/postgres-server.ts";

/** Reminders, emergencies, windows and practices once more, on a real PostgreSQL. */
describe.runIf(hasPostgres())("on PostgreSQL", async () => {
  worldsStandOnPostgres();
  await import("./remind.test.ts");
  await import("./break-glass.test.ts");
  await import("./run-later.test.ts");
  await import("./practice.test.ts");
});
