import type { StoredRow } from "../../infra/database/metrics-history-pages.ts";
import type { LabelAt } from "../history-labels.ts";
import type { Format } from "./history-parameters.ts";

type Pages = AsyncIterable<readonly StoredRow[]>;
type Table = { metrics: readonly string[]; labelAt: LabelAt };

/** The rows as text, a piece a page: whoever stops taking pieces ends the reading. */
export function historyText(format: Format, pages: Pages, table: Table): AsyncGenerator<string> {
  return format === "csv" ? csv(pages, table) : json(pages, table);
}

/** Header `time,target,<metrics>,label`; time in unix seconds, an empty cell where there was no sample. */
async function* csv(pages: Pages, { metrics, labelAt }: Table): AsyncGenerator<string> {
  yield `${["time", "target", ...metrics, "label"].map(textCell).join(",")}\n`;
  for await (const page of pages) {
    const columns = columnFinder(metrics);
    const lines = page.map((row) => {
      const numbers = columns(row.metrics).map((i) => numberCell(i === -1 ? Number.NaN : row.values[i]));
      const label = labelAt(row.target, row.at);
      return [row.at, textCell(row.target), ...numbers, textCell(label)].join(",");
    });
    yield `${lines.join("\n")}\n`;
  }
}

/** One array with a row a line: `{"time","target","label","metrics":{name: number or null}}`. */
async function* json(pages: Pages, { labelAt }: Table): AsyncGenerator<string> {
  let before = "[";
  for await (const page of pages) {
    const lines = page.map(({ at, target, metrics, values }) => {
      const cells = metrics.map((name, i) => `${JSON.stringify(name)}:${numberCell(values[i]) || "null"}`);
      const head = `"time":${at},"target":${JSON.stringify(target)},"label":${JSON.stringify(labelAt(target, at))}`;
      return `{${head},"metrics":{${cells.join(",")}}}`;
    });
    yield `${before}\n${lines.join(",\n")}`;
    before = ",";
  }
  yield before === "[" ? "[]\n" : "\n]\n";
}

/** For a row's own list of metrics, where each column's value stands in it; -1 where it has none. */
function columnFinder(columns: readonly string[]): (metrics: readonly string[]) => readonly number[] {
  const known = new Map<readonly string[], readonly number[]>();
  return (metrics) => {
    const found = known.get(metrics) ?? columns.map((name) => metrics.indexOf(name));
    known.set(metrics, found);
    return found;
  };
}

function numberCell(value = Number.NaN): string {
  return Number.isNaN(value) ? "" : String(value);
}

/**
 * Text that a spreadsheet must not take for a formula (https://owasp.org/www-community/attacks/CSV_Injection): such a
 * beginning gets an apostrophe before it. Quoted where the text holds a comma, a quote or a line break.
 */
function textCell(text: string): string {
  const harmless = /^[\s]*[=+\-@＝＋－＠\t\r\n]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
