import { DatasetError } from "../../infra/csv.ts";
import { readFrame, type Rows } from "../../infra/dataset.ts";
import { ModelError } from "../../ml/model-error.ts";
import { UsageError } from "./usage-error.ts";

type PartsArguments = {
  train: string;
  test: string;
  /** Made-up data is meant: without it a file that `synthesize` wrote is refused. */
  synthetic?: boolean | undefined;
  /** Told what a person must know about the files, whoever reads the result. */
  tell?: ((text: string) => void) | undefined;
};

/** The two parts of a subject, fit to train on and to score. */
export type Parts = {
  train: Rows;
  test: Rows;
  /** One of them was made up. */
  synthetic: boolean;
};

export const SYNTHETIC_NOTE =
  "SYNTHETIC: these numbers were made up by a generator and say nothing about real servers.";

/** Reads both parts. Throws a UsageError for synthetic ones unless asked for, a DatasetError for unusable ones. */
export async function readParts({ train, test, synthetic, tell }: PartsArguments): Promise<Parts> {
  const remark = tell ?? (() => undefined);
  const parts = { train: await readFrame(train, remark), test: await readFrame(test, remark) };
  refuseSynthetic(train, parts.train, synthetic);
  refuseSynthetic(test, parts.test, synthetic);
  if (parts.train.columns.every((column) => column.every(Number.isNaN)))
    throw new DatasetError(
      `${train}: every cell is empty, so there is nothing to learn. Give rows that hold values.`,
    );
  const isSynthetic = parts.train.synthetic || parts.test.synthetic;
  return { ...parts, synthetic: isSynthetic };
}

/** Runs a command and turns complaints about files, frames and members into UsageErrors. */
export async function asUsage<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DatasetError || error instanceof ModelError)
      throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function refuseSynthetic(file: string, rows: Rows, asked: boolean | undefined): void {
  if (!rows.synthetic || asked === true) return;
  throw new UsageError(
    `${file} is synthetic (its column "synthetic" says so): say --synthetic to use it. ` +
      "What comes out of it is never the accuracy on real servers.",
  );
}
