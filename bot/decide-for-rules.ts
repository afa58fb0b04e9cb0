import { endGrants } from "../remediation/autonomy.ts";
import { decideAlone } from "../remediation/decide-alone.ts";
import { type MassEvent, massOfIncidents, suspectMonitoring } from "../remediation/mass-event.ts";
import { listPlans } from "../remediation/plans.ts";
import { noteQuarantines } from "../remediation/quarantine.ts";
import type { Bot } from "./bot.ts";

/** After so long without a look at the targets the watch counts as blind. */
const blindMs = 300_000;

/**
 * What happens without a person: rules that were promoted decide what is due, and what they lost by a verdict or by time
 * is written down. Nothing is decided while the watch sees nothing or may only watch.
 */
export function createRuleDecider(
  bot: Pick<Bot, "core" | "run" | "watchOnly" | "watchState">,
  announceMass?: (event: MassEvent) => Promise<void>,
) {
  let countedAt = 0;

  function isBlind(): boolean {
    const { lastCycleAt, problem } = bot.watchState();
    return problem !== null || lastCycleAt === null || bot.core.clock.wall() - lastCycleAt > blindMs;
  }

  /** The cards of plans that run unless somebody objects count down in minutes. */
  async function countDown(): Promise<void> {
    const minute = Math.floor(bot.core.clock.wall() / 60_000);
    if (minute === countedAt) return;
    countedAt = minute;
    for (const { id, runsAlone } of await listPlans({ statuses: ["proposed"] }, bot.core))
      if (runsAlone) bot.core.changed({ plan: id });
  }

  return async function step(): Promise<void> {
    const mass = await massOfIncidents(bot.core);
    if (mass !== null && (await suspectMonitoring(mass, bot.core))) await announceMass?.(mass);
    await noteQuarantines(bot.core);
    for (const { rule, service, because } of await endGrants(bot.core))
      bot.core.log({
        level: "warn",
        event: "rule demoted",
        message: `the rule ${rule} decides nothing alone on ${service} any more: ${because}`,
      });
    if (bot.watchOnly || isBlind()) return;
    for (const plan of await decideAlone(bot.core)) bot.run(plan);
    await countDown();
  };
}
