import { createPrometheus } from "../../infra/prometheus/client.ts";
import { loadCatalog } from "../../infra/prometheus/load-catalog.ts";
import { readLabels, record } from "./record.ts";
import { UsageError } from "./usage-error.ts";

/** `smartcloudops record`: the command line's words made into a recording. */
export async function recordCommand(options: {
  prometheus: string;
  from: number;
  to: number;
  step: number;
  target: readonly { name: string; instanceId: string }[];
  out: string;
  labels?: string;
  demo?: boolean;
  source?: string;
  licence?: string;
  catalog?: string;
  print: (line: string) => void;
}): Promise<void> {
  const { prometheus: url, catalog, target, labels, demo, source, licence, ...rest } = options;
  if (!URL.canParse(url))
    throw new UsageError(`--prometheus must be an address like http://127.0.0.1:9090, not "${url}"`);
  await record({
    ...rest,
    prometheus: createPrometheus({ url }),
    catalog: await loadCatalog({ file: catalog ?? null, scrapeSeconds: options.step }),
    targets: target,
    ...(labels === undefined ? {} : { labels: await readLabels(labels) }),
    ...(demo === undefined ? {} : { demo }),
    ...(source === undefined ? {} : { source }),
    ...(licence === undefined ? {} : { licence }),
  });
}
