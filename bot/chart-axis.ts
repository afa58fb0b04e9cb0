import type { ChartSpec } from "./chart-spec.ts";

export type Tick = { at: number; label: string };

/** Round values inside `low`..`high`, at most `most` of them, with labels that share one unit: "0", "250 MB", "500 MB". */
export function valueTicks(low: number, high: number, unit: string, most: number): Tick[] {
  if (unit === "up")
    return [
      { at: 0, label: "down" },
      { at: 1, label: "up" },
    ];
  const scale = scaleFor(unit, Math.max(Math.abs(low), Math.abs(high)));
  const step = niceStep((high - low) / scale.divisor / most);
  const decimals = [0, 1, 2, 3, 4, 5].find((places) => isWhole(step * 10 ** places)) ?? 6;
  const ticks: Tick[] = [];
  for (let index = Math.ceil(low / scale.divisor / step - 1e-9); ; index += 1) {
    const value = index * step;
    if (value * scale.divisor > high + 1e-9 * Math.abs(high)) return ticks;
    const number = Math.abs(value).toLocaleString("en-GB", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    const label = index === 0 ? "0" : `${value < 0 ? "−" : ""}${number}${scale.suffix}`;
    ticks.push({ at: value * scale.divisor, label });
  }
}

/**
 * The values a picture shows: zero is included unless all values are far from it, for then it would flatten them;
 * and noise of a few percent is not blown up to look like an event.
 */
export function valueRange(values: readonly number[], unit: string): { low: number; high: number } {
  if (unit === "up") return { low: 0, high: 1.15 };
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { low: 0, high: 1 };
  let low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  let high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  const least = Math.max(leastSpread(unit), 0.1 * Math.max(Math.abs(low), Math.abs(high)));
  const mayBeNegative = low < 0;
  const missing = Math.max(0, least - (high - low));
  low -= missing / 2;
  high += missing / 2;
  if (!mayBeNegative && low < 0.6 * high) low = 0;
  const margin = 0.07 * (high - low);
  const top = unit === "percent" && high <= 100 ? Math.min(high + margin, 103) : high + margin;
  return { low: low === 0 ? 0 : low - margin, high: top };
}

/** Below this a difference means nothing to a person, and all zeros still need some height. */
function leastSpread(unit: string): number {
  switch (unit) {
    case "percent":
      return 1;
    case "fraction":
    case "ratio":
      return 0.01;
    case "bytes":
    case "bytes_per_second":
    case "bytes/second":
      return 1_000;
    case "seconds":
      return 1e-3;
    default:
      return 1;
  }
}

/** Round moments between `start` and `end` (unix seconds), at most `most`. */
export function timeTicks(start: number, end: number, axis: ChartSpec["axis"], most: number): Tick[] {
  const steps = [1, 2, 5, 10, 15, 30].flatMap((n) => [n, n * 60]);
  const hours = [1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2160, 8760].map((n) => n * 3600);
  const all = [...steps, ...hours].sort((a, b) => a - b);
  const step = all.find((candidate) => (end - start) / candidate <= most) ?? 8760 * 3600;
  return axis.kind === "relative"
    ? relativeTicks(start, end, axis.newest, step)
    : clockTicks(start, end, axis.timeZone, step);
}

function relativeTicks(start: number, end: number, newest: number, step: number): Tick[] {
  const [size, name] =
    step < 60 ? [1, "s"] : step < 3600 ? [60, "min"] : step < 86_400 ? [3600, "h"] : [86_400, "d"];
  const ticks: Tick[] = [];
  for (let index = Math.ceil((start - newest) / step - 1e-9); newest + index * step <= end; index += 1) {
    const amount = (index * step) / size;
    const label = amount === 0 ? "now" : `${amount < 0 ? "−" : "+"}${Math.abs(amount)} ${name}`;
    ticks.push({ at: newest + index * step, label });
  }
  return ticks;
}

function clockTicks(start: number, end: number, timeZone: string, step: number): Tick[] {
  const offset = zoneOffsetSeconds(start, timeZone);
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    ...(step >= 86_400
      ? { day: "numeric", month: "short" }
      : { hour: "2-digit", minute: "2-digit", ...(step < 60 ? { second: "2-digit" } : {}) }),
  });
  const ticks: Tick[] = [];
  for (let local = Math.ceil((start + offset) / step) * step; local - offset <= end; local += step) {
    ticks.push({ at: local - offset, label: format.format((local - offset) * 1000) });
  }
  return ticks;
}

/** Seconds the zone is ahead of UTC at a moment. */
function zoneOffsetSeconds(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at * 1000);
  const part = (type: string) => Number(parts.find((candidate) => candidate.type === type)?.value);
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return Math.round(local / 1000 - Math.floor(at));
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, value);
}

/** What to divide by and to write behind a number, so that people read "9.8 GB" and "60 ms". */
function scaleFor(unit: string, largest: number): { divisor: number; suffix: string } {
  switch (unit) {
    case "percent":
      return { divisor: 1, suffix: " %" };
    case "fraction":
    case "ratio":
      return { divisor: 0.01, suffix: " %" };
    case "seconds":
      if (largest < 1) return { divisor: 1e-3, suffix: " ms" };
      return largest < 300 ? { divisor: 1, suffix: " s" } : { divisor: 60, suffix: " min" };
    case "bytes":
      return byteScale(largest, "");
    case "bytes_per_second":
    case "bytes/second":
      return byteScale(largest, "/s");
    case "per_second":
    case "requests/second":
      return { divisor: 1, suffix: "/s" };
    default:
      return { divisor: 1, suffix: "" };
  }
}

function byteScale(largest: number, per: string): { divisor: number; suffix: string } {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const index = Math.min(Math.max(0, Math.floor(Math.log10(Math.max(largest, 1)) / 3)), units.length - 1);
  return { divisor: 1000 ** index, suffix: ` ${units[index]}${per}` };
}
