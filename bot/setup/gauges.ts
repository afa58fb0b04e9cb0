import type { Metrics } from "../../infra/metrics.ts";
import { countIncidents } from "../../remediation/incident.ts";
import { isPaused } from "../../remediation/pause.ts";
import { listPlans } from "../../remediation/plans.ts";
import type { Bot } from "../bot.ts";
import type { Surface, SurfaceName } from "../surface.ts";

/** Reads what gauges show from where it is true, at the moment somebody scrapes; answers the page for Prometheus. */
export async function scrape(
  metrics: Metrics,
  { bot, surfaces }: { bot: Bot; surfaces: ReadonlyMap<SurfaceName, Surface> },
): Promise<{ contentType: string; text: string }> {
  const { lastCycleAt } = bot.watchState();
  metrics.targets.set(bot.targets().length);
  metrics.models.set(bot.detector.live().length);
  if (lastCycleAt !== null) metrics.watchLast.set(lastCycleAt / 1_000);
  for (const { name, state } of surfaces.values()) {
    metrics.surfaceConnected.set({ surface: name }, state().connected ? 1 : 0);
  }
  metrics.incidents.set(await countIncidents({ unresolvedOnly: true }, bot.core));
  metrics.paused.set((await isPaused(bot.core.store.db)) ? 1 : 0);
  metrics.plans.reset();
  metrics.verdicts.reset();
  for (const plan of await listPlans({ limit: 10_000 }, bot.core)) {
    metrics.plans.inc({ status: plan.status });
    if (plan.verdict !== null) metrics.verdicts.inc({ verdict: plan.verdict });
  }
  return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() };
}
