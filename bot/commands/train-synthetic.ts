import { writeFile } from "node:fs/promises";
import { listSubjects, readFrame } from "../../infra/dataset.ts";
import { alignToGrid } from "../../ml/frame.ts";
import { encodeModel } from "../../ml/model-codec.ts";
import { trainModel } from "../../ml/train.ts";
import { duration, plural } from "../format.ts";
import { catalogSmallestChange, SEED } from "./score-subject.ts";
import { UsageError } from "./usage-error.ts";

const defaultAlarmBudget = 0.25;

/**
 * `smartcloudops train --synthetic DIR --out FILE`: a model of generated data, for teaching. It is marked as such, no
 * bot uses it, and no gates judge it. Answers what was written. Throws a UsageError for measured data, which a running
 * bot learns from by itself.
 */
export async function trainSynthetic({ dir, out }: { dir: string; out: string }): Promise<string> {
  const [subject, ...others] = await listSubjects(dir);
  if (subject === undefined || others.length > 0)
    throw new UsageError(
      `${dir} holds ${plural(others.length + 1, "subject")}: name the folder of one of them`,
    );
  const rows = await readFrame(subject.train);
  if (!rows.synthetic)
    throw new UsageError(
      `${subject.train} holds measured data: --synthetic is for what synthesize wrote; a running bot learns from measured data by itself`,
    );
  const model = trainModel(alignToGrid(rows).frame, {
    alarmBudget: defaultAlarmBudget,
    seed: SEED,
    smallestChange: catalogSmallestChange,
    dataset: true,
    synthetic: true,
  });
  await writeFile(out, encodeModel(model));
  return (
    `SYNTHETIC: ${out} learned from ${duration(model.learnedMinutes * 60)} of generated data ` +
    `(${plural(model.metrics.length, "metric")}). It is for teaching: no bot uses it.`
  );
}
