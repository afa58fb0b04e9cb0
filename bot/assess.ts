import type { createRowMembers } from "../ml/fit.ts";
import type { Frame } from "../ml/frame.ts";
import type { Model } from "../ml/model.ts";
import { toModelStep } from "../ml/model-step.ts";
import { createScorer } from "../ml/scorer.ts";
import { leadingFirst } from "./leading-first.ts";
import type { Assessed } from "./worker-tasks.ts";

/** Scores every row of a window and explains the last one. `members` is the model's working space, if there is one. */
export function assess(model: Model, window: Frame, members?: ReturnType<typeof createRowMembers>): Assessed {
  const { time, columns } = toModelStep(model, window).frame;
  const scorer = createScorer(model, members);
  const values = new Float64Array(columns.length);
  const rows = Array.from(time, (at, row) => {
    for (let m = 0; m < values.length; m++) values[m] = columns[m]?.[row] ?? Number.NaN;
    return scorer.push(at, values);
  });
  const last = rows.at(-1);
  return {
    time,
    score: Float64Array.from(rows, ({ score }) => score),
    rarityDays: Float64Array.from(rows, ({ rarityDays }) => rarityDays),
    // Only a person ends an incident whose level stays.
    anomalous: Uint8Array.from(rows, ({ anomalous, settled }) => (anomalous || settled ? 1 : 0)),
    agreeing: last?.agreeing ?? 0,
    members: last?.members ?? 0,
    thresholdFactor: last?.thresholdFactor ?? 1,
    vanished: last?.vanished ?? [],
    stepSeconds: model.stepSeconds,
    top: leadingFirst(scorer.explain()),
    nearestCalmAt: scorer.nearestCalm(),
  };
}
