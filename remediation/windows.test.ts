import { describe, expect, test } from "vitest";
import { hoursSchema, isWithinHours, quietTimeFor, type QuietTime } from "./windows.ts";

const at = (text: string) => Date.parse(text);

describe("hours", () => {
  const night = hoursSchema.parse({ days: ["fri"], from: "22:00", to: "06:00", zone: "Europe/Berlin" });

  test("a night belongs to the day on which it begins, and its end does not belong to it", () => {
    expect(isWithinHours(night, at("2026-11-20T21:00:00Z"))).toBe(true);
    expect(isWithinHours(night, at("2026-11-21T04:59:00Z"))).toBe(true);
    expect(isWithinHours(night, at("2026-11-21T05:00:00Z"))).toBe(false);
    expect(isWithinHours(night, at("2026-11-21T21:30:00Z"))).toBe(false);
    expect(isWithinHours(night, at("2026-11-20T20:59:00Z"))).toBe(false);
  });

  test("follow the clock on the wall when daylight saving begins and ends", () => {
    const office = hoursSchema.parse({ from: "09:00", to: "17:00", zone: "Europe/Berlin" });
    expect(isWithinHours(office, at("2026-10-24T07:00:00Z"))).toBe(true);
    expect(isWithinHours(office, at("2026-10-25T07:30:00Z"))).toBe(false);
    expect(isWithinHours(office, at("2026-10-25T08:00:00Z"))).toBe(true);
  });

  test("that end when they begin last the whole day", () => {
    const sunday = hoursSchema.parse({ days: ["sun"], from: "00:00", to: "00:00", zone: "UTC" });
    expect(isWithinHours(sunday, at("2026-11-22T00:00:00Z"))).toBe(true);
    expect(isWithinHours(sunday, at("2026-11-22T23:59:00Z"))).toBe(true);
    expect(isWithinHours(sunday, at("2026-11-23T00:00:00Z"))).toBe(false);
  });

  test("in an unknown zone are refused", () => {
    const wrong = hoursSchema.safeParse({ from: "09:00", to: "17:00", zone: "Europe/Atlantis" });
    expect(wrong.error?.issues[0]?.message).toContain("IANA");
  });
});

describe("quiet times", () => {
  const freeze: QuietTime = {
    kind: "freeze",
    name: "holidays",
    tags: { service: "shop" },
    from: "2026-12-24T18:00",
    to: "2027-01-02T08:00",
    zone: "America/New_York",
  };

  test("hold between their moments, in their zone, for targets with their tags", () => {
    const shop = { rule: "memory-leak", tags: { service: "shop" } };
    expect(quietTimeFor([freeze], shop, at("2026-12-24T22:59:00Z"))).toBeNull();
    expect(quietTimeFor([freeze], shop, at("2026-12-24T23:00:00Z"))?.name).toBe("holidays");
    expect(quietTimeFor([freeze], shop, at("2027-01-02T13:00:00Z"))).toBeNull();
    const other = { rule: "memory-leak", tags: { service: "app" } };
    expect(quietTimeFor([freeze], other, at("2026-12-25T12:00:00Z"))).toBeNull();
  });

  test("that name rules concern no other rule", () => {
    const named: QuietTime = { ...freeze, tags: {}, rules: ["reboot"] };
    const moment = at("2026-12-25T12:00:00Z");
    expect(quietTimeFor([named], { rule: "reboot", tags: {} }, moment)).not.toBeNull();
    expect(quietTimeFor([named], { rule: "disk-fill", tags: {} }, moment)).toBeNull();
    expect(quietTimeFor([named], { rule: null, tags: {} }, moment)).toBeNull();
  });
});
