import { measureDrift } from "../ml/drift.ts";
import { examine } from "../ml/examine.ts";
import { decodeModel, encodeModel } from "../ml/model-codec.ts";
import { ModelError } from "../ml/model-error.ts";
import type { Tasks, TrainingProgress } from "./worker-tasks.ts";

/** Trains a challenger and judges it; too little history is an answer, not an exception. */
export async function examineTask(
  { champion, frame, options, highest }: Tasks["examine"]["input"],
  tell: (progress: TrainingProgress) => void,
): Promise<Tasks["examine"]["output"]> {
  try {
    const { model, report } = examine(frame, {
      train: options,
      highest,
      champion: champion === null ? null : decodeModel(champion),
      progress: (phase, share) => tell({ phase, share }),
    });
    return { ok: true, bytes: encodeModel(model), report };
  } catch (error) {
    if (error instanceof ModelError) return { ok: false, message: error.message };
    throw error;
  }
}

/** Measures the drift of a frame against an encoded model. */
export async function driftTask(input: Tasks["drift"]["input"]): Promise<Tasks["drift"]["output"]> {
  return measureDrift(decodeModel(input.model), input.frame, input.from);
}
