import fc from "fast-check";
import { expect, it } from "vitest";
import { coreWorld, memoryAlert, personIn, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { approve } from "./approve.ts";
import { decideAlone } from "./decide-alone.ts";
import { execute } from "./execute.ts";
import { expire } from "./expire.ts";
import { clearAlert, raiseAlert, resolveIfQuiet } from "./incident.ts";
import { proposeForIncident } from "./propose.ts";
import { heldBack, noteQuarantines } from "./quarantine.ts";
import { judge } from "./verify.ts";

const second = 1_000;
const hour = 3_600_000;
const day = 24 * hour;
const targets = ["web-1", "web-2", "db-1"];

/** What reached the cloud, and when. */
type Disruption = { target: string; at: number };

/**
 * A fault that flaps on every target and a remedy that never helps, with somebody who approves whatever is proposed.
 * The world moves from one change to the next, so that thirty days take a moment.
 */
async function flap(
  world: World,
  { periodMs, days, phase }: { periodMs: number; days: number; phase: readonly number[] },
): Promise<Disruption[]> {
  world.metric = () => ({ mean: 40, samples: 10, low: 8, high: 12, partial: false });
  const mara = personIn(world.ctx.policy, "mara");
  const disruptions: Disruption[] = [];
  const start = world.now;
  // The watch looks once a minute; where everything is in quarantine, only how long it lasts is still open.
  const step = Math.max(60 * second, periodMs / 2);
  const leap = 7 * hour + 60 * second;
  while (world.now < start + days * day) {
    for (const [index, target] of targets.entries()) {
      const isUp = Math.floor((world.now - start) / (periodMs / 2) + (phase[index] ?? 0)) % 2 === 0;
      if (!isUp) {
        await clearAlert(`anomaly:${target}`, world.ctx);
        continue;
      }
      const { incident } = await raiseAlert(
        memoryAlert(target, { startsAt: Math.floor(world.now / 1000) }),
        world.ctx,
      );
      if (incident.status === "resolved") continue;
      const proposed = await proposeForIncident(incident, world.ctx);
      if (proposed?.ok !== true || proposed.plan.status !== "proposed") continue;
      await approve({ plan: proposed.plan.id, person: mara, surface: "slack" }, world.ctx);
      const calls = world.cloud.accepted.length;
      await execute(proposed.plan.id, world.ctx);
      for (let call = calls; call < world.cloud.accepted.length; call += 1)
        disruptions.push({ target, at: world.now });
    }
    await decideAlone(world.ctx);
    await expire(world.ctx);
    await judge(world.ctx);
    await noteQuarantines(world.ctx);
    await resolveIfQuiet(world.ctx);
    const { quarantined } = await heldBack(world.ctx);
    world.now += quarantined.length === targets.length ? leap : step;
  }
  return disruptions;
}

/** The most events of any window of a length. */
function mostWithin(times: readonly number[], window: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let first = 0;
  return sorted.reduce((most, at, last) => {
    while (at - (sorted[first] ?? at) >= window) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
}

function check(world: World, disruptions: readonly Disruption[]): void {
  const { tries, tries_window, disruptions_per_10m, disruptions_per_hour } = world.ctx.policy.limits;
  for (const target of targets) {
    const times = disruptions.filter((each) => each.target === target).map(({ at }) => at);
    expect(mostWithin(times, tries_window)).toBeLessThanOrEqual(tries);
    // Nobody released it, so after the last try allowed nothing more happened, for all of the days.
    expect(times.length).toBeLessThanOrEqual(tries);
  }
  const all = disruptions.map(({ at }) => at);
  expect(mostWithin(all, 600 * second)).toBeLessThanOrEqual(disruptions_per_10m);
  expect(mostWithin(all, hour)).toBeLessThanOrEqual(disruptions_per_hour);
}

it("in thirty days of a flapping fault nothing is tried more than twice on a target, then it is in quarantine", async () => {
  const world = await coreWorld({ policy: teamPolicy("{breaker_failures: 99}") });
  const disruptions = await flap(world, { periodMs: 2 * hour, days: 30, phase: [0, 0.5, 1] });
  check(world, disruptions);
  expect(disruptions).toHaveLength(targets.length * world.ctx.policy.limits.tries);
  const { quarantined } = await heldBack(world.ctx);
  expect(quarantined.map(({ target }) => target)).toEqual(expect.arrayContaining(targets));
  await world.close();
}, 60_000);

it("whatever the period of the flapping, no budget is exceeded", async () => {
  const seen: number[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 10, max: 7_200 }),
      fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }),
      async (periodSeconds, phase) => {
        const world = await coreWorld({ policy: teamPolicy("{breaker_failures: 99}") });
        const disruptions = await flap(world, { periodMs: periodSeconds * second, days: 30, phase });
        check(world, disruptions);
        seen.push(disruptions.length);
        await world.close();
      },
    ),
    { numRuns: 12 },
  );
  // A world in which nothing was ever tried would prove nothing.
  expect(Math.max(...seen)).toBeGreaterThan(0);
}, 60_000);
