import type { Alertmanager } from "../../infra/alertmanager.ts";
import { isPaused } from "../../remediation/pause.ts";
import type { Bot } from "../bot.ts";
import type { StoreGuard } from "../guard-store.ts";
import type { Readiness } from "../http/deps.ts";
import type { Surface, SurfaceName } from "../surface.ts";
import type { MetricSource } from "./metric-source.ts";

/** Each dependency's state. Not ready: the store or Prometheus does not answer. A silent chat or Alertmanager is told, not fatal. */
export async function readiness({
  bot,
  surfaces,
  source,
  guard,
  alertmanager,
}: {
  bot: Bot;
  surfaces: ReadonlyMap<SurfaceName, Surface>;
  source: MetricSource;
  guard: Pick<StoreGuard, "state">;
  alertmanager: Pick<Alertmanager, "ready"> | null;
}): Promise<Readiness> {
  const [prometheus, silences] = await Promise.all([source.prometheus.ready(), alertmanager?.ready()]);
  const reads = await isPaused(bot.core.store.db).then(
    () => ({ ok: true, detail: "answers" }),
    (error: unknown) => ({ ok: false, detail: String(error) }),
  );
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
      ...(silences === undefined
        ? {}
        : {
            alertmanager: silences.ok
              ? { ok: true, detail: `version ${silences.version}` }
              : { ok: false, detail: `${silences.reason}; silences are kept here and told to it later` },
          }),
      ...Object.fromEntries(chats),
    },
  };
}
