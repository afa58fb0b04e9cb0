import { createPrometheus } from "../../infra/prometheus/client.ts";
import { loadCatalog } from "../../infra/prometheus/load-catalog.ts";
import { parseMoment, parseRecordTarget } from "./record-arguments.ts";
import { readLabels, record } from "./record.ts";
import { UsageError } from "./usage-error.ts";

/** The command line's words, as typed but for the step. */
export type RecordWords = {
  prometheus: string;
  from: string;
  to: string;
  step: number;
  target: readonly string[];
  out: string;
  labels?: string;
  service?: string;
  tag?: readonly string[];
  demo?: boolean;
  source?: string;
  licence?: string;
  catalog?: string;
};

/** `smartcloudops record`: words made into a recording. What cannot be used is a UsageError that says what would do. */
export async function recordCommand(words: RecordWords & { print: (line: string) => void }): Promise<void> {
  const { prometheus: url, catalog, labels, service, demo, source, licence, out, step, print } = words;
  if (!URL.canParse(url)) {
    throw new UsageError(`--prometheus must be an address like http://127.0.0.1:9090, not "${url}"`);
  }
  const tags = Object.fromEntries((words.tag ?? []).map(parseTag));
  await record({
    out,
    step,
    print,
    from: parseMoment("--from", words.from),
    to: parseMoment("--to", words.to),
    prometheus: createPrometheus({ url }),
    catalog: await loadCatalog({ file: catalog ?? null, scrapeSeconds: step }),
    targets: words.target.map((text) => ({
      ...parseRecordTarget(text),
      tags,
      ...(service === undefined ? {} : { service }),
    })),
    ...(labels === undefined ? {} : { labels: await readLabels(labels) }),
    ...(demo === undefined ? {} : { demo }),
    ...(source === undefined ? {} : { source }),
    ...(licence === undefined ? {} : { licence }),
  });
}

function parseTag(text: string): [key: string, value: string] {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new UsageError(`--tag "${text}" must be KEY=VALUE`);
  return [key, value];
}
