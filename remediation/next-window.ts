import { refuse, type Refusal } from "./context.ts";
import { parseDuration } from "./duration.ts";
import { hasTags, type QuietTime } from "./windows.ts";

/** A stretch of wall time in unix ms in which a plan may begin. */
export type Window = { from: number; to: number };

type Asking = {
  /** Wall ms. */
  now: number;
  /** IANA name; what times of day are read in. */
  zone: string;
  /** Where "the next maintenance window" is looked up, for a target with these tags. */
  quietTimes: readonly QuietTime[];
  tags: Record<string, string>;
};

/** How long after the time that was said a plan may still begin. */
const punctualMs = 30 * 60_000;
/** Who approves now decides about a world that is known: not about next month's. */
const longestMs = 12 * 3_600_000;
const furthestMs = 7 * 86_400_000;
const dayMs = 86_400_000;

const said = /^(?:(today|tomorrow) )?(\d{2}:\d{2})(?:-(\d{2}:\d{2}))?$/;

/**
 * The next stretch that a time means: "02:00" (and half an hour after it), "02:00-04:00", "tomorrow 02:00", "in 10m" or
 * "maintenance", the target's next maintenance window of the rules file. A stretch under way begins now.
 */
export function nextWindow(when: string, asking: Asking): { ok: true; window: Window } | Refusal {
  const found = windowOf(when, asking);
  if ("ok" in found) return found;
  if (found.to <= found.from)
    return refuse(
      "no_such_time",
      "The clocks change then, and that stretch does not exist on that day; say another.",
    );
  if (when !== "maintenance" && found.to - found.from > longestMs)
    return refuse(
      "too_long",
      "That is more than twelve hours long; say a shorter stretch, such as 22:00-04:00.",
    );
  if (found.from - asking.now > furthestMs)
    return refuse("too_far", "That is more than a week away; propose it again nearer to it.");
  return { ok: true, window: { from: Math.max(found.from, asking.now), to: found.to } };
}

function windowOf(when: string, asking: Asking): Window | Refusal {
  if (when === "maintenance") return maintenance(asking);
  return when.startsWith("in ") ? afterDelay(when, asking) : timeOfDay(when, asking);
}

/** "in 10m": from then on for half an hour, so that an approval that comes a little late still counts. */
function afterDelay(when: string, { now }: Asking): Window | Refusal {
  const wait = parseDuration(when.slice("in ".length));
  if (wait === null || wait < 1_000) return notUnderstood(when);
  return { from: now + wait, to: now + wait + punctualMs };
}

function notUnderstood(when: string): Refusal {
  const examples = "write at 02:00, between 02:00 and 04:00, or in 10m";
  return refuse("time", `I do not understand the time "${when.slice(0, 40)}": ${examples}.`);
}

function timeOfDay(when: string, { now, zone }: Asking): Window | Refusal {
  const [, day, from, to] = said.exec(when) ?? [];
  if (from === undefined || !isTime(from) || (to !== undefined && !isTime(to))) return notUnderstood(when);
  const today = dateIn(zone, now);
  const offsets = day === "tomorrow" ? [1] : day === "today" ? [0] : [-1, 0, 1, 2];
  for (const offset of offsets) {
    const window = stretch(addDays(today, offset), from, to, zone);
    // Yesterday's stretch counts only while it lasts: "22:00-04:00", said at two.
    if (window.to > now && (offset >= 0 || to !== undefined)) return window;
  }
  return refuse("over", `${when.replace("today ", "")} is over today; say tomorrow, or another time.`);
}

/** `to` not after `from` is on the next day; absent: half an hour later. */
function stretch(date: string, from: string, to: string | undefined, zone: string): Window {
  const start = wallOf(date, from, zone);
  if (to === undefined) return { from: start, to: start + punctualMs };
  return { from: start, to: wallOf(to > from ? date : addDays(date, 1), to, zone) };
}

function maintenance({ now, quietTimes, tags }: Asking): Window | Refusal {
  const windows = quietTimes
    .filter((quiet) => quiet.kind === "maintenance" && hasTags(tags, quiet.tags))
    .flatMap((quiet) => occurrences(quiet, now))
    .filter(({ to }) => to > now)
    .sort((one, other) => one.from - other.from);
  const [next] = windows;
  if (next !== undefined) return next;
  return refuse(
    "no_maintenance",
    "The rules file names no maintenance window ahead for this target; say a time.",
  );
}

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** When a quiet time begins and ends, from yesterday's to next week's. */
function occurrences(quiet: QuietTime, now: number): Window[] {
  const { from, to, zone, days } = quiet;
  if (from.includes("T"))
    return [
      {
        from: wallOf(from.slice(0, 10), from.slice(11), zone),
        to: wallOf(to.slice(0, 10), to.slice(11), zone),
      },
    ];
  const today = dateIn(zone, now);
  return [-1, 0, 1, 2, 3, 4, 5, 6, 7].flatMap((offset) => {
    const date = addDays(today, offset);
    const weekday = weekdays[new Date(`${date}T00:00:00Z`).getUTCDay()];
    if (days !== undefined && (weekday === undefined || !days.includes(weekday))) return [];
    return [stretch(date, from, to, zone)];
  });
}

/** The unix ms at which clocks of a zone show a time; where daylight saving skips it, the moment it would have been. */
function wallOf(date: string, time: string, zone: string): number {
  const utc = Date.parse(`${date}T${time}:00Z`);
  const first = utc - offsetOf(zone, utc);
  return utc - offsetOf(zone, first);
}

/** By how many ms clocks of a zone are ahead of UTC at a moment. */
function offsetOf(zone: string, at: number): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const shown = `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}Z`;
  return Date.parse(shown) - Math.floor(at / 1_000) * 1_000;
}

function dateIn(zone: string, at: number): string {
  return new Date(at + offsetOf(zone, at)).toISOString().slice(0, 10);
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const two = "2-digit" as const;
    const parts = { month: two, day: two, hour: two, minute: two, second: two };
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      ...parts,
    });
    formats.set(zone, format);
  }
  return format;
}

function isTime(text: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text);
}
