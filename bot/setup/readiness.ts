import type { Bot } from "../bot.ts";
import type { StoreGuard } from "../guard-store.ts";
import type { Readiness } from "../http/deps.ts";
import type { Surface, SurfaceName } from "../surface.ts";
import type { MetricSource } from "./metric-source.ts";

/** Each dependency's state. Not ready: the store or Prometheus does not answer. A silent chat is told, not fatal. */
export async function readiness({
  bot,
  surfaces,
  source,
  guard,
}: {
  bot: Bot;
  surfaces: ReadonlyMap<SurfaceName, Surface>;
  source: MetricSource;
  guard: Pick<StoreGuard, "state">;
}): Promise<Readiness> {
  const prometheus = await source.prometheus.ready();
  const reads = await bot.core.store.db
    .selectFrom("switches")
    .select("name")
    .limit(1)
    .execute()
    .then(() => ({ ok: true, detail: "answers" }))
    .catch((error: unknown) => ({ ok: false, detail: String(error) }));
  const store = reads.ok ? guard.state() : reads;
  const chats = [...surfaces.values()].map((surface): [string, { ok: boolean; detail: string }] => {
    const { connected, detail } = surface.state();
    return [surface.name, { ok: connected, detail }];
  });
  return {
    ready: prometheus.ok && store.ok,
    parts: {
      store,
      prometheus: prometheus.ok
        ? { ok: true, detail: `version ${prometheus.version}` }
        : { ok: false, detail: prometheus.reason },
      ...Object.fromEntries(chats),
    },
  };
}
