import { z } from "zod";

const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** For schemas: a name of the IANA time zone database, as this runtime knows it. */
const zone = z
  .string()
  .max(60)
  .refine(isZone, "no time zone of the IANA database; write it like Europe/Berlin or UTC");
const dayTime = /^([01]\d|2[0-3]):[0-5]\d$/;
const localTime = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d$/;
const timeOfDay = z.string().regex(dayTime, "a time of day like 09:00, in quotes");
const days = z
  .array(z.enum(weekdays))
  .min(1)
  .describe(
    "on which it begins; absent: every day; an end that is not after the beginning is on the next day",
  );

export const hoursSchema = z.strictObject({ days: days.optional(), from: timeOfDay, to: timeOfDay, zone });

/** Part of every week, in the time of a zone: daylight saving moves it along. */
export type Hours = z.output<typeof hoursSchema>;

const moment = z
  .string()
  .regex(
    new RegExp(`${dayTime.source}|${localTime.source}`),
    "a time of day like 09:00, or a time like 2026-12-24T18:00, in quotes",
  )
  .refine((text) => dayTime.test(text) || isDay(text.slice(0, 10)), "there is no such day");

export const quietTimeSchema = z
  .strictObject({
    name: z.string().min(1).max(80).describe("for cards"),
    days: days.optional(),
    from: moment,
    to: moment,
    zone,
    tags: z.record(z.string(), z.string()).default({}).describe("only targets with these tags; none: all"),
    rules: z.array(z.string()).min(1).optional().describe("only for these rules; absent: for all"),
  })
  .superRefine(({ days: on, from, to }, check) => {
    const wrong = (path: string, message: string) =>
      check.addIssue({ code: "custom", path: [path], message });
    if (dayTime.test(from) !== dayTime.test(to))
      return wrong("to", "written like `from`, with or without a day");
    if (dayTime.test(from)) return;
    if (on !== undefined) wrong("days", "days belong to times of day; these times name their own");
    if (from >= to) wrong("to", "it must end after it begins");
  });

/** A maintenance window or a change freeze: rules propose nothing that changes something, and decide nothing alone. */
export type QuietTime = z.output<typeof quietTimeSchema> & { kind: "maintenance" | "freeze" };

/** Whether a wall time (unix ms) lies in the hours; their beginning belongs to them, their end does not. */
export function isWithinHours(hours: Hours, wallMs: number): boolean {
  const { weekday, time } = localParts(wallMs, hours.zone);
  const today = begins(hours, weekday);
  if (hours.from < hours.to) return today && time >= hours.from && time < hours.to;
  const yesterday = begins(hours, (weekday + 6) % 7);
  return (today && time >= hours.from) || (yesterday && time < hours.to);
}

/** The first quiet time that holds for a rule on a target at a wall time (unix ms), or null. */
export function quietTimeFor(
  quietTimes: readonly QuietTime[],
  about: { rule: string | null; tags: Record<string, string> },
  wallMs: number,
): QuietTime | null {
  const concerns = ({ tags, rules }: QuietTime) =>
    (rules === undefined || (about.rule !== null && rules.includes(about.rule))) && hasTags(about.tags, tags);
  return quietTimes.find((each) => concerns(each) && isNow(each, wallMs)) ?? null;
}

/** "the change freeze holidays (until 2027-01-02T08:00 Europe/Berlin)" */
export function quietTimeText(quiet: QuietTime): string {
  const what = quiet.kind === "freeze" ? "the change freeze" : "the maintenance";
  return `${what} ${quiet.name} (until ${quiet.to} ${quiet.zone})`;
}

/** Whether a target has all these tags, as own properties with exactly these values. */
export function hasTags(tags: Record<string, string>, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(tags, key) && tags[key] === value);
}

function isNow(quiet: QuietTime, wallMs: number): boolean {
  if (dayTime.test(quiet.from)) return isWithinHours(quiet, wallMs);
  // Times of one zone, written alike, are in order as text: no offset has to be known.
  const { date, time } = localParts(wallMs, quiet.zone);
  const now = `${date}T${time}`;
  return now >= quiet.from && now < quiet.to;
}

function begins({ days }: Hours, weekday: number): boolean {
  const name = weekdays[weekday];
  return days === undefined || (name !== undefined && days.includes(name));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Date and time of day in a zone, written so that they sort; Monday is 0. */
function localParts(wallMs: number, timeZone: string): { date: string; time: string; weekday: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const digits = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
    format = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", year: "numeric", ...digits });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
  const date = `${part.year}-${part.month}-${part.day}`;
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return { date, time: `${part.hour}:${part.minute}`, weekday };
}

/** Date.parse takes 31 February for 3 March. */
function isDay(date: string): boolean {
  const parsed = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(date);
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
