import type { Config } from "../../infra/config.ts";
import { dependencyAddresses } from "../../infra/dependency-addresses.ts";
import { CloudError } from "../../infra/errors.ts";
import { buildInventory, type Target } from "../../infra/inventory.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import type { TargetEntry } from "../../infra/targets-file.ts";
import type { CloudSource } from "./cloud-source.ts";

export type Inventory = {
  targets(): readonly Target[];
  /** False while Prometheus or the cloud did not answer the last time, or nothing is known to be watched. */
  isComplete(): boolean;
  /** Asks Prometheus and the cloud anew; keeps what was known when they do not answer. */
  refresh(): Promise<void>;
};

/** What the bot needs and never acts on, whatever tells it to. */
export function dependenciesOf({
  metrics,
  databaseUrl,
  alertmanagerUrl,
}: Pick<Config, "metrics" | "databaseUrl" | "alertmanagerUrl">): { what: string; url: string }[] {
  return [
    ...(metrics.kind === "prometheus" ? [{ what: "Prometheus", url: metrics.url }] : []),
    ...(databaseUrl === null ? [] : [{ what: "the database", url: databaseUrl }]),
    ...(alertmanagerUrl === null ? [] : [{ what: "Alertmanager", url: alertmanagerUrl }]),
  ];
}

/** The targets as of the last time Prometheus and the cloud were asked. */
export function keepInventory({
  prometheus,
  cloud,
  entries,
  dependencies,
  log,
}: {
  prometheus: Prometheus;
  cloud: CloudSource;
  entries: readonly TargetEntry[];
  /** What the bot needs and never acts on, such as `{ what: "Prometheus", url }`. */
  dependencies: readonly { what: string; url: string }[];
  log: { warn(fields: object, message: string): void };
}): Inventory {
  let targets: readonly Target[] = [];
  let own: string | null | undefined;
  let complete = false;
  const known = new Map<string, string[]>();

  async function refresh(): Promise<void> {
    complete = false;
    try {
      const seen = await askCloud();
      own ??= await cloud.ownInstance();
      targets = await buildInventory({
        prometheus,
        ...seen,
        targetsYaml: entries,
        self: {
          instanceId: own,
          dependencies: await addressesOf(),
        },
      });
      complete = seen.cloudInstances !== null && targets.length > 0;
    } catch (error) {
      log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        "the inventory could not be refreshed",
      );
    }
  }

  /** A name that cannot be resolved for a moment keeps the addresses it had: what is protected stays so. */
  async function addressesOf(): Promise<{ what: string; addresses: string[] }[]> {
    for (const { what, url } of dependencies) {
      const found = await dependencyAddresses(url);
      if (found.length > 0) known.set(what, found);
    }
    return [...known].map(([what, addresses]) => ({ what, addresses }));
  }

  /** What EC2 has; without its answer targets are watched as before, and nothing may be acted on. */
  async function askCloud() {
    try {
      return { cloudInstances: await cloud.listInstances(), cloudProblem: null };
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      log.warn({ error: error.message }, "EC2 could not be asked for its instances; nothing can be acted on");
      return { cloudInstances: null, cloudProblem: error.message };
    }
  }

  return { targets: () => targets, isComplete: () => complete, refresh };
}
