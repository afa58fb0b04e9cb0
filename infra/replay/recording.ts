import { join } from "node:path";
import { type Capture, type CaptureTarget, readCapture } from "../capture.ts";
import { type Columns, readColumns } from "../capture-columns.ts";
import { ConfigError } from "../errors.ts";

/** A capture in memory: row i of every target is at `time[i]`. */
export type Recording = {
  capture: Capture;
  time: Float64Array;
  targets: { target: CaptureTarget; columns: Map<string, Float64Array> }[];
};

/** Reads a capture's folder. Throws a ConfigError when a file is missing or does not fit the others. */
export async function readRecording(directory: string): Promise<Recording> {
  const capture = await readCapture(directory);
  const targets = await Promise.all(
    capture.targets.map(async (target) => {
      const folder = join(directory, target.name);
      const train = await readColumns(join(folder, "train.csv.gz"));
      return { target, ...joinParts(train, await readColumns(join(folder, "test.csv.gz")), folder) };
    }),
  );
  const time = targets[0]?.time ?? new Float64Array();
  for (const { target, time: own, columns } of targets) {
    if (own.length !== time.length || own.some((at, i) => at !== time[i]))
      throw new ConfigError([`${directory}: ${target.name} has other sample times than the first target`]);
    for (const metric of [...Object.keys(capture.expressions), ...Object.values(capture.same_as)])
      if (!columns.has(metric))
        throw new ConfigError([`${directory}/${target.name}: no column ${metric}, which capture.json names`]);
  }
  return { capture, time, targets };
}

function joinParts(train: Columns, test: Columns, folder: string): Columns {
  if ([...train.columns.keys()].join() !== [...test.columns.keys()].join())
    throw new ConfigError([`${folder}: train.csv.gz and test.csv.gz have different columns`]);
  if (!((test.time[0] ?? Infinity) > (train.time.at(-1) ?? -Infinity)))
    throw new ConfigError([`${folder}: test.csv.gz must begin after train.csv.gz ends`]);
  const columns = [...train.columns].map(
    ([metric, column]) => [metric, concat(column, test.columns.get(metric))] as const,
  );
  return { time: concat(train.time, test.time), columns: new Map(columns) };
}

function concat(left: Float64Array, right: Float64Array = new Float64Array()): Float64Array {
  return Float64Array.from([...left, ...right]);
}
