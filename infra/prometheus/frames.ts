import type { Frame } from "../../ml/frame.ts";
import { type Block, type BlockRequest, fetchBlock } from "./block.ts";
import { freshSecondsOf } from "./carried.ts";

type FramesRequest = BlockRequest;

type Frames = {
  /** One frame a target, all with the same rows and the catalog's metrics as columns. */
  frames: Map<string, Frame>;
  warnings: string[];
  /** Something may be missing: show it, and let nothing act on it alone. */
  partial: boolean;
  /** Time of the newest sample of any target (unix seconds), null when there is none. */
  newest: number | null;
  /** Time of the newest sample per target; a target without any is not in it. */
  newestByTarget: Map<string, number>;
  /** Targets without a fresh sample at the end of the window: neither healthy nor anomalous. */
  stale: string[];
};

/**
 * The catalog's metrics of a few targets over a window, as frames (see `fetchBlock` for gaps, warnings and errors). A
 * metric nobody has is a column of NaN.
 */
export async function fetchFrames(request: FramesRequest): Promise<Frames> {
  const block = await fetchBlock(request);
  const { targets } = request;
  const time = Float64Array.from({ length: block.rows }, (_, row) => block.start + row * block.stepSeconds);
  const newestByTarget = new Map<string, number>();
  targets.forEach(({ name }, target) => {
    const newest = block.newest[target] ?? NaN;
    if (!Number.isNaN(newest)) newestByTarget.set(name, newest);
  });
  const freshSeconds = freshSecondsOf(block);
  return {
    frames: new Map(targets.map(({ name }, target) => [name, toFrame(block, target, time)])),
    warnings: block.warnings,
    partial: block.partial,
    newest: newestByTarget.size === 0 ? null : Math.max(...newestByTarget.values()),
    newestByTarget,
    stale: targets
      .map(({ name }) => name)
      .filter((name) => request.end - (newestByTarget.get(name) ?? -Infinity) > freshSeconds),
  };
}

/** Copies, so that a frame given to a thread does not take all others with it. */
function toFrame({ stepSeconds, rows, metrics, values }: Block, target: number, time: Float64Array): Frame {
  const first = target * metrics.length * rows;
  return {
    stepSeconds,
    time: time.slice(),
    metrics,
    columns: metrics.map((_, m) => values.slice(first + m * rows, first + (m + 1) * rows)),
  };
}
