import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../../infra/config.ts";
import { auditHeadsFile, openAuditHeads } from "../../infra/database/audit-heads.ts";
import { createMetricsHistory } from "../../infra/database/metrics-history.ts";
import { loadCatalog } from "../../infra/prometheus/load-catalog.ts";
import type { Scene } from "../cards/scene.ts";
import { renderChart } from "../chart.ts";
import { plural } from "../format.ts";
import { collectedFrames } from "../pack/collected.ts";
import { gatherPack } from "../pack/gather.ts";
import { packPage } from "../pack/page.ts";
import { loadDefinitions } from "../setup/definitions.ts";
import { withStore } from "./audit.ts";
import { explainFailure } from "./explain-failure.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

/** `incident inc-12 --out FILE`: the pack of one incident, beside a running bot. True when its record is sound. */
export async function incidentCommand(options: {
  id: string;
  out: string;
  /** Unix ms. */
  now: number;
  print(line: string): void;
}): Promise<boolean> {
  const { id, out, print } = options;
  if (!/^inc-[1-9]\d{0,8}$/.test(id)) throw new UsageError(`"${id}" is no incident: write it like inc-12`);
  const config = loadConfiguration();
  const { policy } = await loadDefinitions(config);
  const { secrets } = config;
  const { heads } = openAuditHeads(join(config.dataDirectory, auditHeadsFile)).read();
  const { pack, scene } = await withStore(async (store, db) => {
    const source = config.metrics.kind === "recording" ? "recording" : "prometheus";
    const collected = createMetricsHistory({ db, source, stepSeconds: config.collectionSeconds });
    const history = collectedFrames(collected);
    const newest = Math.max(...(await collected.coverage()).map((each) => each.newest), 0);
    const scene = await sceneOf(config, { now: options.now, newest });
    const drawChart = async (spec: Parameters<typeof renderChart>[0]) => renderChart(spec);
    const sources = { core: { store, policy }, scene, history, drawChart, heads, secrets };
    return { pack: await gatherPack(id, sources), scene };
  });
  if (pack === null) throw new UsageError(`there is no ${id} in this store; "incidents" lists them`);
  const page = packPage(pack, { scene, policy, secrets });
  try {
    await writeFile(out, page, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new UsageError(`--out ${explainFailure(error).message}`, { cause: error });
  }
  const record = pack.check.ok ? "the audit is whole" : `the audit is BROKEN at entry ${pack.check.seq}`;
  print(
    `${out}: ${Math.ceil(page.length / 1_000)} kB, ${plural(pack.plans.length, "plan")}, ${plural(pack.charts.length, "chart")}, ${plural(pack.entries.length, "entry", "entries")} of the audit; ${record}`,
  );
  return pack.check.ok;
}

async function sceneOf(config: Config, { now, newest }: { now: number; newest: number }): Promise<Scene> {
  const replay = config.metrics.kind === "recording";
  return {
    nowMs: now,
    // A recording's clock stands still without its bot: what was collected last is now.
    metricNow: replay ? newest : now / 1_000,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    replay,
    dryRun: config.cloud.kind === "dry-run",
    catalog: await loadCatalog({ file: config.catalogFile }),
  };
}
