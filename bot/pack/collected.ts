import { toFrame } from "../../infra/database/metrics-history-frame.ts";
import type { MetricsHistory } from "../../infra/database/metrics-history.ts";
import type { PackSources } from "./gather.ts";

/** The collected metrics for pictures: also of a recording, which nothing may be learned from. */
export function collectedFrames(
  history: Pick<MetricsHistory, "pages" | "stepSeconds">,
): PackSources["history"] {
  return {
    stepSeconds: history.stepSeconds,
    read: (target, { start, end, stepSeconds }) =>
      toFrame(history.pages({ target, start: start - stepSeconds, end }), { start, end, stepSeconds }),
  };
}
