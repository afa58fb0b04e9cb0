import type { ChartSpec } from "./chart-spec.ts";

export type Tick = { at: number; label: string };

/** Round values inside `low`..`high`, at most `most` of them, with labels that share one unit: "0", "250 MB", "500 MB". */
export function valueTicks(low: number, high: number, unit: string, most: number): Tick[] {
  const scale = scaleFor(unit, Math.max(Math.abs(low), Math.abs(high)));
  const step = niceStep((high - low) / scale.divisor / most);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
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

/** The values a picture shows: zero is included unless all values are far from it, for then it would flatten them. */
export function valueRange(values: readonly number[], unit: string): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  const mayBeNegative = low < 0;
  const smallest = unit === "percent" ? 1 : unit === "fraction" || unit === "ratio" ? 0.01 : 0;
  const spread = Math.max(high - low, smallest, Math.abs(high) * 1e-3);
  if (!mayBeNegative && low < 0.6 * high + smallest) low = 0;
  else low -= 0.08 * spread;
  high += 0.06 * Math.max(high - low, spread);
  if (!mayBeNegative) low = Math.max(0, low);
  return { low, high: high > low ? high : low + 1 };
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
  // 2.5 needs a decimal more than its power says; 25, 250 do not.
  return factor === 2.5 && power <= 1 ? 5 * power : factor * power;
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
