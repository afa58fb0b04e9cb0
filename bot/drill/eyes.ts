import { type Catalog, createCatalog } from "../../infra/prometheus/catalog.ts";
import { type Prometheus, createPrometheus } from "../../infra/prometheus/client.ts";
import { findScrapeSeconds } from "../../infra/prometheus/scrape-interval.ts";
import { waitUntilScraped } from "./laboratory.ts";
import { findScraper, type Scraper, startScraper } from "./scraper.ts";

/** What a drill is watched through; `scraper` is null when the Prometheus is somebody else's. */
export type Eyes = { prometheus: Prometheus; catalog: Catalog; stepSeconds: number; scraper: Scraper | null };

export type EyesOptions = {
  /** Absent: one is started. */
  prometheusUrl: string | undefined;
  /** The compiled scraper-process, for a test that keeps it elsewhere. */
  program: URL | undefined;
  print(line: string): void;
};

/** Where everything of a drill answers. */
export const address = "127.0.0.1";
export const scrapeSecondsByDefault = 5;

/**
 * A Prometheus that sees the sample service at `instance` and its machine: the one at `prometheusUrl`, or one that is
 * started and ends by itself after `seconds`. Throws a UsageError that says what is missing.
 */
export async function openEyes(options: EyesOptions, instance: string, seconds: number): Promise<Eyes> {
  const { prometheusUrl, print } = options;
  if (prometheusUrl === undefined) return startEyes(options, instance, seconds);
  const prometheus = createPrometheus({ url: prometheusUrl });
  await waitUntilScraped(prometheus, instance);
  const stepSeconds = (await findScrapeSeconds(prometheus)) ?? scrapeSecondsByDefault;
  await tellWithoutMachine(prometheus, print);
  print(`watching through ${prometheusUrl}, a sample every ${stepSeconds} s`);
  return { prometheus, catalog: createCatalog({ scrapeSeconds: stepSeconds }), stepSeconds, scraper: null };
}

async function startEyes({ program, print }: EyesOptions, instance: string, seconds: number): Promise<Eyes> {
  const found = findScraper(process.env.PATH ?? "");
  const stepSeconds = scrapeSecondsByDefault;
  const settings = { ...found, instance, scrapeSeconds: stepSeconds, seconds };
  const scraper = await startScraper(program ?? new URL("./scraper-process.js", import.meta.url), settings);
  try {
    const prometheus = createPrometheus({ url: scraper.url });
    await waitUntilScraped(prometheus, instance);
    print(`Prometheus and node_exporter run on ${scraper.url}, a sample every ${stepSeconds} s`);
    return { prometheus, catalog: createCatalog({ scrapeSeconds: stepSeconds }), stepSeconds, scraper };
  } catch (error) {
    await scraper.end();
    throw error;
  }
}

async function tellWithoutMachine(prometheus: Prometheus, print: (line: string) => void): Promise<void> {
  const { series } = await prometheus.query(
    `node_load1{instance=~"${address.replaceAll(".", "[.]")}(:.*)?"}`,
  );
  if (series.length === 0)
    print(
      `note: this Prometheus has no node_exporter at ${address}: faults of the machine will not be seen; scrape it as ${address}:9100`,
    );
}
