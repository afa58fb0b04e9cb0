import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeLog } from "../fixtures/fakes/listener.ts";
import { keepConnected, type Session } from "./keep-connected.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setup(outcomes: ("refused" | "up")[]) {
  const opened: number[] = [];
  let drop: (reason: string) => void = () => undefined;
  const connection = keepConnected({
    name: "test",
    async open(): Promise<Session> {
      opened.push(Date.now());
      if (outcomes.shift() === "refused") throw new Error("refused");
      const ended = new Promise<string>((resolve) => (drop = resolve));
      return { ended, isUp: () => true, close: async () => drop("closed") };
    },
    explain: (error) => `explained: ${String(error)}`,
    wall: Date.now,
    log: fakeLog(),
  });
  return { connection, opened, drop: (reason: string) => drop(reason) };
}

test("tries again after 1, 2 and 4 s and says why in the meantime", async () => {
  const { connection, opened } = setup(["refused", "refused", "refused", "up"]);
  await connection.firstAttempt;
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.state()).toEqual({ connected: false, detail: "explained: Error: refused" });
  await vi.advanceTimersByTimeAsync(7_000);
  expect(opened.map((at) => at - (opened[0] ?? 0))).toEqual([0, 1_000, 3_000, 7_000]);
  expect(connection.state()).toEqual({ connected: true, detail: "connected" });
  await connection.stop();
});

test("a connection that held is replaced at once, one that did not is not", async () => {
  const { connection, opened, drop } = setup(["up", "up", "up"]);
  await connection.firstAttempt;
  await vi.advanceTimersByTimeAsync(60_000);
  drop("renewal");
  await vi.advanceTimersByTimeAsync(0);
  expect(opened).toHaveLength(2);
  drop("lost");
  await vi.advanceTimersByTimeAsync(900);
  expect(opened).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(opened).toHaveLength(3);
  await connection.stop();
});

test("stopping closes the connection and opens no other", async () => {
  const { connection, opened } = setup(["up", "up"]);
  await connection.firstAttempt;
  await connection.stop();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(opened).toHaveLength(1);
  expect(connection.state()).toEqual({ connected: false, detail: "stopped" });
});
