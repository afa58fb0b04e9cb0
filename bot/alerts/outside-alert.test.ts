import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { watchedTarget } from "../../fixtures/fakes/target.ts";
import type { WebhookAlert } from "../../infra/alertmanager-webhook.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import { findByLabels, isHeartbeat, outsideAlert } from "./outside-alert.ts";

const targets = [
  watchedTarget("web-1", "10.0.0.5", { instanceId: "i-0abc" }),
  watchedTarget("web-2", "fd00::7"),
  watchedTarget("twin-a", "10.0.0.9"),
  watchedTarget("twin-b", "10.0.0.9"),
];
const find = findByLabels(targets);
const parts = { find, catalog: createCatalog(), partial: false };

const given = (labels: Record<string, string>, annotations: Record<string, string> = {}): WebhookAlert => ({
  status: "firing",
  fingerprint: "c0ffee",
  labels: { alertname: "InstanceDown", ...labels },
  annotations,
  startsAt: 1_000,
  endsAt: null,
});

describe("the target", () => {
  test.each([
    ["its instance id", { instance_id: "i-0abc" }, "web-1"],
    ["its address, whatever the port", { instance: "10.0.0.5:9100" }, "web-1"],
    ["its address without a port", { instance: "10.0.0.5" }, "web-1"],
    ["an IPv6 address", { instance: "[fd00::7]:9100" }, "web-2"],
    ["its name", { instance: "web-2:8080" }, "web-2"],
    ["the label target", { target: "web-2", instance: "elsewhere:1" }, "web-2"],
  ])("is found by %s", (_, labels, name) => {
    expect(find(labels as Record<string, string>)?.name).toBe(name);
  });

  test("that nobody knows keeps the name the alert gives it, and is not known", () => {
    expect(outsideAlert(given({ instance: "10.9.9.9:1" }), parts)).toMatchObject({
      alert: { target: "10.9.9.9" },
      known: false,
    });
    expect(outsideAlert(given({ job: "batch" }), parts).alert.target).toBe("batch");
    expect(outsideAlert(given({}), parts).alert.target).toBe("InstanceDown");
  });

  test("is not guessed from an address that two targets share", () => {
    expect(find({ instance: "10.0.0.9:9100" })).toBeNull();
  });
});

test("severity, title and summary are what people wrote, and an unknown severity warns", () => {
  const texts = { summary: "Instance is down", description: "No scrape for\n5 minutes." };
  const { alert } = outsideAlert(given({ instance: "10.0.0.5:9100", severity: "page" }, texts), parts);
  expect(alert).toMatchObject({
    key: "alertmanager:c0ffee",
    cause: "alert",
    severity: "critical",
    title: "web-1: Instance is down",
    summary: "No scrape for 5 minutes.",
    startsAt: 1_000,
    signals: [],
  });
  for (const severity of ["weird", "constructor", "__proto__", "toString"])
    expect(outsideAlert(given({ severity }), parts).alert.severity).toBe("warning");
});

test("what looks like a secret is not shown, and the labels are kept as they came", () => {
  const secret = "AKIAABCDEFGHIJKLMNOP";
  const { alert } = outsideAlert(
    given({ job: secret }, { summary: `key ${secret}`, description: `curl -H "Bearer ${secret}${secret}"` }),
    parts,
  );
  expect(`${alert.title} ${alert.summary}`).not.toContain(secret);
  expect(alert.detail).toMatchObject({
    alertmanager: { labels: { alertname: "InstanceDown", job: secret } },
  });
  const endless = outsideAlert(given({ job: "x".repeat(8_001) }), parts).alert.detail;
  expect(endless.alertmanager).not.toHaveProperty("labels");
});

test("a label that names a metric of the catalog lets rules match, any other does not", () => {
  expect(outsideAlert(given({ metric: "memory" }), parts).alert).toMatchObject({
    metric: "memory_usage_percent",
    direction: "above",
    signals: [{ metric: "memory_usage_percent", direction: "above", share: 1 }],
  });
  expect(outsideAlert(given({ metric: "up" }), parts).alert.direction).toBe("below");
  expect(outsideAlert(given({ metric: "__proto__" }), parts).alert).toMatchObject({
    metric: null,
    signals: [],
  });
});

test("an alert that only proves that alerting works is no trouble", () => {
  expect(isHeartbeat(given({ alertname: "Watchdog", severity: "none" }))).toBe(true);
  expect(isHeartbeat(given({ severity: "critical" }))).toBe(false);
});

test("whatever the text, a card's worth of it is kept, in one line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
      const { alert } = outsideAlert(given({ instance: text }, { summary: text, description: text }), parts);
      expect([...alert.target].length).toBeLessThanOrEqual(100);
      expect([...alert.title].length).toBeLessThanOrEqual(120);
      expect([...alert.summary].length).toBeLessThanOrEqual(600);
      expect(`${alert.target}${alert.title}${alert.summary}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(alert.target.trim()).not.toBe("");
    }),
  );
});
