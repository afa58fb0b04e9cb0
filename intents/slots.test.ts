import { describe, expect, test } from "vitest";
import { durationIn, isDuration, resemblesDuration, writeDurations } from "./durations.ts";
import { idFrom, idsIn, writeIds } from "./ids.ts";
import { metricIn, metricNamed } from "./metric-words.ts";
import { correctSpelling, slips } from "./spelling.ts";
import { mayNameTarget, targetIn, targetsListed } from "./target-words.ts";

describe("lengths of time", () => {
  test.each([
    ["for an hour", "1h"],
    ["past 30 minutes", "30m"],
    ["half an hour", "30m"],
    ["an hour and a half", "90m"],
    ["1.5 hours", "90m"],
    ["2 hours and 15 minutes", "2h15m"],
    ["the next two hours", "2h"],
    ["a couple of days", "2d"],
    ["last hour", "1h"],
    ["past week", "1w"],
    ["a month", "30d"],
    ["45min", "45m"],
    ["14d", "14d"],
    ["overnight", "12h"],
    ["until tomorrow", "1d"],
  ])("%s", (text, duration) => {
    expect(durationIn(writeDurations(text))).toBe(duration);
  });

  test.each(["web-1 h", "plan-9 m", "10.0.0.5 s", "p95", "at 2 am", "24/7"])("`%s` holds none", (text) => {
    expect(durationIn(writeDurations(text))).toBeUndefined();
  });

  test("zero and an empty word are none", () => {
    expect(isDuration("0s")).toBe(false);
    expect(isDuration("")).toBe(false);
    expect(isDuration("1h30m")).toBe(true);
  });

  test.each(["0s", "-5m", "1h1h", "500y", "1.55h", "99999999999s"])("`%s` was meant as one", (word) => {
    expect(resemblesDuration(word)).toBe(true);
    expect(mayNameTarget(word)).toBe(false);
  });

  test.each(["web-1", "5xx", "10.0.0.5", "p95", "t3.large", "15", "banana"])("`%s` was not", (word) => {
    expect(resemblesDuration(word)).toBe(false);
  });
});

describe("ids", () => {
  test.each([
    ["incident 8", "inc-8"],
    ["inc8", "inc-8"],
    ["incident #008", "inc-8"],
    ["plan 17", "plan-17"],
    ["plan #17", "plan-17"],
  ])("%s", (text, id) => {
    expect(writeIds(text)).toBe(id);
  });

  test("a bare number is of the kind that is wanted", () => {
    expect(idFrom("#8", "inc")).toBe("inc-8");
    expect(idFrom("#8", "plan")).toBe("plan-8");
    expect(idFrom("8", "plan")).toBeUndefined();
    expect(idsIn("plan-2 and plan-2 and plan-3", "plan")).toEqual(["plan-2", "plan-3"]);
  });

  test.each(["plan-9x", "airplan-3", "plan-1.5"])("`%s` is none", (text) => {
    expect(idFrom(text, "plan")).toBeUndefined();
  });
});

describe("metrics", () => {
  test.each([
    ["cpu", "cpu_usage_percent"],
    ["free disk space", "disk_usage_percent"],
    ["p99 latency", "response_time_p99_seconds"],
    ["load", "load1"],
    ["error_rate", "error_rate"],
    ["memory_usage_mb", "memory_usage_mb"],
    ["network out", "network_transmit_bytes_per_second"],
  ])("%s", (text, metric) => {
    expect(metricIn(text)).toBe(metric);
  });

  test("a load balancer is no load, and a prototype's name no metric", () => {
    expect(metricIn("load balancer")).toBeUndefined();
    expect(metricNamed("constructor")).toBeUndefined();
  });
});

describe("targets", () => {
  test.each([
    ["anything weird on web-2 today", "web-2"],
    ["is payments healthy", "payments"],
    ["cpu of the checkout service", "checkout"],
    ["how is 10.0.1.5:9100 doing", "10.0.1.5:9100"],
    ["status of i-0abc12345", "i-0abc12345"],
  ])("%s", (words, target) => {
    expect(targetIn(words)).toBe(target);
  });

  test.each([
    "p95 over 3h",
    "anything weird in the last 1h",
    "resize to t3.large",
    "is it up",
    "restart at 3am",
    "sev1 on fire",
  ])("`%s` names none", (words) => {
    expect(targetIn(words)).toBeUndefined();
  });
});

describe("lists of targets", () => {
  test.each([
    ["status of web-1 and the web-2", ["web-1", "web-2"]],
    ["web-1 web-2 web-1", ["web-1", "web-2"]],
    ["web-1 is slower than web-2", ["web-1"]],
    ["how are things", []],
  ])("%s", (words, targets) => {
    expect(targetsListed(words)).toEqual(targets);
  });
});

describe("spelling", () => {
  const vocabulary = new Set(["restart", "status", "start", "anomalies"]);
  const correct = (words: string) => correctSpelling(words, vocabulary, () => false);

  test("one slip is corrected, names are left alone", () => {
    expect(correct("restrat stauts anomolies web-1")).toBe("restart status anomalies web-1");
    expect(correct("elephant")).toBe("elephant");
  });

  test("a swap of neighbours is one slip", () => {
    expect(slips("restrat", "restart")).toBe(1);
    expect(slips("abc", "abc")).toBe(0);
    expect(slips("", "abc")).toBe(3);
  });
});
