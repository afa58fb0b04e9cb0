import { UsageError } from "../commands/usage-error.ts";
import { isInstalled } from "./limits.ts";
import { type Keeper, startChild } from "./processes.ts";

export type ScraperSettings = {
  /** Programs, as found in the PATH. */
  prometheus: string;
  nodeExporter: string;
  /** The sample service, address:port. */
  instance: string;
  scrapeSeconds: number;
  /** It ends by itself after so long. */
  seconds: number;
};

export type Scraper = Keeper & { url: string };

/** Finds the two programs in a PATH. Throws a UsageError that names the packages when one is missing. */
export function findScraper(path: string): Pick<ScraperSettings, "prometheus" | "nodeExporter"> {
  const nodeExporter = ["prometheus-node-exporter", "node_exporter"].find((name) => isInstalled(name, path));
  const missing = [
    ...(isInstalled("prometheus", path) ? [] : ["prometheus"]),
    ...(nodeExporter === undefined ? ["prometheus-node-exporter"] : []),
  ];
  if (nodeExporter !== undefined && missing.length === 0) return { prometheus: "prometheus", nodeExporter };
  throw new UsageError(
    `drill --evaluate needs ${missing.join(" and ")}: install with "sudo apt-get install --no-install-recommends ${missing.join(" ")}", ` +
      "or name a Prometheus that scrapes this machine with --prometheus URL",
  );
}

/** Starts node_exporter and Prometheus on loopback; `end` ends both and removes what they wrote. */
export async function startScraper(program: URL, settings: ScraperSettings): Promise<Scraper> {
  const { ready, end } = await startChild(
    program,
    [JSON.stringify(settings)],
    "Prometheus with node_exporter",
  );
  return { url: `http://127.0.0.1:${ready}`, end };
}
