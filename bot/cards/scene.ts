import type { Catalog } from "../../infra/prometheus/catalog.ts";
import { clockTime, duration, moment } from "../format.ts";

/** What every card needs to speak of times, units and what is not real. */
export type Scene = {
  nowMs: number;
  /** Metric time, unix seconds. */
  metricNow: number;
  timeZone: string;
  /** Metrics are a recording that is being replayed. */
  replay: boolean;
  dryRun: boolean;
  catalog: Catalog;
};

/** "since 03:02 UTC (12 min)"; in a recording only "for 12 min". */
export function metricSince(scene: Scene, metricAt: number): string {
  const lasted = duration(Math.max(0, scene.metricNow - metricAt));
  return scene.replay
    ? `for ${lasted}`
    : `since ${clockTime(metricAt * 1_000, scene.nowMs, scene.timeZone)} (${lasted})`;
}

/** "12 min ago (03:14 UTC)" of a wall time. */
export function wallMoment(scene: Scene, atMs: number): string {
  return moment(atMs, scene.nowMs, scene.timeZone);
}

/** "03:14 UTC" of a wall time. */
export function wallClock(scene: Scene, atMs: number): string {
  return clockTime(atMs, scene.nowMs, scene.timeZone);
}

/** The last line of every card that rests on a part that is not real; "" when everything is. */
function notReal(scene: Scene): string {
  if (scene.replay && scene.dryRun) {
    return "Recorded metrics, dry-run cloud: nothing outside this machine was touched.";
  }
  return scene.dryRun ? "Dry-run cloud: nothing is really run." : "";
}

/** Ids and remarks, then what is not real. */
export function footer(scene: Scene, ...parts: (string | null)[]): string {
  return [...parts, notReal(scene)].filter((part) => part !== null && part !== "").join(" · ");
}

/** What people call a metric, with its unit for numbers. Unknown names speak for themselves. */
export function metricTitle(scene: Scene, name: string): string {
  return scene.catalog.find(name)?.title ?? name;
}

/** The catalog's unit of a metric, for `quantity`; unknown names are counts. */
export function metricUnit(scene: Scene, name: string): string {
  return scene.catalog.find(name)?.unit ?? "count";
}
