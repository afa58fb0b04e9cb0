import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileModules } from "../fixtures/fakes/compiled.ts";
import { hasPostgres, testPostgres, type TestPostgres } from "../fixtures/fakes/postgres-server.ts";
import { type Death, openArena, type Ordeal } from "../fixtures/torture/arena.ts";
import { brokenInvariants } from "../fixtures/torture/trial.ts";
import { type Children, createChildren } from "../fixtures/torture/children.ts";

/**
 * Processes that really die: SIGKILL at every point of the journal, before and after every commit, around the call and
 * in the middle of it. AWS is a server of this process that counts what it accepted. Long runs: `npm run torture`.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
let compiled: ReturnType<typeof compileModules>;
let children: Children;
beforeAll(() => {
  compiled = compileModules(["fixtures/torture/child.ts"]);
  children = createChildren(compiled.url("fixtures/torture/child.ts"));
});
afterAll(async () => {
  await children.close();
  compiled.remove();
});

/** Kills one run so, lets another process recover, and says what became of the plan. */
async function dies(server: TestPostgres | null, runbook: Ordeal, death: Death) {
  const arena = await openArena({ server, children, root });
  const plan = await arena.approved(runbook);
  const points = await arena.live("run", plan, death);
  const after = death.at === "never" ? [] : await arena.live("recover", plan, { at: "never" });
  const seen = await arena.look(plan);
  const isDead = points === null && after !== null;
  const broke = await brokenInvariants(arena, plan);
  await arena.close();
  return { isDead, points, status: seen.plan?.status, calls: seen.accepted.length, broke };
}

/** Works through all items, so many at a time. */
async function atOnce<Item>(many: number, items: readonly Item[], work: (item: Item) => Promise<void>) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: many }, worker));
}

describe.each([
  ["SQLite", false],
  ["PostgreSQL", true],
] as const)("a bot on %s that is killed", (_, onPostgres) => {
  describe.runIf(!onPostgres || hasPostgres())("and started again", () => {
    let server: TestPostgres | null = null;
    beforeAll(async () => {
      if (onPostgres) server = await testPostgres();
    });
    afterAll(() => server?.stop());

    it.each(["restart-service", "reboot"] as const)(
      "at any point of a %s calls at most once, and the plan comes to an end",
      async (runbook) => {
        const { points } = await dies(server, runbook, { at: "never" });
        expect(points?.length).toBeGreaterThanOrEqual(18);
        await atOnce(3, deathsOf(points ?? [], 1), async ([where, death]) => {
          const { isDead, status, calls, broke } = await dies(server, runbook, death);
          const ended = calls === 1 ? "done" : "needs_human";
          expect([where, isDead, status, broke]).toEqual([where, true, ended, []]);
        });
      },
      240_000,
    );

    it.each(["reboot of a member", "change-type"] as const)(
      "at any point of a %s calls nothing twice, and leaves its target serving or a person asked",
      async (runbook) => {
        const { points, status } = await dies(server, runbook, { at: "never" });
        expect(status).toBe("done");
        expect(points?.length).toBeGreaterThanOrEqual(40);
        await atOnce(3, deathsOf(points ?? [], 3), async ([where, death]) => {
          const { isDead, broke } = await dies(server, runbook, death);
          expect([where, isDead, broke]).toEqual([where, true, []]);
        });
      },
      240_000,
    );
  });
});

/** Every point that a whole run passes, and each call before and after AWS accepted it. */
function deathsOf(points: readonly string[], calls: number): [string, Death][] {
  const inCalls = Array.from({ length: calls }, (_, index) => index + 1).flatMap(
    (call): [string, Death][] => [
      [`in call ${call}, before AWS accepted it`, { at: "mid call", accepted: false, call }],
      [`in call ${call}, after AWS accepted it`, { at: "mid call", accepted: true, call }],
    ],
  );
  return [...points.map((name, at): [string, Death] => [name, { at: "point", number: at + 1 }]), ...inCalls];
}
