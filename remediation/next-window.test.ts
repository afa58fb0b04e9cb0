import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextWindow } from "./next-window.ts";
import type { QuietTime } from "./windows.ts";

const zone = "Europe/Berlin";
const at = (iso: string) => Date.parse(iso);
/** A Saturday. */
const now = at("2026-11-21T20:00:00+01:00");
const asked = (when: string, parts: Partial<Parameters<typeof nextWindow>[1]> = {}) =>
  nextWindow(when, { now, zone, quietTimes: [], tags: {}, ...parts });
const window = (from: string, to: string) => ({ ok: true, window: { from: at(from), to: at(to) } });
const maintenance = (parts: Partial<QuietTime>): QuietTime => ({
  kind: "maintenance",
  name: "weekly",
  from: "03:00",
  to: "05:00",
  zone,
  tags: {},
  ...parts,
});

describe("the next time", () => {
  it.each([
    ["22:00", "2026-11-21T22:00:00+01:00", "2026-11-21T22:30:00+01:00"],
    ["02:00", "2026-11-22T02:00:00+01:00", "2026-11-22T02:30:00+01:00"],
    ["02:00-04:00", "2026-11-22T02:00:00+01:00", "2026-11-22T04:00:00+01:00"],
    ["23:00-01:00", "2026-11-21T23:00:00+01:00", "2026-11-22T01:00:00+01:00"],
    ["19:00-22:00", "2026-11-21T20:00:00+01:00", "2026-11-21T22:00:00+01:00"],
    ["tomorrow 21:00", "2026-11-22T21:00:00+01:00", "2026-11-22T21:30:00+01:00"],
    ["in 10m", "2026-11-21T20:10:00+01:00", "2026-11-21T20:40:00+01:00"],
    ["in 1h30m", "2026-11-21T21:30:00+01:00", "2026-11-21T22:00:00+01:00"],
    ["today 21:00", "2026-11-21T21:00:00+01:00", "2026-11-21T21:30:00+01:00"],
  ])("%s is in the reader's zone", (when, from, to) => {
    expect(asked(when)).toEqual(window(from, to));
  });

  it("is the one under way shortly after midnight", () => {
    const late = at("2026-11-22T01:00:00+01:00");
    expect(asked("22:00-04:00", { now: late })).toEqual(
      window("2026-11-22T01:00:00+01:00", "2026-11-22T04:00:00+01:00"),
    );
  });

  it("is the target's next maintenance window of the rules file", () => {
    const quietTimes = [
      maintenance({ days: ["tue"] }),
      maintenance({ days: ["mon"], tags: { role: "db" } }),
      maintenance({ kind: "freeze" }),
      maintenance({ from: "2026-11-23T01:00", to: "2026-11-23T02:00" }),
    ];
    expect(asked("maintenance", { quietTimes })).toEqual(
      window("2026-11-23T01:00:00+01:00", "2026-11-23T02:00:00+01:00"),
    );
    const [weekly] = quietTimes;
    expect(asked("maintenance", { quietTimes: weekly ? [weekly] : [] })).toEqual(
      window("2026-11-24T03:00:00+01:00", "2026-11-24T05:00:00+01:00"),
    );
  });

  it("moves with daylight saving", () => {
    const spring = at("2027-03-27T20:00:00+01:00");
    expect(asked("04:00", { now: spring })).toEqual(
      window("2027-03-28T04:00:00+02:00", "2027-03-28T04:30:00+02:00"),
    );
    const autumn = at("2026-10-24T20:00:00+02:00");
    expect(asked("04:00", { now: autumn })).toEqual(
      window("2026-10-25T04:00:00+01:00", "2026-10-25T04:30:00+01:00"),
    );
  });

  it.each([
    ["today 19:00", "over"],
    ["25:00", "time"],
    ["at 25:00", "time"],
    ["in 0s", "time"],
    ["in -5m", "time"],
    ["in 500y", "time"],
    ["in 8d", "too_far"],
    ["soon", "time"],
    ["02:00-4", "time"],
    ["maintenance", "no_maintenance"],
  ])("%s is refused (%s)", (when, reason) => {
    expect(asked(when)).toMatchObject({ ok: false, reason });
  });

  it("is refused when it is more than a week away", () => {
    const quietTimes = [maintenance({ from: "2026-12-24T01:00", to: "2026-12-24T02:00" })];
    expect(asked("maintenance", { quietTimes })).toMatchObject({ ok: false, reason: "too_far" });
  });

  it("always lies ahead, within two days, at the time of day that was said", () => {
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    const zones = fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "Asia/Kathmandu",
      "America/Los_Angeles",
      "Pacific/Apia",
    );
    const two = (number: number) => String(number).padStart(2, "0");
    fc.assert(
      fc.property(
        time,
        zones,
        fc.integer({ min: 0, max: 4 * 365 * 86_400 }),
        ([hours, minutes], named, later) => {
          const moment = at("2026-01-01T00:00:00Z") + later * 1_000;
          const said = `${two(hours)}:${two(minutes)}`;
          const found = nextWindow(said, { now: moment, zone: named, quietTimes: [], tags: {} });
          if (!found.ok) return false;
          const { from, to } = found.window;
          const shown = new Intl.DateTimeFormat("en-GB", {
            timeZone: named,
            hour: "2-digit",
            minute: "2-digit",
          });
          const skipped = ["02", "03"].includes(two(hours));
          const onTime = from === moment || shown.format(from) === said || skipped;
          return from >= moment && to > from && to - moment <= 49 * 3_600_000 && onTime;
        },
      ),
      { numRuns: 500 },
    );
  });
});
