import { badData } from "./refusal.ts";

/** As in Prometheus. */
const mostPoints = 11_000;

/** Unix seconds from "1795206870.5" or RFC 3339. Throws a Refusal for anything else. */
export function readTime(name: string, text: string): number {
  const value = /^[-+\d.eE]+$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isFinite(value)) return value;
  throw badData(`invalid parameter "${name}": cannot parse to a valid timestamp`);
}

const unitSeconds = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

/** Seconds from "15", "0.5" or a Prometheus duration such as "1m30s". Throws a Refusal for anything else. */
function readStep(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)];
  const isDuration = parts.length > 0 && parts.map(([part]) => part).join("") === text;
  const inSeconds = (unit = "s") => unitSeconds[unit as keyof typeof unitSeconds];
  const value = isDuration
    ? parts.reduce((sum, [, count, unit]) => sum + Number(count) * inSeconds(unit), 0)
    : Number(text === "" ? NaN : text);
  if (!Number.isFinite(value)) throw badData(`invalid parameter "step": cannot parse to a valid duration`);
  if (value > 0) return value;
  throw badData("zero or negative query resolution step widths are not accepted. Try a positive integer");
}

/** The times of a range query. Throws a Refusal when there are none or too many. */
export function readTimes(form: URLSearchParams): number[] {
  const start = readTime("start", form.get("start") ?? "");
  const end = readTime("end", form.get("end") ?? "");
  const step = readStep(form.get("step") ?? "");
  if (end < start) throw badData(`invalid parameter "end": end timestamp must not be before start time`);
  const count = Math.floor((end - start) / step + 1e-9) + 1;
  if (count > mostPoints)
    throw badData(
      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
    );
  return Array.from({ length: count }, (_, i) => Math.round((start + i * step) * 1000) / 1000);
}
