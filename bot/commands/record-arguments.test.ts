import { expect, test } from "vitest";
import { parseMoment, parseRecordTarget } from "./record-arguments.ts";

test("a target is a name, an instance and perhaps an address", () => {
  expect(parseRecordTarget("web-1=i-0abc")).toEqual({ name: "web-1", instanceId: "i-0abc" });
  expect(parseRecordTarget("web-1=i-0abc@10.0.1.5")).toMatchObject({ address: "10.0.1.5" });
  for (const text of ["web-1", "web-1=", "=i-0abc", "web-1=vm-7", "web-1=i-0abc@"])
    expect(() => parseRecordTarget(text)).toThrow("NAME=INSTANCE_ID");
});

test("a moment is unix seconds or a time with its zone", () => {
  expect(parseMoment("--from", "1795205220")).toBe(1_795_205_220);
  expect(parseMoment("--from", "2026-11-20T20:07:00Z")).toBe(1_795_205_220);
  expect(parseMoment("--from", "2026-11-20T21:07:00+01:00")).toBe(1_795_205_220);
  for (const text of ["", "yesterday", "2026-11-20", "2026-11-20T20:07:00", "-5", "2026-13-01T00:00:00Z"])
    expect(() => parseMoment("--from", text)).toThrow("--from");
});
