import { afterEach, beforeEach, expect, it } from "vitest";
import { coreWorld, memoryAlert, type World } from "../../fixtures/fakes/core.ts";
import { redactData } from "../../infra/redact.ts";
import { raiseAlert } from "../../remediation/incident.ts";
import { labelsOf } from "../../remediation/silences.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
  const redact = <Data>(data: Data) => redactData(data, ["canary-of-the-config"]) as Data;
  world.ctx.store = { ...world.ctx.store, redact };
});
afterEach(async () => {
  await world.close();
});

async function raised(labels: Record<string, string>, summary = "memory is far above usual") {
  const detail = { score: 2, alertmanager: { fingerprint: "c0ffee", labels } };
  const { incident } = await raiseAlert(memoryAlert("web-1", { cause: "alert", detail, summary }), world.ctx);
  const rows = [
    ...(await world.ctx.store.db.selectFrom("alerts").selectAll().execute()),
    ...(await world.ctx.store.db.selectFrom("incidents").selectAll().execute()),
  ];
  return { labels: labelsOf(incident.alerts[0] ?? memoryAlert()), stored: JSON.stringify(rows) };
}

it.each(["password", "token", "secret", "authorization", "db_api_key"])(
  "the value of a label %s is in no row, and its labels name the alert no more",
  async (name) => {
    const { labels, stored } = await raised({ alertname: "HighMemory", [name]: "hunter2" });
    expect(stored).not.toContain("hunter2");
    expect(stored).toContain("HighMemory");
    expect(stored).toContain("[redacted]");
    expect(labels).toBeNull();
  },
);

it("what looks like a secret, and one of our own, is in no row either", async () => {
  const { labels, stored } = await raised(
    { alertname: "HighMemory", job: "AKIAABCDEFGHIJKLMNOP" },
    "failed with canary-of-the-config",
  );
  expect(stored).not.toMatch(/AKIA|canary/);
  expect(labels).toBeNull();
});

it("labels without a secret are stored as they came", async () => {
  const own = { alertname: "HighMemory", instance: "10.0.1.5:9100", namespace: "tokens" };
  expect((await raised(own)).labels).toEqual(own);
});
