import { afterEach, beforeEach, expect, it } from "vitest";
import { coreWorld, memoryAlert, type World } from "../fixtures/fakes/core.ts";
import type { Feedback } from "../infra/database/feedback.ts";
import { clearAlert, raiseAlert } from "../remediation/incident.ts";
import { labelReader } from "./history-labels.ts";

let world: World;
let verdicts: Pick<Feedback, "incident" | "target" | "verdict">[];

const second = 1_700_000_000;
const window = { start: second, end: second + 10_000 };

beforeEach(async () => {
  world = await coreWorld();
  verdicts = [];
});
afterEach(() => world.close());

function bot() {
  const verdictsOf = async (target?: string) =>
    verdicts.filter((each) => target === undefined || each.target === target) as Feedback[];
  return { core: world.ctx, feedback: { verdictsOf } };
}

/** An alert that began at `from` and was seen 30 s later; it ends at `to`, or goes on. */
async function incident(target: string, from: number, to: number | null, cause: "anomaly" | "alert") {
  const alert = memoryAlert(target, { key: `${cause}:${target}:${from}`, cause, startsAt: second + from });
  world.now = (second + from + 30) * 1000;
  await raiseAlert(alert, world.ctx);
  if (to === null) return;
  world.now = (second + to) * 1000;
  await clearAlert(alert.key, world.ctx);
}

/** The labels of web-1 at so many seconds; at infinity stands what goes on still. */
async function labelsAt(seconds: number[], within = window): Promise<string[]> {
  const labelAt = await labelReader(within, bot());
  return seconds.map((each) => labelAt("web-1", second + each));
}

const ever = Number.POSITIVE_INFINITY;

it("is an incident's cause, from the first sign to the end of its last alert", async () => {
  await incident("web-1", 100, 400, "anomaly");
  await incident("web-1", 2_000, null, "alert");
  await incident("web-2", 100, 200, "anomaly");
  expect(await labelsAt([99, 100, 400, 401, 1_999])).toEqual([
    "normal",
    "anomaly",
    "anomaly",
    "normal",
    "normal",
  ]);
  expect(await labelsAt([2_000, 9_999, ever])).toEqual(["alert", "alert", "alert"]);
  const labelAt = await labelReader(window, bot());
  expect(labelAt("web-2", second + 150)).toBe("anomaly");
  expect(labelAt("nobody", second + 150)).toBe("normal");
});

it("ends with the last alert while the incident waits for a verdict, and lasts while one goes on", async () => {
  await incident("web-1", 100, null, "anomaly");
  await incident("web-1", 200, 500, "alert");
  expect(await labelsAt([99, 100, 200, 500, 501, ever])).toEqual([
    "normal",
    ...Array.from({ length: 5 }, () => "anomaly"),
  ]);
});

it("is normal where a person said that it was no problem or the new normal", async () => {
  await incident("web-1", 100, 400, "anomaly");
  await incident("web-1", 5_000, 5_400, "anomaly");
  await incident("web-1", 8_000, 8_400, "anomaly");
  verdicts = [
    { incident: "inc-1", target: "web-1", verdict: "not_a_problem" },
    { incident: "inc-2", target: "web-1", verdict: "problem" },
    { incident: "inc-3", target: "web-1", verdict: "new_normal" },
  ];
  expect(await labelsAt([250, 4_999, 5_000, 5_400, 5_401, 8_200])).toEqual([
    "normal",
    "normal",
    "anomaly",
    "anomaly",
    "normal",
    "normal",
  ]);
});

it("leaves out what lies outside the window", async () => {
  await incident("web-1", 100, 400, "anomaly");
  expect(await labelsAt([250], { start: second + 401, end: second + 900 })).toEqual(["normal"]);
  expect(await labelsAt([250], { start: second, end: second + 99 })).toEqual(["normal"]);
  expect(await labelsAt([250], { start: second + 400, end: second + 900 })).toEqual(["anomaly"]);
});
