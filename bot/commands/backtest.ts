import { createMetricsHistory } from "../../infra/database/metrics-history.ts";
import { readTargetsFile } from "../../infra/targets-file.ts";
import { backtest } from "../../remediation/backtest.ts";
import { parseDuration } from "../../remediation/duration.ts";
import { listIncidents } from "../../remediation/incident.ts";
import { unknownRule } from "../../remediation/promote.ts";
import { backtestLines, headline } from "../cards/backtest-card.ts";
import { loadDefinitions } from "../setup/definitions.ts";
import { withStore } from "./audit.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { UsageError } from "./usage-error.ts";

type Options = {
  rule: string;
  window: string;
  json: boolean;
  /** Unix seconds of metric time at which the window ends, where the store holds nothing. */
  now: number;
  print(line: string): void;
  progress(line: string): void;
};

const mostLines = 200;
const mostIncidents = 100_000;

/** `backtest RULE`: reads the store beside a running bot, takes no lock and changes nothing. */
export async function backtestCommand({
  rule: name,
  window,
  json,
  now,
  print,
  progress,
}: Options): Promise<void> {
  const seconds = (parseDuration(window) ?? Number.NaN) / 1_000;
  if (!(seconds >= 3_600 && seconds <= 3_650 * 86_400))
    throw new UsageError(`--window "${window}" should be written like 36h, 14d or 4w, from 1h to 3650d`);
  const config = loadConfiguration();
  const { rules, quietTimes } = await loadDefinitions(config);
  const rule = rules.find((each) => each.name === name);
  if (rule === undefined) throw new UsageError(unknownRule(name, { rules }));
  const entries = config.targetsFile === null ? [] : await readTargetsFile(config.targetsFile);
  const tags = new Map(entries.map((entry) => [entry.name, entry.tags ?? {}]));
  const found = await withStore(async (store, db) => {
    const source = config.metrics.kind === "recording" ? "recording" : "prometheus";
    const history = createMetricsHistory({ db, source, stepSeconds: config.collectionSeconds });
    const coverage = await history.coverage();
    const newest = Math.max(...coverage.map((each) => each.newest));
    const to = coverage.length === 0 ? now : newest;
    let told = 0;
    return backtest(
      rule,
      { from: to - seconds, to },
      {
        incidents: await listIncidents({ unresolvedOnly: false, limit: mostIncidents }, { store }),
        rules,
        quietTimes,
        tagsOf: (target) => tags.get(target) ?? null,
        stepSeconds: history.stepSeconds,
        pages: (span) => history.pages(span),
        collected:
          coverage.length === 0
            ? null
            : { oldest: Math.min(...coverage.map(({ oldest }) => oldest)), newest },
      },
      {
        mostRows: Number.POSITIVE_INFINITY,
        progress: (part) => {
          if (part - told < 0.1) return;
          told = part;
          progress(`read ${Math.round(part * 100)} % of the history`);
        },
      },
    );
  });
  if (json) return print(JSON.stringify(found));
  const clock = (at: number) => new Date(at * 1_000).toISOString().slice(0, 16).replace("T", " ");
  print(`${headline(found)} (times are UTC)`);
  for (const line of backtestLines(found, clock, mostLines)) print(line);
  for (const line of found.lacks) print(line);
  if (rule.when.tags !== undefined)
    print("Tags are those of SMARTCLOUDOPS_TARGETS; a target that is not named there has none here.");
}
