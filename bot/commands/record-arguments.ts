import type { RecordTarget } from "./record.ts";
import { UsageError } from "./usage-error.ts";

/** `NAME=INSTANCE_ID`, or `NAME=INSTANCE_ID@ADDRESS` where Prometheus knows several. Throws a UsageError otherwise. */
export function parseRecordTarget(text: string): RecordTarget {
  const [, name, instanceId, address] = /^([^=]+)=(i-[0-9a-f]+)(?:@(.+))?$/.exec(text) ?? [];
  if (name === undefined || instanceId === undefined)
    throw new UsageError(
      `--target "${text.slice(0, 80)}" must be NAME=INSTANCE_ID, for example web-1=i-0abc123`,
    );
  return address === undefined ? { name, instanceId } : { name, instanceId, address };
}

/** Unix seconds from "1795205220" or a date and time with a zone, "2026-11-20T20:07:00Z". Throws a UsageError otherwise. */
export function parseMoment(option: string, text: string): number {
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const seconds = isDate ? Date.parse(text) / 1000 : /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (Number.isFinite(seconds)) return seconds;
  throw new UsageError(
    `${option} "${text.slice(0, 80)}" must be unix seconds or a time with its zone, such as 2026-11-20T20:07:00Z`,
  );
}
