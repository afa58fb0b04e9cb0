import type { Stretch } from "../../ml/event-measures.ts";
import { evaluateSubject, summarise, type Summary } from "../../ml/evaluate.ts";
import type { Watched, WatchedRow } from "./watcher.ts";

type FaultFinding = {
  fault: string;
  start: number;
  end: number;
  /** Seconds from the fault's start to the first sample at which the detector had an alarm; null: missed. */
  detectorSeconds: number | null;
  /** The same on the wall clock: scraping and looking take their time too. */
  noticedSeconds: number | null;
  /**
   * The first hard limit that was passed for a minute since the fault began, of a metric that the fault moves, and after
   * how many seconds; null: none.
   */
  limit: { metric: string; seconds: number } | null;
  /** The three metrics behind the score where it was highest. */
  top: readonly string[];
};

export type Report = {
  faults: FaultFinding[];
  /** Of the detector alone, as `evaluate` has them; null when the quiet part could not be learned. */
  detector: Summary | null;
  /** Faults found by the detector or a hard limit. */
  found: number;
  whyNot: string | null;
};

/** A fault that was caused, and the metrics that it moves. */
export type CausedFault = Stretch & { fault: string; metrics: readonly string[] };

/** Compares what was seen with what was done. Event measures are those of `evaluate`: nothing is adjusted to a label. */
export function makeReport(watched: Watched, caused: readonly CausedFault[], stepSeconds: number): Report {
  const { rows, model, whyNot } = watched;
  const faults = caused.map((fault) => findingOf(fault, rows));
  const detector =
    model === null || rows.length === 0
      ? null
      : summarise([
          evaluateSubject({
            name: "drill",
            stepSeconds,
            time: Float64Array.from(rows, ({ time }) => time),
            score: Float64Array.from(rows, ({ score }) => score),
            anomalous: Uint8Array.from(rows, ({ anomalous }) => (anomalous ? 1 : 0)),
            labels: caused,
            causes: caused,
            explain: (row) => rows[row]?.top ?? [],
          }),
        ]);
  const found = faults.filter(({ detectorSeconds, limit }) => detectorSeconds !== null || limit !== null);
  return { faults, detector, found: found.length, whyNot };
}

function findingOf({ fault, start, end, metrics }: CausedFault, rows: readonly WatchedRow[]): FaultFinding {
  const inside = rows.filter(({ time }) => time >= start && time <= end);
  const first = inside.find(({ anomalous }) => anomalous);
  // On a busy machine a limit may have been passed already: that is no finding.
  const before = rows.findLast(({ time }) => time < start)?.beyond ?? [];
  const passed = ({ beyond }: WatchedRow) =>
    beyond.find((metric) => metrics.includes(metric) && !before.includes(metric));
  const beyond = inside.find((row) => passed(row) !== undefined);
  const metric = beyond === undefined ? undefined : passed(beyond);
  const highest = inside.reduce<WatchedRow | undefined>(
    (best, row) => (row.score > (best?.score ?? -Infinity) ? row : best),
    undefined,
  );
  return {
    fault,
    start,
    end,
    detectorSeconds: first === undefined ? null : first.time - start,
    noticedSeconds: first === undefined ? null : Math.round(10 * (first.knownAt - start)) / 10,
    limit: beyond === undefined || metric === undefined ? null : { metric, seconds: beyond.time - start },
    top: highest?.top ?? [],
  };
}

const columns = ["fault", "lasted", "detector", "noticed", "hard limit", "what moved most"];

/** The table that `drill --evaluate` prints. */
export function renderReport(report: Report): string {
  const rows = report.faults.map((one) => [
    one.fault,
    `${one.end - one.start} s`,
    one.detectorSeconds === null ? (report.detector === null ? "-" : "missed") : `+${one.detectorSeconds} s`,
    one.noticedSeconds === null ? "-" : `+${one.noticedSeconds.toFixed(0)} s`,
    one.limit === null ? "-" : `${one.limit.metric} +${one.limit.seconds} s`,
    one.top.join(", ") || "-",
  ]);
  const table = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, "", ...summaryLines(report)].join("\n");
}

function summaryLines({ faults, detector, found, whyNot }: Report): string[] {
  const total = `${found} of ${faults.length} faults found by the detector or a hard limit.`;
  if (detector === null)
    return [total, `No detector: ${whyNot ?? "nothing was watched after the quiet part"}`];
  const { events, detected, alarms, falseAlarms, precision, recall, f1, medianDelaySeconds } = detector;
  return [
    total,
    `Detector: ${detected} of ${events} events, ${alarms} alarms, ${falseAlarms} of them false: ` +
      `precision ${ratio(precision)}, recall ${ratio(recall)}, F1 ${ratio(f1)}, ` +
      `median delay ${Number.isNaN(medianDelaySeconds) ? "-" : `${medianDelaySeconds} s`}, ` +
      `alarmed in ${(100 * detector.calmShareAlarmed).toFixed(1)} % of the calm.`,
    `Explanation: a metric that the fault moves is among the top three for ${ratio(detector.topThree)} of the faults.`,
    "Delays run from the fault's start to the sample that showed it (detector) and to the moment it was known here (noticed); no point adjustment.",
  ];
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "-";
}
