import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, personIn, type World } from "../fixtures/fakes/core.ts";
import { approve, deny } from "./approve.ts";
import { listAudit } from "./audit.ts";
import { expire } from "./expire.ts";
import { getPlan } from "./plans.ts";
import { propose } from "./propose.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
  const made = await propose({ runbook: "restart-service", target: "web-1", requester: "system" }, world.ctx);
  if (!made.ok) throw new Error(made.message);
});
afterEach(() => world.close());

const mara = () => ({ plan: "plan-1", person: personIn(world.ctx.policy, "mara"), surface: "x" });
const plan = async () => {
  const found = await getPlan("plan-1", world.ctx);
  if (!found) throw new Error("no plan-1");
  return found;
};
const told = async () =>
  (await listAudit({ subject: "plan-1", limit: 50 }, world.ctx)).filter(({ verb }) => verb === "expire");

describe("a plan runs out", () => {
  it("as a proposal that nobody decided, a millisecond after its time and not before", async () => {
    world.now = (await plan()).expiresAt;
    expect(await expire(world.ctx)).toEqual([]);
    world.now += 1;
    world.changes.length = 0;
    expect(await expire(world.ctx)).toEqual(["plan-1"]);
    expect(world.changes).toEqual([{ plan: "plan-1" }]);
    expect(await plan()).toMatchObject({ status: "expired", notes: ["nobody decided in time"] });
    expect((await told()).map(({ actor, detail }) => [actor, detail])).toEqual([
      ["system", { from: "proposed" }],
    ]);
  });

  it("approved, when it did not begin", async () => {
    await approve(mara(), world.ctx);
    world.now = (await plan()).runBy;
    expect(await expire(world.ctx)).toEqual([]);
    world.now += 1;
    expect(await expire(world.ctx)).toEqual(["plan-1"]);
    expect(await plan()).toMatchObject({
      status: "expired",
      notes: ["approved, but it did not begin in time"],
    });
    expect((await told()).map(({ detail }) => detail)).toEqual([{ from: "approved" }]);
  });

  it("not when somebody decides in that moment: nothing is told or changed", async () => {
    world.now = (await plan()).expiresAt;
    const { transaction } = world.ctx.store;
    const first = deny({ ...mara(), reason: null }, world.ctx);
    const late = { ...world.ctx, clock: { ...world.ctx.clock, wall: () => world.now + 1 } };
    const store = {
      ...late.store,
      transaction: (async (work) => {
        await first;
        return transaction(work);
      }) as typeof transaction,
    };
    world.changes.length = 0;
    expect(await expire({ ...late, store })).toEqual([]);
    expect(await plan()).toMatchObject({ status: "denied" });
    expect(await told()).toEqual([]);
    expect(world.changes).toEqual([{ plan: "plan-1" }]);
  });
});
