import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { SYNTHETIC_COLUMN } from "../../infra/dataset.ts";
import { endOf, synthesize, syntheticCauses, syntheticMetrics, type Synthetic } from "../../ml/synthesize.ts";
import type { Episode, EpisodeKind } from "../../ml/synthesize-episodes.ts";
import { UsageError } from "./usage-error.ts";

export type SynthesizeArguments = {
  days: number;
  seed: number;
  out: string;
  /** Seconds between rows, 60 when absent. */
  step?: number | undefined;
  targets?: number | undefined;
  print(line: string): void;
  /** Milliseconds of a clock that never goes back. */
  now?: (() => number) | undefined;
};

/** A Monday, so that the same options give the same bytes at any time. */
const firstDay = Date.UTC(2024, 0, 1) / 1000;
const day = 86_400;
const rowsAPiece = 2_000;
const largest = { days: 3_660, targets: 1_000 };
const coarsestStep = 300;

const note = `SYNTHETIC: these numbers were made up by a generator, for tests, teaching and what-if only.
They say nothing about real servers, and no detector that learned them may go live.
Made with: smartcloudops synthesize`;

type Counts = Record<EpisodeKind | "normal", number>;

/**
 * `smartcloudops synthesize`: writes a dataset of made-up targets, per target as many days without faults (train) as
 * with them (test), labels and causes. Every file says that it is synthetic. The same options give the same bytes.
 */
export async function synthesizeCommand(options: SynthesizeArguments): Promise<void> {
  const { days, seed, out, print } = options;
  const [step, targets] = [options.step ?? 60, options.targets ?? 1];
  checkOptions(days, step, targets);
  const now = options.now ?? (() => performance.now());
  const started = now();
  const counts: Counts = { normal: 0, cpu_spike: 0, memory_leak: 0, error_storm: 0 };
  const episodes: Episode[] = [];
  let rows = 0;
  await mkdir(out, { recursive: true });
  await writeFile(
    join(out, "README.txt"),
    `${note} --days ${days} --seed ${seed} --step ${step} --targets ${targets}\n`,
  );
  for (let target = 1; target <= targets; target++) {
    const folder = join(out, `synthetic-${target}`);
    await mkdir(folder, { recursive: true });
    const how = { stepSeconds: step, seconds: days * day };
    // The same seed for both parts: they are the same host.
    const own = { ...how, seed: (seed * 1_000_003 + target) >>> 0 };
    const train = synthesize({ ...own, start: firstDay, faults: false });
    const test = synthesize({ ...own, start: firstDay + days * day, faults: true });
    rows += await writeRows(join(folder, "train.csv.gz"), train, () => undefined);
    rows += await writeRows(join(folder, "test.csv.gz"), test, (kind) => void counts[kind]++);
    await writeEpisodes(folder, test.episodes, step);
    episodes.push(...test.episodes);
  }
  const seconds = (now() - started) / 1000;
  print(`${rows} rows in ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} a second, written to ${out}`);
  print(`test: ${describeCounts(counts, episodes)}`);
  print(`SYNTHETIC: for tests, teaching and what-if only; score and evaluate want --synthetic for it`);
}

function checkOptions(days: number, step: number, targets: number): void {
  if (!(days > 0 && days <= largest.days))
    throw new UsageError(`--days must be above 0 and at most ${largest.days}, not ${days}`);
  if (!(Number.isInteger(step) && step >= 1 && step <= coarsestStep))
    throw new UsageError(
      `--step must be a whole number of seconds from 1 to ${coarsestStep}: a storm lasts five minutes`,
    );
  if (!(Number.isInteger(targets) && targets >= 1 && targets <= largest.targets))
    throw new UsageError(`--targets must be a whole number from 1 to ${largest.targets}, not ${targets}`);
}

/** Streams the rows into a file; only a piece of them is in memory. Answers how many there were. */
async function writeRows(
  file: string,
  { rows }: Synthetic,
  count: (kind: EpisodeKind | "normal") => void,
): Promise<number> {
  // Level 1: the rows are noise, which more effort does not make much smaller.
  const gzip = createGzip({ level: 1 });
  const written = finished(gzip.pipe(createWriteStream(file)));
  const scales = syntheticMetrics.map(([, decimals]) => 10 ** decimals);
  let text = `time,${SYNTHETIC_COLUMN},${syntheticMetrics.map(([name]) => name).join(",")}\n`;
  let number = 0;
  for (const { time, values, episode } of rows) {
    text += `${time},1`;
    for (let m = 0; m < scales.length; m++) text += `,${Math.round(values[m]! * scales[m]!) / scales[m]!}`;
    text += "\n";
    count(episode?.kind ?? "normal");
    if (++number % rowsAPiece !== 0) continue;
    if (!gzip.write(text)) await once(gzip, "drain");
    text = "";
  }
  gzip.end(text);
  await written;
  return number;
}

async function writeEpisodes(folder: string, episodes: readonly Episode[], step: number): Promise<void> {
  // From the first row of an episode to its last, both inclusive.
  const stretch = (episode: Episode) => {
    const onGrid = (time: number) => Math.ceil(time / step) * step;
    return `${onGrid(episode.phases[0]!)},${onGrid(endOf(episode)) - step}`;
  };
  const labels = episodes.map((episode) => `${stretch(episode)},${episode.kind}\n`);
  const causes = episodes.map(
    (episode) => `${stretch(episode)},${syntheticCauses[episode.kind].join(" ")}\n`,
  );
  await writeFile(join(folder, "labels.csv"), `start,end,fault\n${labels.join("")}`);
  await writeFile(join(folder, "causes.csv"), `start,end,metrics\n${causes.join("")}`);
}

function describeCounts(counts: Counts, episodes: readonly Episode[]): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (Object.keys(counts) as (keyof Counts)[])
    .map((kind) => {
      const share = `${((100 * counts[kind]) / all).toFixed(1)} % ${kind}`;
      const number = episodes.filter((episode) => episode.kind === kind).length;
      return kind === "normal" ? share : `${share} (${number})`;
    })
    .join(", ");
}
