import { expect, it } from "vitest";
import { coreWorld } from "../../fixtures/fakes/core.ts";
import { offeredRunbooks } from "./offered-runbooks.ts";

it("offers what only reads first, and nothing that must be asked for by name", async () => {
  const world = await coreWorld();
  const offered = offeredRunbooks(world.ctx.runbooks).map(({ name }) => name);
  expect(offered).toEqual(["diagnostics", "clean-disk", "reboot", "restart-service"]);
  await world.close();
});
