import { afterAll, beforeAll, describe } from "vitest";
import { worldsOnPostgres } from "../fixtures/fakes/core.ts";
import { hasPostgres, testPostgres, type TestPostgres } from "../fixtures/fakes/postgres-server.ts";

/** Every test of these files once more, on a real PostgreSQL: whatever the core relies on must hold there too. */
describe.runIf(hasPostgres())("on PostgreSQL", async () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
    worldsOnPostgres(server);
  });
  afterAll(async () => {
    worldsOnPostgres(null);
    await server.stop();
  });

  await import("./approve.test.ts");
  await import("./audit.test.ts");
  await import("./execute.test.ts");
  await import("./recover.test.ts");
  await import("./resume-stranded.test.ts");
});
