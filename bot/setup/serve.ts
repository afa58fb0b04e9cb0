import type { AddressInfo } from "node:net";
import type { Alertmanager } from "../../infra/alertmanager.ts";
import type { Config } from "../../infra/config.ts";
import { describeDecisions } from "../../infra/config-texts.ts";
import type { LogBook } from "../../infra/log.ts";
import type { Metrics } from "../../infra/metrics.ts";
import type { AlertIntake } from "../alerts/intake.ts";
import type { Bot } from "../bot.ts";
import { createHttpServer } from "../http/server.ts";
import { createPackMaker } from "../pack/make.ts";
import { scrape } from "./gauges.ts";
import { httpDeps } from "./http-deps.ts";
import type { Ground } from "./open-ground.ts";
import type { Talking } from "./open-talk.ts";
import { onlyThisMachine } from "./principals.ts";
import { readiness } from "./readiness.ts";

type Dependencies = {
  bot: Bot;
  ground: Ground;
  talking: Talking;
  intake: AlertIntake;
  alertmanager: Alertmanager | null;
  metrics: Metrics;
  consoleFiles: URL;
  log: LogBook["log"];
  onError: (error: unknown) => void;
};

/** The console and the HTTP API, listening. */
export async function serve(config: Config, deps: Dependencies) {
  const { bot, ground, talking, metrics, alertmanager } = deps;
  const { surfaces, guard } = talking;
  const http = await createHttpServer(
    httpDeps({
      ...deps,
      ...talking,
      config,
      pack: packMaker(config, deps),
      scrape: () => scrape(metrics, { bot, surfaces }),
      ready: () => readiness({ bot, surfaces, source: ground.source, guard, alertmanager }),
    }),
  );
  await http.listen({ host: config.host, port: config.port });
  return { close: () => http.close(), url: urlOf(http.server.address()) };
}

/** What the start says on the terminal. */
export function describeStart(
  config: Config,
  { url, capture, print }: { url: string; capture: string | null; print: (line: string) => void },
): void {
  for (const line of describeDecisions(config, { capture })) print(line);
  print(`console: ${url}`);
  if (onlyThisMachine(config)) return;
  print(
    "console: nobody may use it, because in this version only the user of the same machine may: set HOST to 127.0.0.1 and unset SMARTCLOUDOPS_PUBLIC_URL, or use Slack and Discord",
  );
}

function packMaker({ secrets }: Config, { bot, ground: { heads, workers }, log }: Dependencies) {
  return createPackMaker(bot, {
    heads: () => heads.read().heads,
    drawChart: (spec) =>
      workers.chart(spec).catch((error: unknown) => {
        log.warn({ error: String(error) }, "a chart of a pack could not be drawn");
        return null;
      }),
    secrets,
  });
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string")
    throw new Error("the HTTP server did not get an address");
  // "Every address" is none that a browser could open.
  if (address.address === "0.0.0.0" || address.address === "::") return `http://localhost:${address.port}`;
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
