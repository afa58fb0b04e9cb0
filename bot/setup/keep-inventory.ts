import { dependencyAddresses } from "../../infra/dependency-addresses.ts";
import { buildInventory, type Target } from "../../infra/inventory.ts";
import type { Prometheus } from "../../infra/prometheus/client.ts";
import type { TargetEntry } from "../../infra/targets-file.ts";
import type { CloudSource } from "./cloud-source.ts";

export type Inventory = {
  targets(): readonly Target[];
  /** Asks Prometheus and the cloud anew; keeps what was known when they do not answer. */
  refresh(): Promise<void>;
};

/** The targets as of the last time Prometheus and the cloud were asked. */
export function keepInventory({
  prometheus,
  cloud,
  entries,
  prometheusUrl,
  log,
}: {
  prometheus: Prometheus;
  cloud: CloudSource;
  entries: readonly TargetEntry[];
  /** Null when the metrics are a recording. */
  prometheusUrl: string | null;
  log: { warn(fields: object, message: string): void };
}): Inventory {
  let targets: readonly Target[] = [];
  let own: string | null | undefined;

  async function refresh(): Promise<void> {
    try {
      own ??= await cloud.ownInstance();
      targets = await buildInventory({
        prometheus,
        cloudInstances: await cloud.listInstances(),
        targetsYaml: entries,
        self: {
          instanceId: own,
          dependencies:
            prometheusUrl === null
              ? []
              : [{ what: "Prometheus", addresses: await dependencyAddresses(prometheusUrl) }],
        },
      });
    } catch (error) {
      log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        "the inventory could not be refreshed",
      );
    }
  }

  return { targets: () => targets, refresh };
}
