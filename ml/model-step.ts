import { selectMetrics, type Frame } from "./frame.ts";
import { ModelError } from "./model-error.ts";
import type { Model } from "./model.ts";
import { resample } from "./resample.ts";

/** The frame at the model's step and with the model's metrics in its order. */
export function toModelStep(model: Model, frame: Frame): { frame: Frame; completed: Int32Array } {
  if (!model.metrics.some((metric) => frame.metrics.includes(metric)))
    throw new ModelError(
      "unusable_frame",
      `The model knows ${model.metrics.slice(0, 5).join(", ")}${model.metrics.length > 5 ? ", ..." : ""}; ` +
        "none of these is in the data to score. Use the data of the same target, or train on this one.",
    );
  const slots = model.stepSeconds / frame.stepSeconds;
  if (slots < 1 - 1e-9 || Math.abs(slots - Math.round(slots)) > 1e-6)
    throw new ModelError(
      "unusable_frame",
      `The model scores every ${model.stepSeconds} s and cannot use a step of ${frame.stepSeconds} s: ` +
        "give data of the model's step (or a fraction of it), or train on this data.",
    );
  return resample(selectMetrics(frame, model.metrics), model.stepSeconds);
}
