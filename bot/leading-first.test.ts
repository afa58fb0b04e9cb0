import { expect, it } from "vitest";
import type { Reason } from "../ml/explain.ts";
import { leadingFirst } from "./leading-first.ts";

const reason = (metric: string, share: number): Reason => ({
  metric,
  share,
  value: 1,
  usual: [0, 1],
  window: { feature: "value", seconds: 15 },
});

const order = (...top: [string, number][]) =>
  leadingFirst(top.map(([metric, share]) => reason(metric, share))).map(({ metric }) => metric);

it("puts a quantity first that two metrics share between them", () => {
  expect(
    order(["response_time_p99_seconds", 0.43], ["memory_usage_percent", 0.3], ["memory_usage_bytes", 0.26]),
  ).toEqual(["memory_usage_percent", "memory_usage_bytes", "response_time_p99_seconds"]);
});

it("keeps different quantities in the order of their shares", () => {
  expect(
    order(
      ["disk_read_bytes_per_second", 0.5],
      ["disk_usage_percent", 0.3],
      ["disk_write_bytes_per_second", 0.2],
    ),
  ).toEqual(["disk_read_bytes_per_second", "disk_usage_percent", "disk_write_bytes_per_second"]);
});
