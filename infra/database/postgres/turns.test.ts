import { expect, it } from "vitest";
import { createTurns } from "./turns.ts";

it("lets so many in at a time, in their order, and sends away who waited too long", async () => {
  const turns = createTurns(2, 20);
  const order: number[] = [];
  await turns.enter();
  await turns.enter();
  const third = turns.enter().then(() => order.push(3));
  const fourth = turns.enter().then(() => order.push(4));
  turns.leave();
  await third;
  turns.leave();
  await fourth;
  expect(order).toEqual([3, 4]);
  await expect(turns.enter()).rejects.toThrow(/no connection to the database was free for 0.02 s/);
  turns.leave();
  turns.leave();
  await turns.enter();
  await turns.enter();
  await expect(turns.enter()).rejects.toThrow(/free/);
});
