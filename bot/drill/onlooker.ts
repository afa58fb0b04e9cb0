import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "../../infra/inventory.ts";
import type { DrillLabel, Observer } from "../commands/drill.ts";
import { address, type Eyes, type EyesOptions, openEyes } from "./eyes.ts";
import { createWatcher, type WatchedRow, type Watcher } from "./watcher.ts";

type OnlookerOptions = EyesOptions & {
  /** The target's name in the recording. */
  subject: string;
  alarmBudget: number;
  /** The quiet part is short: the threshold is the largest calm score times a margin. */
  demo: boolean;
  /** So much of the calm before the first fault is watched and not learned. */
  watchedCalmSeconds: number;
  /** The whole drill takes at most so long. */
  seconds: number;
};

export type Seen = { eyes: Eyes; watcher: Watcher };

/** Rates of the first samples rest on fewer than they will later: they are left out. */
const rateIntervals = 4;

/** Looks on while a drill goes on: opens a Prometheus, learns the quiet part, watches, and says what it notices. */
export function createOnlooker(options: OnlookerOptions) {
  const { print, alarmBudget, demo } = options;
  const failing = new AbortController();
  const over = new AbortController();
  const begun: DrillLabel[] = [];
  let eyes: Eyes | null = null;
  let watcher: Watcher | null = null;
  let following = Promise.resolve();

  function watch(seconds: number, { scraper: _, ...seeing }: Eyes): void {
    const start = Date.now() / 1000;
    const testFrom = start + Math.max(seconds - options.watchedCalmSeconds, seconds / 2);
    watcher = createWatcher(
      {
        ...seeing,
        alarmBudget,
        demo,
        print,
        target: targetNamed(options.subject),
        now: () => Date.now() / 1000,
        wait,
        noticed: (row, before) => tellChange(row, before, begun, print),
      },
      { from: start + rateIntervals * seeing.stepSeconds, testFrom },
    );
    following = watcher.follow(over.signal).catch((error: unknown) => failing.abort(error));
  }

  const observer: Observer = {
    signal: failing.signal,
    serviceAnswers: async (instance) => {
      eyes = await openEyes(options, instance, options.seconds);
    },
    quietBegan: (seconds) => {
      if (eyes !== null) watch(seconds, eyes);
    },
    faultBegan: (label) => void begun.push(label),
  };

  return {
    observer,
    /** Stops looking. Answers what the rest can be read through, null when nothing was begun; throws what went wrong. */
    async stop(): Promise<Seen | null> {
      over.abort();
      await following;
      failing.signal.throwIfAborted();
      return eyes === null || watcher === null ? null : { eyes, watcher };
    },
    async close(): Promise<void> {
      over.abort();
      await following;
      await eyes?.scraper?.end();
    },
  };
}

async function wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal && { signal });
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
  }
}

function targetNamed(name: string): Target {
  return {
    name,
    instanceId: null,
    region: null,
    match: { instance: address },
    addresses: [address],
    tags: {},
    protectedBecause: null,
  };
}

function tellChange(
  row: WatchedRow,
  before: WatchedRow | undefined,
  begun: readonly DrillLabel[],
  print: (line: string) => void,
): void {
  const during = begun.findLast(({ start, end }) => row.time >= start && row.time <= end);
  const when = during === undefined ? "in the calm" : `${row.time - during.start} s into ${during.fault}`;
  if (row.anomalous && before?.anomalous !== true)
    print(`  anomaly, ${when}: score ${row.score.toFixed(1)}, ${row.top.join(", ")}`);
  if (!row.anomalous && before?.anomalous === true) print(`  anomaly over, ${when}`);
  for (const metric of row.beyond)
    if (before?.beyond.includes(metric) !== true) print(`  ${metric} beyond its limit, ${when}`);
}
