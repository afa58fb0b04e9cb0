import { describe, expect, test } from "vitest";
import { readWebhook } from "./alertmanager-webhook.ts";

/** As Alertmanager 0.25 sends it. */
const message = {
  version: "4",
  groupKey: '{}:{alertname="InstanceDown"}',
  truncatedAlerts: 0,
  status: "firing",
  receiver: "bot",
  groupLabels: { alertname: "InstanceDown" },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: "http://am:9093",
  alerts: [
    {
      status: "firing",
      labels: { alertname: "InstanceDown", instance: "10.0.0.5:9100", severity: "page" },
      annotations: { summary: "down" },
      startsAt: "2026-11-21T03:00:00.5Z",
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "http://prometheus/graph",
      fingerprint: "c0ffee",
    },
  ],
};

const reasonOf = (body: unknown) => {
  const read = readWebhook(body);
  return read.ok ? "" : read.reason;
};

test("what is needed is read, and fields that are not known are left alone", () => {
  const read = readWebhook({ ...message, notification_reason: "new" });
  expect(read).toEqual({
    ok: true,
    message: {
      receiver: "bot",
      groupKey: message.groupKey,
      truncatedAlerts: 0,
      alerts: [
        {
          status: "firing",
          labels: message.alerts[0]?.labels,
          annotations: { summary: "down" },
          startsAt: Date.parse("2026-11-21T03:00:00.5Z") / 1000,
          endsAt: null,
          fingerprint: "c0ffee",
        },
      ],
    },
  });
});

test("when an alert ended is read of one that is resolved, and is not needed", () => {
  const [alert] = message.alerts;
  const endOf = (parts: object) => {
    const read = readWebhook({ ...message, alerts: [{ ...alert, ...parts }] });
    return read.ok ? read.message.alerts[0]?.endsAt : read.reason;
  };
  const endsAt = "2026-11-21T03:05:00Z";
  expect(endOf({ status: "resolved", endsAt })).toBe(Date.parse(endsAt) / 1000);
  expect(endOf({ status: "firing", endsAt })).toBeNull();
  for (const strange of ["", "soon", "0001-01-01T00:00:00Z", undefined])
    expect(endOf({ status: "resolved", endsAt: strange })).toBeNull();
});

test("an alert without a fingerprint is known by its labels, in whatever order they come", () => {
  const [alert] = message.alerts;
  const nameless = (labels: object) => {
    const read = readWebhook({ ...message, alerts: [{ ...alert, fingerprint: undefined, labels }] });
    return read.ok ? read.message.alerts[0]?.fingerprint : read.reason;
  };
  expect(nameless({ a: "1", b: "2" })).toMatch(/^[0-9a-f]{16}$/);
  expect(nameless({ b: "2", a: "1" })).toBe(nameless({ a: "1", b: "2" }));
  expect(nameless({ a: "1", b: "3" })).not.toBe(nameless({ a: "1", b: "2" }));
});

test("a fingerprint that is no plain name counts as none", () => {
  const [alert] = message.alerts;
  for (const fingerprint of ["", "a\u0000b", "x".repeat(201), "a b"]) {
    const read = readWebhook({ ...message, alerts: [{ ...alert, fingerprint }] });
    expect(read.ok && read.message.alerts[0]?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  }
});

test("every label is kept under its own name, and a text that is too long is cut instead of losing the message", () => {
  const body = JSON.stringify({
    ...message,
    alerts: [
      { ...message.alerts[0], labels: { PROTO: "1", constructor: "2" } },
      { ...message.alerts[0], annotations: { summary: "x".repeat(20_000) } },
    ],
  }).replace("PROTO", "__proto__");
  const read = readWebhook(JSON.parse(body));
  const [odd, long] = read.ok ? read.message.alerts : [];
  expect(Object.entries(odd?.labels ?? {})).toEqual([
    ["__proto__", "1"],
    ["constructor", "2"],
  ]);
  expect(Object.getPrototypeOf(odd?.labels)).toBe(Object.prototype);
  expect(long?.annotations.summary).toHaveLength(10_000);
});

describe("what is refused, and why", () => {
  const [alert] = message.alerts;
  test.each([
    ["nothing", null, /body/],
    ["a list", [], /body/],
    ["another version", { ...message, version: "3" }, /version: must be "4"/],
    ["no alerts", { ...message, alerts: undefined }, /alerts/],
    ["a status that is none", { ...message, alerts: [{ ...alert, status: "maybe" }] }, /alerts\.0\.status/],
    [
      "labels that are no text",
      { ...message, alerts: [{ ...alert, labels: { a: 1 } }] },
      /alerts\.0\.labels: must be an object of texts/,
    ],
    [
      "a time that is none",
      { ...message, alerts: [{ ...alert, startsAt: "soon" }] },
      /startsAt: must be a time/,
    ],
  ])("%s", (_, body, reason) => {
    expect(reasonOf(body)).toMatch(reason);
  });

  test("of a thousand wrong alerts only the first few are told", () => {
    const wrong = Array.from({ length: 1_000 }, () => ({ ...alert, status: "maybe" }));
    expect(reasonOf({ ...message, alerts: wrong }).split("; ")).toHaveLength(5);
  });
});
